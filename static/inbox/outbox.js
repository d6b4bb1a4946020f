/**
 * Messages on their way: shown at once, kept on this computer until the server's own copy is on the screen.
 */
import { createOutbox, isPermanent } from "../realtime/outbox.js";
import { alone, clock, uuid } from "../widget/browser.js";
import { showBanner } from "./banner.js";
import { settle } from "./drafts.js";
import { api } from "./http.js";
import { touch } from "./live.js";
import { fact, find, make, openConversation } from "./page.js";
import { store } from "./store.js";
import { reached } from "./stream.js";
import { goToEnd, keepPlace, lastSeq } from "./thread.js";
import { text } from "./texts.js";

/** @import {Entry} from "../realtime/types.d.ts" */

/** `seen`: the last part one had seen; `version`: of the draft it was made of; `then`: what happens once it is there.
 * @typedef {{kind: "message" | "note", seen: number | null, version?: number, then?: {close?: true, snooze?: string}}} How */
/** @typedef {Entry & How} Written */

/** Another tab may show the thread, and keeps its message on the screen until the server's own copy is there. */
const ELSEWHERE_MS = 10_000;
/** @type {ReturnType<typeof createOutbox> | null} */
let outbox = null;

/** What earlier pages left is sent first. */
export function startOutbox() {
  outbox = createOutbox({
    scope: `inbox:${fact("agent")}`,
    store,
    clock,
    deliver: (entry) => deliver(/** @type {Written} */ (entry)),
    mayDeliver: (author) => author === fact("agent"),
    onChange: showOutbox,
    alone,
  });
  window.addEventListener("storage", ({ key }) => key && outbox?.hear(key));
  outbox.flush();
}

/** Say something in the open conversation.
 * @param {{body: string, kind: "message" | "note", files: {id: string, name: string}[], version: number, then: How["then"]}} said */
export function write({ body, kind, files, version, then }) {
  const seen = kind === "message" ? lastSeq() : null;
  put({ id: uuid(), thread: openConversation(), body, kind, seen, version, then, ...(files.length && { files }) });
  goToEnd();
}

/** The connection is back. */
export function hurryOutbox() {
  outbox?.hurry();
}

/** Signing out: nothing that was written stays behind, in no company. */
export function wipeOutbox() {
  outbox?.wipe();
  for (const key of store.keys("curbe_outbox:inbox:")) store.remove(key);
}

/** Show what is on its way in the open conversation, less what has arrived. */
export function showOutbox() {
  if (!outbox) return;
  const open = openConversation();
  const isOld = (/** @type {Entry} */ one) => one.thread !== open && Date.now() - one.at > ELSEWHERE_MS;
  const isSettled = (/** @type {Entry} */ one) => one.state === "sent" && (hasArrived(one.id) || isOld(one));
  const settled = outbox.entries.find(isSettled);
  if (settled) return outbox.discard(settled.id); // Calls this again.
  const entries = outbox.entries.filter((one) => one.thread === open && !hasArrived(one.id));
  const fresh = entries.map((one) => bubble(/** @type {Written} */ (one)));
  const old = [...(find("#outbox")?.children ?? [])];
  const isSame = fresh.length === old.length && fresh.every((one, i) => one.isEqualNode(old[i] ?? null));
  // What is the same stays: somebody may be about to press one of its buttons.
  if (!isSame) keepPlace(() => find("#outbox")?.replaceChildren(...fresh));
}

/** @param {How & {id: string, thread: string, body: string, files?: any[]}} message */
function put(message) {
  outbox?.add({ ...message, author: fact("agent") });
}

/** @param {string} key */
function hasArrived(key) {
  return find(`#parts > [data-key="${key}"]`) !== null;
}

/** @param {Written} entry
 * @returns {Promise<string>} */
async function deliver({ id, thread, body, kind, seen, files = [], version, then }) {
  const guard = seen === null ? {} : { last_seen_seq: seen };
  const message = { client_message_id: id, kind, body, attachment_ids: files.map((one) => one.id), ...guard };
  try {
    await api("POST", `conversations/${thread}/messages`, { ...message, draft_version: version });
    reached();
    settle(thread, version);
    if (then) await goOn(thread, then).catch(told);
    return thread;
  } finally {
    touch({ conversation: thread }); // Stored: show it. Refused: show the colleague's answer it collided with.
  }
}

/** What was to happen with the conversation once it is answered. Sent again, it is so already.
 * @param {string} thread
 * @param {{close?: true, snooze?: string}} then */
async function goOn(thread, { close, snooze }) {
  if (close) await api("POST", `conversations/${thread}/close`, {});
  if (snooze) await api("POST", `conversations/${thread}/snooze`, { until: snooze });
}

/** Handled: the message is there, and what was to follow cannot be done any more, which the reader is told. Anything
 * else is tried again with the message, which is stored once.
 * @param {import("./http.js").Refused} error */
function told(error) {
  if (!isPermanent(error.status)) throw error;
  showBanner("failed");
}

/** Whether a colleague's answer came first (the collision guard).
 * @param {Written} entry */
function isOvertaken(entry) {
  return entry.state === "failed" && entry.error === "newer_reply_exists";
}

/** @param {Written} entry */
function bubble(entry) {
  const row = make("li", `part ${entry.kind} from-agent pending ${entry.state}`);
  row.dataset.entry = entry.id;
  const said = make("div", "said");
  const fate = make("p", "fate");
  fate.append(make("span", "", fateOf(entry)), ...remedies(entry));
  const names = (entry.files ?? []).map((one) => one.name).join(", ");
  said.append(make("div", "bubble prose", [entry.body, names].filter(Boolean).join("\n")), fate);
  row.append(said);
  return row;
}

/** @param {Written} entry */
function fateOf(entry) {
  if (isOvertaken(entry)) return text("newer_reply");
  if (entry.state === "failed") return text("not_sent");
  const label = text(entry.state === "queued" && entry.tries ? "waiting" : "sending");
  return entry.saved ? label : `${label} (${text("not_saved")})`;
}

/** @param {Written} entry */
function remedies(entry) {
  if (entry.state !== "failed") return [];
  const again = isOvertaken(entry) ? button("send_anyway", () => sendAnyway(entry)) : button("retry", () => outbox?.retry(entry.id));
  const copy = button("copy", () => navigator.clipboard?.writeText(entry.body));
  return [again, copy, button("discard", () => giveUp(entry))];
}

/** @param {Written} entry */
function giveUp({ id, thread, version }) {
  settle(thread, version);
  outbox?.discard(id);
}

/** @param {string} label
 * @param {() => void} act */
function button(label, act) {
  const element = /** @type {HTMLButtonElement} */ (make("button", "", text(label)));
  element.type = "button";
  element.addEventListener("click", act);
  return element;
}

/** The agent has seen the colleague's answer and wants to say this too: the same key, without the guard.
 * @param {Written} entry */
function sendAnyway({ id, thread, body, kind, files, version, then }) {
  outbox?.discard(id);
  put({ id, thread, body, kind, files, version, then, seen: null });
}
