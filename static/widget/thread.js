/**
 * A thread as it is drawn: days, events, bubbles in groups, and what is still on its way. Pure.
 *
 * @import {Conversation, Entry, Message, Part, State, Typist} from "./types.js"
 */

import { findOwn } from "../realtime/reducer.js";

const GROUP_MS = 5 * 60_000;
/** Of Markdown, what would only be in the way of plain text. */
const MARKS = /\*\*|`/g;

/** The lines of the thread that is open, oldest first; what is on its way comes after what has arrived (rule 7), and what
 * the assistant is writing comes last.
 * @param {State} state
 * @param {number} [unreadFrom] the line "new messages" goes before this seq
 * @param {number} [now] ms since the epoch
 * @returns {Part[]} */
export function partsOf(state, unreadFrom, now = Date.now()) {
  const { thread, log } = state;
  if (!thread) return [];
  const seen = log.conversations[thread]?.seen_seq ?? 0;
  const arrived = (log.messages[thread] ?? []).map((message) => fromMessage(message, seen));
  const waiting = state.entries.filter((entry) => entry.thread === thread && !findOwn(log, entry.id)).map(fromEntry);
  const growing = typingIn(state, now).filter(isAnswer);
  const isWanted = log.conversations[thread]?.assistant_answers && !growing.some((one) => findOwn(log, one.turn ?? ""));
  const written = isWanted ? growing.map((one) => fromAnswer(one, thread, now)) : [];
  return divided(grouped(withStatus([...arrived, ...waiting, ...written]), unreadFrom), unreadFrom);
}

/** The people who type in the thread now.
 * @param {State} state
 * @param {number} now ms since the epoch */
export function typistsOf(state, now) {
  return typingIn(state, now).filter((one) => !isAnswer(one));
}

/** @param {State} state
 * @param {number} now */
function typingIn(state, now) {
  return (state.typing[state.thread ?? ""] ?? []).filter((one) => one.until > now);
}

/** @param {Typist} one */
function isAnswer(one) {
  return one.kind === "assistant";
}

/** What is being written, as paragraphs of plain text: marks that would come and go are left out.
 * @param {string} text Markdown
 * @returns {string[]} */
export function paragraphsOf(text) {
  return text.replace(MARKS, "").split(/\n{2,}/);
}

/** Whether there is history before what is loaded: visible parts are numbered 1..n without holes (I3).
 * @param {State} state */
export function hasOlder(state) {
  const id = state.thread ?? "";
  const first = state.log.messages[id]?.[0]?.seq ?? (state.log.conversations[id]?.last_seq ?? 0) + 1;
  return first > 1;
}

/** The people of the other side in a conversation, latest to join first.
 * @param {Conversation | undefined} conversation */
export function teamOf(conversation) {
  const people = (conversation?.participants ?? []).filter((one) => one.kind === "agent" && one.is_active);
  return people.reverse();
}

/** Who answers in a conversation, latest to join first: the assistant too, for as long as it does.
 * @param {Conversation | undefined} conversation
 * @param {string} name of the assistant
 * @returns {{name: string, kind: string, avatar_url: string | null}[]} */
export function facesOf(conversation, name) {
  const assistant = { kind: "assistant", name, avatar_url: null };
  return [...(conversation?.assistant_answers ? [assistant] : []), ...teamOf(conversation)];
}

/** How an author is called.
 * @param {Message["author"] | undefined} author
 * @param {(key: string) => string} t */
export function nameOf(author, t) {
  return author?.kind === "assistant" ? t("assistant") : author?.name || t("team");
}

/** The text of a list's line: what a visitor typed as it is, of Markdown no marks.
 * @param {Message | null} message */
export function previewOf(message) {
  if (!message || message.deleted) return "";
  const text = message.author.kind === "contact" ? message.body : message.body.replace(MARKS, "");
  return text.replace(/\s+/g, " ").slice(0, 120) || (message.attachments[0]?.name ?? "");
}

/** @param {Message} message
 * @param {number} seen
 * @returns {Part} */
function fromMessage(message, seen) {
  if (message.kind === "event") return { type: "event", key: message.id, message };
  const isOwn = message.author.kind === "contact";
  const status = isOwn ? (message.seq <= seen ? "seen" : "sent") : null;
  // A bubble keeps its key when it arrives, so that it stays the same element.
  return { ...bubble(message.client_message_id ?? message.id, isOwn, message.created_at), message, entry: null, status };
}

/** @param {Entry} entry
 * @returns {Part} */
function fromEntry(entry) {
  return { ...bubble(entry.id, true, new Date(entry.at).toISOString()), message: null, entry, status: entry.state };
}

/** The bubble is the message's own: when that arrives, its text takes the place of this one.
 * @param {Typist} one
 * @param {string} thread
 * @param {number} now
 * @returns {Part} */
function fromAnswer({ turn = "", text = "" }, thread, now) {
  const author = { kind: /** @type {const} */ ("assistant"), id: null, name: "", avatar_url: null };
  const at = new Date(now).toISOString();
  /** @type {Message} */
  const message = {
    id: turn, conversation_id: thread, seq: Infinity, kind: "message", author, body: text, body_html: "", attachments: [],
    client_message_id: turn, created_at: at, deleted: false, event: null, rev: 0,
  };
  return { ...bubble(turn, false, at), message, entry: null, status: null, isGrowing: true };
}

/** @param {string} key
 * @param {boolean} isOwn
 * @param {string} at */
function bubble(key, isOwn, at) {
  return { type: /** @type {const} */ ("bubble"), key, isOwn, at, isFirst: true, isLast: true };
}

/** Only the last own message says how far it got, and those that have not arrived.
 * @param {Part[]} parts
 * @returns {Part[]} */
function withStatus(parts) {
  const arrived = parts.filter((part) => part.type === "bubble" && part.isOwn && (part.status === "sent" || part.status === "seen"));
  const last = arrived.at(-1);
  return parts.map((part) => (part.type === "bubble" && arrived.includes(part) && part !== last ? { ...part, status: null } : part));
}

/** Bubbles of one author within five minutes stand together, unless the line "new messages" goes between them.
 * @param {Part[]} parts
 * @param {number | undefined} unreadFrom
 * @returns {Part[]} */
function grouped(parts, unreadFrom) {
  const together = (/** @type {Part | undefined} */ a, /** @type {Part | undefined} */ b) => belong(a, b) && !isUnreadFrom(b, unreadFrom);
  return parts.map((part, i) => {
    if (part.type !== "bubble") return part;
    return { ...part, isFirst: !together(parts[i - 1], part), isLast: part.status === "failed" || !together(part, parts[i + 1]) };
  });
}

/** @param {Part | undefined} part
 * @param {number | undefined} seq */
function isUnreadFrom(part, seq) {
  return seq !== undefined && part?.type === "bubble" && part.message?.seq === seq;
}

/** @param {Part | undefined} a
 * @param {Part | undefined} b */
function belong(a, b) {
  if (a?.type !== "bubble" || b?.type !== "bubble" || a.isOwn !== b.isOwn || a.status === "failed") return false;
  return a.message?.author.id === (b.message ?? a.message)?.author.id && Date.parse(b.at) - Date.parse(a.at) < GROUP_MS;
}

/** @param {Part[]} parts
 * @param {number | undefined} unreadFrom
 * @returns {Part[]} */
function divided(parts, unreadFrom) {
  /** @type {Part[]} */
  const lines = [];
  let day = "";
  for (const part of parts) {
    const at = part.type === "event" ? part.message.created_at : part.type === "bubble" ? part.at : "";
    const today = new Date(at).toDateString();
    if (today !== day) lines.push({ type: "day", key: `day ${today}`, at });
    if (isUnreadFrom(part, unreadFrom)) lines.push({ type: "unread", key: "unread" });
    day = today;
    lines.push(part);
  }
  return lines;
}
