// The dashboard: shows one world of the mock, and follows its changes by server-sent events.

import { base, worldName } from "./api.js";
import { byId, notify, run } from "./dom.js";
import { refreshFaults, startFaults } from "./faults.js";
import { refreshOutbox, startOutbox } from "./outbox.js";
import { refreshRequests, startRequests } from "./requests.js";
import { refreshState, startState } from "./state.js";
import { refreshUsers, startUsers } from "./users.js";
import { refreshWorlds, startWorlds } from "./worlds.js";

/** The milliseconds until the page connects again after the browser has given up. */
const RETRY = 1500;
/** The most milliseconds between two refreshes. The page uses at most a third of the mock's time, which its clients need. */
const LONGEST_PAUSE = 1000;

let source = null;
/** The event that the page shows. */
let last = null;
/** The newest event that it does not show yet. */
let pending = null;
let isRefreshing = false;
let isLost = false;
let isNew = true;
let isDeleted = false;
let retry = 0;
let nextRefresh = 0;

/** Show the world as the event describes it; events during a refresh count as one. */
async function refresh(event, { all = false } = {}) {
  pending = { event, all: all || pending?.all };
  if (isRefreshing) return;
  isRefreshing = true;
  try {
    while (pending) {
      if (!pending.all) await new Promise((resolve) => setTimeout(resolve, nextRefresh - performance.now()));
      const { event: counters, all: isAll } = pending;
      pending = null;
      const start = performance.now();
      await refreshParts(counters, isAll);
      nextRefresh = performance.now() + Math.min(LONGEST_PAUSE, 2 * (performance.now() - start));
    }
  } finally {
    isRefreshing = false;
  }
}

async function refreshParts(event, isAll) {
  const before = isAll ? null : last;
  const parts = [
    refreshUsers(event.clock),
    refreshRequests(event, { all: isAll }),
    refreshState(event.clock),
    refreshWorlds(),
  ];
  const hasChanged = (name) => before?.[name] !== event[name];
  // A reset starts the numbers of messages again, so equal numbers may be other messages.
  if (event.messages || hasChanged("messages")) parts.push(refreshOutbox());
  if (event.faults || before?.faults !== 0) parts.push(refreshFaults());
  await Promise.all(parts);
  last = event;
}

function setConnection(text, kind) {
  const status = byId("connection");
  if (status.textContent !== text) status.textContent = text;
  status.className = kind;
}

function connect() {
  clearTimeout(retry);
  source?.close();
  isNew = true; // the page missed the changes before the connection
  source = new EventSource(new URL("_mock/events", base));
  source.addEventListener("change", (message) => {
    const event = JSON.parse(message.data);
    const isOtherMock = last !== null && last.mock !== event.mock;
    if (isOtherMock) notify("The mock was restarted. The page shows its new state.");
    else if (isLost) notify("Connected again.");
    const isAll = isNew;
    isLost = isNew = false;
    setConnection("Live", "good");
    refresh(event, { all: isAll }).catch((error) => notify(error.message, { isError: true }));
  });
  source.addEventListener("deleted", () => {
    source.close();
    isDeleted = true;
    byId("main").inert = true; // each request would make the world again
    setConnection("Deleted", "bad");
    notify(`The world ${worldName} was deleted. Reload the page to make it again.`, { isError: true });
  });
  source.onerror = () => {
    isLost = isNew = true;
    setConnection("Connection lost; connecting again", "bad");
    // A browser gives up after some errors; then the page tries again.
    if (source.readyState === EventSource.CLOSED) retry = setTimeout(connect, RETRY);
  };
}

/** Load everything again, for a filter that changed or a reset. */
const reload = () => (last ? refresh(last, { all: true }) : Promise.resolve());

async function start() {
  startUsers();
  startRequests(reload);
  startOutbox();
  startState(reload);
  startWorlds();
  connect();
  // Each browser opens few connections to one host, so a page in the background has none.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      clearTimeout(retry);
      source.close();
    } else if (!isDeleted) connect();
  });
  await startFaults();
}

run(start);
