/** The team's log over the socket or by polling: what changed is touched, and the page's place in the log is kept. */
import { createAttention } from "../realtime/attention.js";
import { EMPTY, cursorOf, receive, withCursor } from "../realtime/reducer.js";
import { createConnection } from "../realtime/socket.js";
import { clock, uuid } from "../widget/browser.js";
import { endAnswer, hearAnswer } from "./answering.js";
import { hideBanner, showBanner } from "./banner.js";
import { api, poll, TRACE } from "./http.js";
import { remember, renew, touch } from "./live.js";
import { fact, openContact } from "./page.js";
import { hasGone, hasSaid, hear, isNamed, showPresence } from "./presence.js";
import { takeRead } from "./reading.js";
import { arrived } from "./tabs.js";

/** A hole in the log is given this long to close by itself. */
const HOLE_MS = 2000;
/** Shorter interruptions are nobody's business. */
const GRACE_MS = 1500;
const ABOUT_PEOPLE = new Set(["typing", "viewing", "presence"]);
const SESSION_OVER = new Set([4500, 4011, 4014]);
/** The tenant of this page is not the session's any more; the socket says the first, an HTTP answer becomes the other. */
const SWITCHED = new Set([4503, 4009]);

const TAB = uuid();
let log = EMPTY;
let isResyncing = false;
/** @type {number | undefined} */
let holeTimer;
/** @type {number | undefined} */
let graceTimer;
/** @type {() => void} */
let onLive = () => {};

const connection = createConnection({
  url: () => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/inbox`,
  // Naming the tenant makes the server refuse when another tab has switched to another one.
  hello: () => ({ auth: null, after: cursorOf(log), tab: TAB, trace: TRACE, tenant_id: fact("tenant") }),
  poll,
  isHidden: () => document.hidden,
  onFrame: take,
  onState: showState,
  renew: refused,
  refused,
  WebSocket,
  clock,
});

/** Tells the team whether this agent is there. */
export const attention = createAttention((on) => connection.send({ t: "active", on }), clock);

/** Connect from the page's cursor on.
 * @param {() => void} whenLive called each time the connection is up */
export function startStream(whenLive) {
  onLive = whenLive;
  log = withCursor(EMPTY, fact("cursor"));
  connection.connect();
}

/** Tell that one types, or has stopped: over HTTP while polling.
 * @param {string} conversation
 * @param {boolean} on
 * @param {string | undefined} kind "message", or "note", of which the visitor learns nothing
 * @returns {boolean} false: there is no connection to tell it by */
export function tellTyping(conversation, on, kind) {
  if (connection.send({ t: "typing", c: conversation, on, kind })) return true;
  if (connection.state !== "polling") return false;
  void api("POST", `conversations/${conversation}/typing`, { on, kind }).catch(() => null); // Handled: only dots are lost.
  return true;
}

/** Send a frame; it is lost when there is no connection.
 * @param {object} frame */
export function send(frame) {
  connection.send(frame);
}

/** The network or the tab is back.
 * @param {boolean} [isOtherNetwork] */
export function nudge(isOtherNetwork) {
  connection.nudge(isOtherNetwork);
}

/** The server has answered: a connection that waits need wait no longer. */
export function reached() {
  connection.reached();
}

/** @param {any} frame */
function take(frame) {
  if (frame.t === "evs") takeEvents(frame);
  else if (frame.t === "eph") takeFleeting(frame);
  else if (frame.t === "hb") expect(frame.head);
  else if (frame.t === "resync_required") resync();
}

/** @param {any} frame */
function takeEvents(frame) {
  for (const item of frame.items) touchWhatIsIn(item.payload ?? {}, item.type);
  // The page is told by the server what is in the log, so of the batch only its position is kept.
  const { state, need } = receive(log, { ...frame, items: [] });
  log = state;
  if (need === "snapshot") resync();
  else if (need === "resume") expect(frame.to);
}

/** @param {any} payload
 * @param {string} type */
function touchWhatIsIn({ message, conversation, conversation_id, participant, contact, from }, type) {
  const change = { conversation: conversation?.id ?? conversation_id, seq: message?.seq };
  touch({ ...change, contact: contact?.id ?? conversation?.contact?.id ?? participant?.id });
  if (type === "contact.merged") {
    touch({ contact: from, into: contact.id });
    hasGone(from);
  }
  if (type === "contact.erased") resync(); // Whatever of them is on the screen goes, however far back.
  if (type === "contact.updated") isNamed(contact);
  if (type !== "message.created" && type !== "note.created") return;
  endAnswer(message);
  hasSaid(message.conversation_id, message.author);
  arrived(message, conversation);
}

/** @param {any} frame */
function takeFleeting(frame) {
  if (frame.k === "agent_read") takeRead(frame);
  else if (frame.k === "agent_muted") touch({ conversation: frame.c });
  else if (frame.k === "visit") (frame.by.id === openContact() ? touch : remember)({ contact: frame.by.id });
  else if (ABOUT_PEOPLE.has(frame.k)) hear(frame);
  else if (frame.k === "assistant.delta") {
    hearAnswer(frame);
    showPresence();
  }
}

/** The log goes this far: when it has not arrived in a while, ask for the rest.
 * @param {number} head */
function expect(head) {
  clearTimeout(holeTimer);
  holeTimer = window.setTimeout(() => {
    if (log.seq < head) connection.send({ t: "resume", after: cursorOf(log) });
  }, HOLE_MS);
}

/** The log cannot bring the page up to date: the server renders it anew, and the log goes on from there. Being told so
 * once more meanwhile changes nothing. */
async function resync() {
  if (isResyncing) return;
  isResyncing = true;
  try {
    log = withCursor(EMPTY, await renew());
    connection.send({ t: "resume", after: cursorOf(log) });
    hideBanner("behind");
  } catch {
    showBanner("behind"); // Handled: the reader is told, and loading the page again is the remedy.
  }
  isResyncing = false;
}

/** @param {import("../realtime/socket.js").Connection} state */
function showState(state) {
  clearTimeout(graceTimer);
  if (state === "live" || state === "polling") {
    hideBanner("recovering", "offline", "polling");
    if (state === "polling") showBanner("polling");
    else attention.again();
    // Page views, and what was muted elsewhere, are told once, and not to who was not listening: panel, head and the rows
    // of this person may be behind.
    if (openContact()) touch({ contact: openContact() });
    onLive();
  } else if (state === "recovering") {
    graceTimer = window.setTimeout(() => showBanner(navigator.onLine ? "recovering" : "offline", () => nudge()), GRACE_MS);
  }
}

/** @param {number} code */
function refused(code) {
  showBanner(SWITCHED.has(code) ? "switched" : SESSION_OVER.has(code) ? "signed_out" : "behind");
}
