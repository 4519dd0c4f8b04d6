/**
 * A typed client of the mock's control API on fetch, for one world; it needs no package.
 *
 * The types in control.d.ts are generated from mockserver/control/openapi.yaml by openapi-typescript.
 */
import type { components, operations } from "./control";

type Schemas = components["schemas"];
type Query<Name extends keyof operations> = NonNullable<operations[Name]["parameters"]["query"]>;

type ServerErrorStatus = Schemas["ServerError"]["status"];

/** A status of an error response of the contract, or of a server error. */
export type ErrorStatus = 400 | 401 | 403 | 404 | 422 | 429 | ServerErrorStatus;
export type Fault = Schemas["NewFault"];
export type Message = Schemas["Message"];
export type OperationId = NonNullable<Schemas["FaultMatch"]["operation_id"]>;
export type Request = Schemas["Request"];
export type WorldDocument = Schemas["WorldDocument"];

export type MockOptions = {
  /** The token of the mock's option `--control-token`. */
  controlToken?: string;
};

/** A response of the control API that is not a success. */
export class ControlError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Schemas["Problem"],
  ) {
    const mistakes = problem.mistakes.map(({ place, message }) => `\n  ${place}: ${message}`);
    super(`${status} ${problem.code}: ${problem.detail}${mistakes.join("")}`);
    this.name = "ControlError";
  }
}

export class CanvasMock {
  /** The URL that takes the place of Canvas's origin; requests to it use this world. */
  readonly baseUrl: string;
  readonly #headers: Record<string, string>;

  constructor(
    serverUrl: string,
    readonly world: string,
    { controlToken }: MockOptions = {},
  ) {
    this.baseUrl = `${serverUrl.replace(/\/$/, "")}/worlds/${world}`;
    this.#headers = controlToken ? { "X-Mock-Control-Token": controlToken } : {};
  }

  // The world

  /** Restore the state with which the world started. */
  reset = () => this.#send<void>("POST", "/reset");

  /** Delete the world; the next request that names it makes a new one. */
  delete = () => this.#send<void>("DELETE", `/worlds/${this.world}`);

  /** Return the whole state. */
  state = () => this.#send<WorldDocument>("GET", "/state");

  /** Replace the whole state. */
  replaceState = (document: WorldDocument) => this.#send<Schemas["World"]>("PUT", "/state", document);

  /** Save the state under a name. */
  save = (snapshot: string) => this.#send<Schemas["Snapshot"]>("PUT", `/snapshots/${snapshot}`);

  /** Restore a saved state. */
  restore = (snapshot: string) => this.#send<void>("POST", `/snapshots/${snapshot}/restore`);

  /** Change settings of the account, and return all of them. */
  updateAccount = (settings: Schemas["Account"]) => this.#send<Schemas["Account"]>("PATCH", "/account", settings);

  // Users and channels

  /** Add a user with tokens and channels. */
  addUser = (user: Schemas["UserEntry"]) => this.#send<Schemas["UserEntry"]>("POST", "/users", user);

  /** Add an access token of a user. */
  addToken = (userId: number, token: Schemas["TokenEntry"]) =>
    this.#send<Schemas["Token"]>("POST", `/users/${userId}/tokens`, token);

  /** Confirm a channel. */
  confirm = (channelId: number) => this.#send<Schemas["ChannelEntry"]>("POST", `/channels/${channelId}/confirm`);

  /** Return a message to the channel's address. */
  bounce = (channelId: number, kind: Schemas["Bounce"]["kind"] = "permanent") =>
    this.#send<Schemas["ChannelEntry"]>("POST", `/channels/${channelId}/bounces`, { kind });

  // The outbox

  /** Return the messages that match, the newest first. */
  messages = (filters: Query<"list_messages"> = {}) => this.#send<Message[]>("GET", `/outbox${query(filters)}`);

  /** Return the first message that matches; throw ControlError if none is sent in time, by default 5 seconds. */
  waitForMessage = (filters: Query<"wait_for_message"> = {}) =>
    this.#send<Message>("GET", `/outbox/next${query(filters)}`);

  // Faults

  /** Add a fault. */
  addFault = (fault: Fault) => this.#send<Schemas["Fault"]>("POST", "/faults", fault);

  /** Let the next requests fail: with a response of the contract, or from 500 on with an error of Canvas. */
  failNext = (status: ErrorStatus, { operationId, times = 1 }: { operationId?: OperationId; times?: number } = {}) =>
    this.addFault({
      effect: isServerError(status) ? { kind: "server_error", status } : { kind: "documented_response", status },
      times: { next: times },
      ...(operationId && { match: { operation_id: operationId } }),
    });

  /** Delete all faults. */
  clearFaults = () => this.#send<void>("DELETE", "/faults");

  // Requests

  /** Return the requests that match, the newest first. */
  requests = (filters: Query<"list_requests"> = {}) => this.#send<Request[]>("GET", `/requests${query(filters)}`);

  /** Return the number of requests that match. */
  countRequests = async (filters: Query<"count_requests"> = {}) =>
    (await this.#send<Schemas["RequestCount"]>("GET", `/requests/count${query(filters)}`)).count;

  /** Return the first request that matches; throw ControlError if none is received in time, by default 5 seconds. */
  waitForRequest = (filters: Query<"wait_for_request"> = {}) =>
    this.#send<Request>("GET", `/requests/next${query(filters)}`);

  // The clock

  /** Stop the clock, at a time such as `2026-03-01T12:00:00Z` or at once. */
  freeze = (now?: string) => this.#send<Schemas["Clock"]>("PATCH", "/clock", { frozen: true, ...(now && { now }) });

  /** Let the clock run. */
  thaw = () => this.#send<Schemas["Clock"]>("PATCH", "/clock", { frozen: false });

  /** Move the time forward. */
  advance = (seconds: number) => this.#send<Schemas["Clock"]>("POST", "/clock/advance", { seconds });

  async #send<Body>(method: string, path: string, body?: object): Promise<Body> {
    const response = await fetch(`${this.baseUrl}/_mock${path}`, {
      method,
      headers: { ...this.#headers, ...(body && { "Content-Type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.ok) return (text ? JSON.parse(text) : undefined) as Body;
    const isProblem = response.headers.get("Content-Type")?.startsWith("application/problem+json");
    throw new ControlError(response.status, isProblem ? JSON.parse(text) : unknownProblem(response.status, text));
  }
}

function query(filters: object): string {
  const values = Object.entries(filters).filter(([, value]) => value !== undefined);
  return values.length ? `?${new URLSearchParams(values.map(([name, value]) => [name, String(value)]))}` : "";
}

function isServerError(status: ErrorStatus): status is ServerErrorStatus {
  return status >= 500;
}

/** Return a problem for a response without one, such as that of a proxy. */
function unknownProblem(status: number, detail: string): Schemas["Problem"] {
  return { type: "about:blank", title: "", status, code: "no_problem_document", detail, mistakes: [] };
}
