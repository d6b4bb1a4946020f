/** A list that is kept true while people read it: rows change in place and never jump under the pointer. */
import { app, find, findAll, morph, openConversation, process } from "./page.js";
import { showTimes } from "./times.js";

const STILL_MS = 700;
const LOOK_AGAIN_MS = 200;

/** Rows that wait for the pointer to rest: null means that the row has left the list.
 * @type {Map<string, HTMLElement | null>} */
const waiting = new Map();
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

/** Another list is on the screen: what waited is not for it. */
export function forgetWaiting() {
  waiting.clear();
}

/** The pointer moved over the list: its rows keep their places for a moment. */
export function pointerMoved() {
  movedAt = performance.now();
}

/** Mark the row of the open conversation, and count unread rows in the title. */
export function markRows() {
  const open = openConversation();
  for (const link of findAll("#rows .row > a")) {
    if (link.parentElement?.dataset.id === open) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  const unread = findAll("#rows .row.unread").length;
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
  if (performance.now() - movedAt < STILL_MS && list.matches(":hover")) {
    timer = window.setTimeout(placeWaiting, LOOK_AGAIN_MS);
    return;
  }
  for (const [id, fresh] of waiting) place(list, rowOf(list, id), fresh);
  waiting.clear();
  showTimes(list);
  markRows();
  app().dispatchEvent(new CustomEvent("curbe:rows", { bubbles: true }));
}

/** @param {HTMLElement} list
 * @param {HTMLElement | null} old
 * @param {HTMLElement | null} fresh */
function place(list, old, fresh) {
  if (!fresh) return old?.remove();
  const row = old ?? /** @type {HTMLElement} */ (document.importNode(fresh, true));
  if (old) morph(old, fresh);
  const next = follower(list, row);
  const more = find(":scope > #more", list);
  if (!old && !next && more) return; // It comes with the next page.
  const spot = next ?? more;
  if (row.parentElement !== list || row.nextElementSibling !== spot) move(list, row, spot);
  process(row);
}

/** The first other row that belongs below this one.
 * @param {HTMLElement} list
 * @param {HTMLElement} row */
function follower(list, row) {
  const others = findAll(":scope > [data-id]", list).filter((one) => one !== row);
  return others.find((one) => keyOf(one) < keyOf(row)) ?? null;
}

/** @param {HTMLElement} list
 * @param {HTMLElement} row
 * @param {Element | null} before */
function move(list, row, before) {
  const focused = row.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement) : null;
  list.insertBefore(row, before);
  focused?.focus({ preventScroll: true });
}

/** The list's order: last message, then id.
 * @param {HTMLElement} row */
function keyOf(row) {
  return `${row.dataset.at} ${row.dataset.id}`;
}

/** @param {HTMLElement} list
 * @param {string} id */
function rowOf(list, id) {
  return find(`:scope > [data-id="${CSS.escape(id)}"]`, list);
}
