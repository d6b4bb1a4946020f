/**
 * How far the agent has read: moved by what is in front of somebody who looks, told to the server, and taken back by
 * "Mark as unread".
 */
import { arrangeThread, seqOf } from "./arrange.js";
import { api } from "./http.js";
import { showUnread } from "./list.js";
import { find, findAll, isLookedAt, openConversation } from "./page.js";
import { announce, tellRead } from "./tabs.js";
import { text } from "./texts.js";

/** This near to the end one follows what comes. */
const AT_END_PX = 60;
const MOVING = new Set(["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End", " "]);
/** How far a request has taken the cursor of a conversation, so that none is sent twice.
 * @type {Map<string, number>} */
const told = new Map();
/** Marked as unread while it is open: it stays so until it is left, or scrolled by its reader. */
let kept = "";
/** What is done when the cursor of a conversation was moved.
 * @type {(conversation: string) => void} */
let onRead = () => {};

/** @param {(conversation: string) => void} act */
export function startReading(act) {
  onRead = act;
}

/** Scrolled, focused or rendered: what is visible to somebody who looks has been read. */
export function readOn() {
  const scroller = find("#thread-scroll");
  const newest = find("#newest");
  const open = openConversation();
  if (!scroller || !scroller.offsetParent) return;
  if (newest && isAtEnd(scroller)) newest.hidden = true;
  if (open !== kept && isLookedAt(open)) tell(open, lastVisible(scroller));
}

/** Another thread is on the screen, or the same one again. */
export function beginReading() {
  kept = "";
  readOn();
}

/** The reader moves in the thread by themselves, by wheel, finger, scroll bar or key.
 * @param {Event} event */
export function moved(event) {
  const isInThread = /** @type {Element} */ (event.target).closest?.("#thread-scroll");
  if (!kept || !isInThread || (event instanceof KeyboardEvent && !MOVING.has(event.key))) return;
  kept = "";
  requestAnimationFrame(readOn); // What the reader sees once the movement is done.
}

/** The visitor's last message, and what comes after it, is unread again, for this agent. */
export async function markUnread() {
  const conversation = openConversation();
  const last = findAll("#parts > .message.from-contact").at(-1);
  if (!conversation || !last) return;
  kept = conversation;
  const read = await api("POST", `conversations/${conversation}/unread`, { from: seqOf(last) });
  takeRead({ c: conversation, ...read, back: true });
  tellRead({ c: conversation, ...read, back: true });
  announce(text("marked_unread"));
}

/** The cursor was moved here or in another tab of this agent. Back means: as unread as it was marked there.
 * @param {import("./tabs.js").Read} read */
export function takeRead({ c, last_read_seq, unread, back = false }) {
  const isOpen = c === openConversation();
  const isBehind = last_read_seq < (told.get(c) ?? (isOpen ? shownRead() : 0));
  if (isBehind && !back) return; // It was said before one read on.
  told.set(c, last_read_seq);
  showUnread(c, unread);
  onRead(c);
  if (!isOpen) return;
  Object.assign(find("#thread-head")?.dataset ?? {}, { read: String(last_read_seq) });
  if (isBehind) showFreshAfter(c, last_read_seq);
}

/** Whether the end of the thread is on the screen.
 * @param {HTMLElement} scroller */
export function isAtEnd(scroller) {
  return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < AT_END_PX;
}

/** @param {string} conversation
 * @param {number} seq */
function showFreshAfter(conversation, seq) {
  kept = conversation;
  Object.assign(find("#thread")?.dataset ?? {}, { unreadAfter: String(seq) });
  arrangeThread();
}

/** The highest part whose end can be seen.
 * @param {HTMLElement} scroller */
function lastVisible(scroller) {
  const edge = scroller.getBoundingClientRect().bottom + 1;
  const part = findAll("#parts > .part").findLast((one) => one.getBoundingClientRect().bottom <= edge);
  return part ? seqOf(part) : 0;
}

/** How far the server said that the agent has read the open conversation. */
function shownRead() {
  return Number(find("#thread-head")?.dataset.read ?? 0);
}

/** @param {string} conversation
 * @param {number} seq */
async function tell(conversation, seq) {
  if (seq <= Math.max(told.get(conversation) ?? 0, shownRead())) return;
  told.set(conversation, seq);
  try {
    const read = await api("PUT", `conversations/${conversation}/read`, { up_to: seq });
    if ((told.get(conversation) ?? 0) < seq) return; // Marked as unread meanwhile.
    showUnread(conversation, read.unread);
    onRead(conversation);
    tellRead({ c: conversation, ...read });
  } catch {
    if (told.get(conversation) === seq) told.delete(conversation); // Handled: the next glance tells again.
  }
}
