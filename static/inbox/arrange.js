/**
 * What lies between the parts of a thread or timeline: days, cycles, conversations, the line above what is new, and how
 * far the visitor has read. It follows from the parts alone, so it is made anew whenever parts were added.
 */
import { fact, find, findAll, make } from "./page.js";
import { text } from "./texts.js";
import { dateOf, dayName, showTimes } from "./times.js";

/** Parts of one author closer together than this stand under one name. */
const TOGETHER_MS = 5 * 60_000;

/** @typedef {{unreadAfter?: number, contactRead?: number}} Cursors positions in the team's numbering */

/** @param {HTMLElement} list
 * @param {Cursors} [cursors] */
export function arrange(list, cursors = {}) {
  for (const old of findAll(":scope > .divider, :scope > .mark", list)) old.remove();
  const parts = findAll(":scope > .part", list);
  parts.forEach((part, i) => arrangePart(part, parts[i - 1], cursors));
  if (cursors.contactRead !== undefined) markRead(parts, cursors.contactRead);
  showTimes(list);
}

/** @param {HTMLElement} part
 * @param {HTMLElement | undefined} before
 * @param {Cursors} cursors */
function arrangePart(part, before, { unreadAfter }) {
  const dividers = [between(part, before), isFirstUnread(part, before, unreadAfter) && divider("fresh", text("new"))];
  const made = dividers.filter((one) => one !== false && one !== null);
  part.before(...made);
  part.classList.toggle("is-joined", !made.length && isTogether(part, before));
}

/** @param {HTMLElement} part
 * @param {HTMLElement | undefined} before */
function between(part, before) {
  const at = new Date(part.dataset.at ?? "");
  const isTimeline = part.closest(".timeline") !== null;
  if (isTimeline && part.dataset.thread !== before?.dataset.thread) return conversationDivider(part, at);
  if (before && part.dataset.thread === before.dataset.thread && part.dataset.cycle !== before.dataset.cycle)
    return divider("cycle", `${text("cycle", { cycle: part.dataset.cycle })} · ${dayName(at)}`);
  const isNewDay = !before || new Date(before.dataset.at ?? "").toDateString() !== at.toDateString();
  return isNewDay ? divider("day", dayName(at)) : null;
}

/** @param {HTMLElement} part
 * @param {Date} at */
function conversationDivider(part, at) {
  const line = divider("conversation", "");
  const link = document.createElement("a");
  link.href = `${fact("base")}c/${part.dataset.thread}/`;
  link.textContent = text("conversation", { date: dateOf(at) });
  line.append(link);
  return line;
}

/** @param {string} kind
 * @param {string} label */
function divider(kind, label) {
  return make("li", `divider ${kind}`, label);
}

/** @param {HTMLElement} part
 * @param {HTMLElement | undefined} before
 * @param {number | undefined} unreadAfter */
function isFirstUnread(part, before, unreadAfter) {
  if (unreadAfter === undefined || !before) return false;
  return isUnread(part, unreadAfter) && !findAll(".part", list(part)).some((one) => isEarlierUnread(one, part, unreadAfter));
}

/** @param {HTMLElement} one
 * @param {HTMLElement} part
 * @param {number} unreadAfter */
function isEarlierUnread(one, part, unreadAfter) {
  return isUnread(one, unreadAfter) && seqOf(one) < seqOf(part);
}

/** @param {HTMLElement} part
 * @param {number} unreadAfter */
function isUnread(part, unreadAfter) {
  return seqOf(part) > unreadAfter && part.matches(".message.from-contact");
}

/** @param {HTMLElement} part */
function list(part) {
  return /** @type {HTMLElement} */ (part.parentElement);
}

/** @param {HTMLElement} part
 * @param {HTMLElement | undefined} before */
function isTogether(part, before) {
  if (!before || part.matches(".event") || before.matches(".event")) return false;
  const isSame = part.dataset.by === before.dataset.by && part.matches(".note") === before.matches(".note");
  return isSame && Date.parse(part.dataset.at ?? "") - Date.parse(before.dataset.at ?? "") < TOGETHER_MS;
}

/** Below the last reply that the visitor has read stands "Read"; below the last one of all, if they have not, "Sent".
 * @param {HTMLElement[]} parts
 * @param {number} contactRead */
function markRead(parts, contactRead) {
  const replies = parts.filter((part) => part.matches(".message.from-agent, .message.from-assistant"));
  const read = replies.filter((part) => seqOf(part) <= contactRead).at(-1);
  const last = replies.at(-1);
  read?.after(make("li", "mark", text("read")));
  if (last && last !== read) last.after(make("li", "mark", text("sent")));
}

/** @param {HTMLElement} part
 * @returns {number} its number in the team's order */
export function seqOf(part) {
  return Number(part.dataset.seq);
}

/** Show the open thread's dividers and marks. */
export function arrangeThread() {
  const parts = find("#parts");
  const head = find("#thread-head");
  if (!parts || !head) return;
  const unreadAfter = Number(find("#thread")?.dataset.unreadAfter);
  // How far the visitor has read is told at the end, and the end may not be on the screen.
  const contactRead = find("#newer", parts) ? undefined : Number(head.dataset.contactRead);
  arrange(parts, { unreadAfter, contactRead });
}
