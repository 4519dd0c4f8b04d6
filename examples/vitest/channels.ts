/** A client of the Communication Channels API on fetch: the code under test. */
import type { components, operations } from "../canvas-mock/canvas";

export type Channel = components["schemas"]["CommunicationChannel"];
type ChannelForm = components["schemas"]["CreateCommunicationChannelForm"];
type Query = NonNullable<operations["list_communication_channels"]["parameters"]["query"]>;

/** An error response of Canvas. */
export class CanvasError extends Error {
  constructor(readonly status: number, text: string) {
    super(`Canvas responded ${status}: ${text}`);
    this.name = "CanvasError";
  }
}

export class Channels {
  readonly #url: string;
  readonly #headers: Record<string, string>;

  constructor(canvasUrl: string, token: string, readonly timeoutMilliseconds = 10_000) {
    this.#url = `${canvasUrl}/api/v1/users/self/communication_channels`;
    this.#headers = { Authorization: `Bearer ${token}` };
  }

  /** Return the channels of all pages. */
  async list(query: Query = {}): Promise<Channel[]> {
    const channels: Channel[] = [];
    const parameters = Object.entries(query).map(([name, value]) => [name, String(value)]);
    let url: string | undefined = `${this.#url}?${new URLSearchParams(parameters)}`;
    while (url !== undefined) {
      const response: Response = await this.#send(url);
      channels.push(...((await response.json()) as Channel[]));
      url = /<([^>]+)>; rel="next"/.exec(response.headers.get("Link") ?? "")?.[1];
    }
    return channels;
  }

  /** Add an e-mail address; if Canvas is busy or not available, try again after a short time, at most twice. */
  async addEmail(address: string): Promise<Channel> {
    const form = { "communication_channel[address]": address, "communication_channel[type]": "email" } satisfies ChannelForm;
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await this.#send(this.#url, { method: "POST", body: new URLSearchParams(form) });
        return (await response.json()) as Channel;
      } catch (error) {
        const isTemporary = error instanceof CanvasError && (error.status === 429 || error.status >= 500);
        if (!isTemporary || attempt === 3) throw error;
        await new Promise((resolve) => setTimeout(resolve, 10 * 2 ** attempt));
      }
    }
  }

  /** Delete a channel. */
  async remove(id: number): Promise<void> {
    await this.#send(`${this.#url}/${id}`, { method: "DELETE" });
  }

  async #send(url: string, options: RequestInit = {}): Promise<Response> {
    const signal = AbortSignal.timeout(this.timeoutMilliseconds);
    const response = await fetch(url, { ...options, headers: this.#headers, signal });
    if (!response.ok) throw new CanvasError(response.status, await response.text());
    return response;
  }
}
