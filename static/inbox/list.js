/** A list that is kept true while people read it: rows change in place and never jump under the pointer. */
import { app, find, findAll, morph, openConversation, process } from "./page.js";
import { text } from "./texts.js";
import { showTimes } from "./times.js";

const STILL_MS = 700;
const LOOK_AGAIN_MS = 200;
/** So near to the top one sees what comes. */
const AT_TOP_PX = 8;

/** Rows that wait for the pointer to rest: null means that the row has left the list.
 * @type {Map<string, HTMLElement | null>} */
const waiting = new Map();
/** What came above the rows that are read.
 * @type {Set<string>} */
const newer = new Set();
let movedAt = -Infinity;
/** @type {number | undefined} */
let timer;

/** The list of the page: conversations, or the people of the chat log. */
export function theList() {
  return find("#rows, #people");
}

/** Take the rows that were asked for; those that did not come back are not in this list any more.
 * @param {string[]} asked
 * @param {HTMLElement} fresh the list as the server sees it */
export function replaceRows(asked, fresh) {
  for (const id of asked) waiting.set(id, rowOf(fresh, id));
  placeWaiting();
}

/** Whether a row is here that is not shown yet.
 * @param {string} id */
export function isWaiting(id) {
  return waiting.has(id);
}

/** Another list is on the screen: what waited is not for it. */
export function forgetWaiting() {
  waiting.clear();
  newer.clear();
}

/** The pointer moved over the list: its rows keep their places for a moment. */
export function pointerMoved() {
  movedAt = performance.now();
}

/** Mark the row of the open conversation, and count unread rows in the title, of which those that are muted are none. */
export function markRows() {
  const open = openConversation();
  for (const link of findAll("#rows .row > a")) {
    if (link.parentElement?.dataset.id === open) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  const unread = findAll("#rows .row.unread:not([data-muted])").length;
  const title = document.title.replace(/^\(\d+\) /, "");
  document.title = unread ? `(${unread}) ${title}` : title;
}

/** Show how much of a conversation the agent has not read yet.
 * @param {string} id
 * @param {number} unread */
export function showUnread(id, unread) {
  const badge = find(`[data-unread="${id}"]`);
  if (!badge) return;
  badge.hidden = unread === 0;
  const number = find("[data-number]", badge);
  if (number) number.textContent = unread > 99 ? "99+" : String(unread);
  badge.closest(".row")?.classList.toggle("unread", unread > 0);
  markRows();
}

function placeWaiting() {
  clearTimeout(timer);
  const list = theList();
  if (!list) return waiting.clear();
  const isBusy = performance.now() - movedAt < STILL_MS && list.matches(":hover");
  if (!isBusy) keepInPlace(list, () => placeAll(list));
  // Who has scrolled asks for what waits by going to the top.
  if (waiting.size && !isScrolled(list)) timer = window.setTimeout(placeWaiting, LOOK_AGAIN_MS);
  if (isBusy) return;
  showTimes(list);
  markRows();
  app().dispatchEvent(new CustomEvent("curbe:rows", { bubbles: true }));
}

/** Every row says at once what is new; one that is to move waits while that would move what somebody looks at.
 * @param {HTMLElement} list */
function placeAll(list) {
  const keepsOrder = isScrolled(list);
  for (const [id, fresh] of waiting) {
    const old = rowOf(list, id);
    if (fresh && mustWait(list, old, fresh, keepsOrder)) {
      if (old) say(id, old, fresh);
      if (keepsOrder) newer.add(id);
    } else {
      place(list, old, fresh);
      waiting.delete(id);
      newer.delete(id);
    }
  }
}

/** A row that waits for its place says what is new once: from then on the page itself may know better, as that it was
 * read.
 * @param {string} id
 * @param {HTMLElement} row
 * @param {HTMLElement} fresh */
function say(id, row, fresh) {
  if (row === fresh) return;
  morph(row, fresh);
  waiting.set(id, row);
}

/** Whether a row cannot go where it belongs yet: the one under the pointer, which somebody is about to press, and any
 * while one has scrolled.
 * @param {HTMLElement} list
 * @param {HTMLElement | null} old
 * @param {HTMLElement} fresh
 * @param {boolean} keepsOrder */
function mustWait(list, old, fresh, keepsOrder) {
  const next = follower(list, fresh, old ?? fresh);
  if (old) return (keepsOrder || old.matches(":hover")) && old.nextElementSibling !== (next ?? find(":scope > #more", list));
  return keepsOrder && next !== null;
}

/** @param {HTMLElement} list */
function isScrolled(list) {
  return (scrollerOf(list)?.scrollTop ?? 0) >= AT_TOP_PX;
}

/** Do something that moves rows. What is under the pointer, or is read below the top, stays where it is on the screen;
 * what came above it is counted.
 * @param {HTMLElement} list
 * @param {() => void} change */
function keepInPlace(list, change) {
  const scroller = scrollerOf(list);
  const anchor = scroller && anchorIn(list, scroller);
  const [before, above] = [anchor?.getBoundingClientRect().top ?? 0, new Set(idsAbove(list, anchor))];
  change();
  if (scroller && anchor?.isConnected) {
    scroller.scrollTop += anchor.getBoundingClientRect().top - before;
    for (const id of idsAbove(list, anchor)) if (!above.has(id)) newer.add(id);
  }
  showNewer();
}

/** The row that is not to move: the one under the pointer, else the first one that is seen when the top is not.
 * @param {HTMLElement} list
 * @param {HTMLElement} scroller */
function anchorIn(list, scroller) {
  const rows = findAll(":scope > [data-id]", list);
  const hovered = rows.find((row) => row.matches(":hover"));
  if (hovered || !isScrolled(list)) return hovered ?? null;
  const edge = scroller.getBoundingClientRect().top;
  const stays = (/** @type {HTMLElement} */ row) => waiting.get(row.dataset.id ?? "") !== null;
  return rows.find((row) => row.getBoundingClientRect().bottom > edge && stays(row)) ?? null;
}

/** @param {HTMLElement} list
 * @param {HTMLElement | null | undefined} anchor
 * @returns {string[]} */
function idsAbove(list, anchor) {
  const ids = findAll(":scope > [data-id]", list).map((row) => row.dataset.id ?? "");
  return anchor ? ids.slice(0, Math.max(0, ids.indexOf(anchor.dataset.id ?? ""))) : [];
}

/** Say how many conversations came above what is read; nothing once the top is seen. */
function showNewer() {
  const list = theList();
  const scroller = list && scrollerOf(list);
  const pill = find("#more-rows");
  if (!scroller || !pill) return;
  if (!isScrolled(list)) newer.clear();
  pill.hidden = newer.size === 0;
  const number = find("[data-number]", pill);
  if (number && newer.size) number.textContent = text("newer", { n: newer.size });
}

/** Go to the top of the list, where what waited is shown. */
export function goToNewest() {
  const list = theList();
  if (list) scrollerOf(list)?.scrollTo({ top: 0 });
  scrolled();
}

/** The list was scrolled: at its top rows go where they belong. */
export function scrolled() {
  const list = theList();
  if (list && waiting.size && !isScrolled(list)) placeWaiting();
  showNewer();
}

/** @param {HTMLElement} list */
function scrollerOf(list) {
  return /** @type {HTMLElement | null} */ (list.closest("#list-scroll, #log-scroll"));
}

/** @param {HTMLElement} list
 * @param {HTMLElement | null} old
 * @param {HTMLElement | null} fresh */
function place(list, old, fresh) {
  if (!fresh) return old?.remove();
  const row = old ?? /** @type {HTMLElement} */ (document.importNode(fresh, true));
  if (old && old !== fresh) morph(old, fresh);
  const next = follower(list, row);
  const more = find(":scope > #more", list);
  if (!old && !next && more) return; // It comes with the next page.
  const spot = next ?? more;
  if (row.parentElement !== list || row.nextElementSibling !== spot) move(list, row, spot);
  process(row);
}

/** The first other row that belongs below this one.
 * @param {HTMLElement} list
 * @param {HTMLElement} row
 * @param {HTMLElement} [self] its old self */
function follower(list, row, self = row) {
  const others = findAll(":scope > [data-id]", list).filter((one) => one !== self);
  return others.find((one) => precedes(row, one, list.dataset.sort === "waiting_since")) ?? null;
}

/** Whether a row belongs above another: the newest last message first or, in a list of who waits, the longest waiting.
 * @param {HTMLElement} row
 * @param {HTMLElement} other
 * @param {boolean} isOfWaiting */
function precedes(row, other, isOfWaiting) {
  const [mine, theirs] = [row.dataset.waiting ?? "", other.dataset.waiting ?? ""];
  if (!isOfWaiting || (!mine && !theirs)) return keyOf(other) < keyOf(row);
  if (!mine || !theirs) return mine !== "";
  return `${mine} ${row.dataset.id}` < `${theirs} ${other.dataset.id}`;
}

/** @param {HTMLElement} list
 * @param {HTMLElement} row
 * @param {Element | null} before */
function move(list, row, before) {
  const focused = row.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement) : null;
  list.insertBefore(row, before);
  focused?.focus({ preventScroll: true });
}

/** Last message, then id.
 * @param {HTMLElement} row */
function keyOf(row) {
  return `${row.dataset.at} ${row.dataset.id}`;
}

/** @param {HTMLElement} list
 * @param {string} id */
function rowOf(list, id) {
  return find(`:scope > [data-id="${CSS.escape(id)}"]`, list);
}
