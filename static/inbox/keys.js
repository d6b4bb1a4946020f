/** The keyboard: moving through the list, what one does with a conversation, and where one goes. */
import { toggleCommands } from "./commands.js";
import { beginTo } from "./composer.js";
import { closeMenu, openMenu } from "./menus.js";
import { fact, find, findAll } from "./page.js";
import { toggle, unpick } from "./selection.js";
import { dropSuggestion } from "./suggesting.js";

/** @type {Record<string, () => void>} */
const ACTS = {
  j: () => step(1),
  k: () => step(-1),
  o: () => current()?.click(),
  x: () => choose(false),
  X: () => choose(true),
  r: () => beginTo("message"),
  n: () => beginTo("note"),
  s: () => find("#suggest")?.click(),
  e: () => find("#turn")?.click(),
  a: () => openMenu("assign"),
  z: () => openMenu("snooze"),
  l: () => openMenu("tags"),
  p: () => openMenu("priority"),
  m: () => find("#mute")?.click(),
  U: () => find("#unread")?.click(),
  g: () => void (wentAt = performance.now()),
  "/": search,
  "?": showKeys,
};
/** Where "g" and another key lead: entries of the rail. */
export const PLACES = { m: "mine", u: "unassigned", a: "all", s: "snoozed", c: "closed", l: "log", r: "reports", "/": "search" };
/** So long "g" waits for the other key. */
const SEQUENCE_MS = 1500;
/** A row has the focus, or a box in it. */
const TYPING = "input:not([type=checkbox]), textarea, select, dialog, .sheet";
/** What was in it keeps the focus after it was closed, until the page is drawn without it. */
const LEFT = "dialog:not([open])";
/** Keys that go on for as long as they are held. */
const HELD = new Set(["j", "k"]);
let wentAt = -Infinity;

/** @param {KeyboardEvent} event */
export function pressed(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.isComposing || event.altKey) return;
  if (event.ctrlKey || event.metaKey) return command(event);
  if (event.key === "Escape") return leave(target);
  if (event.repeat && !HELD.has(event.key)) return; // Held down: it is done once.
  if (isTyping(target) || !(performance.now() - wentAt < SEQUENCE_MS ? go : act)(event.key)) return;
  event.preventDefault();
}

/** @param {HTMLElement} target */
function isTyping(target) {
  return target.closest(TYPING) !== null && target.closest(LEFT) === null;
}

/** Do what a key does; whether it does anything.
 * @param {string} key */
export function act(key) {
  const does = Object.hasOwn(ACTS, key) ? ACTS[key] : undefined;
  does?.();
  return does !== undefined;
}

export function showKeys() {
  /** @type {HTMLDialogElement | null} */ (find("#keys"))?.showModal();
}

/** @param {string} key */
function go(key) {
  wentAt = -Infinity;
  const place = Object.hasOwn(PLACES, key) ? PLACES[/** @type {keyof typeof PLACES} */ (key)] : "";
  if (place) find(`#view-${place}`)?.click();
  return place !== "";
}

/** @param {KeyboardEvent} event */
function command(event) {
  if (event.key.toLowerCase() !== "k" || event.shiftKey) return;
  event.preventDefault();
  if (!event.repeat) toggleCommands();
}

function links() {
  return findAll("#rows .row > a, #people summary");
}

/** The row with the focus, else the one that is open. */
function current() {
  const focused = links().find((link) => link.parentElement?.contains(document.activeElement));
  return focused ?? find("#rows a[aria-current]") ?? links()[0];
}

/** @param {1 | -1} by */
function step(by) {
  const all = links();
  const focused = all.findIndex((link) => link.parentElement?.contains(document.activeElement));
  const from = focused >= 0 ? focused : all.findIndex((link) => link.hasAttribute("aria-current"));
  const next = all[Math.min(all.length - 1, Math.max(0, from + by))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

/** @param {boolean} isRange */
function choose(isRange) {
  const id = current()?.parentElement?.dataset.id;
  if (!id || fact("page") === "log") return;
  toggle(id, isRange);
  current()?.focus();
}

function search() {
  const field = find("#narrow-q, #q");
  if (field) field.focus();
  else location.assign(`${fact("base")}log/#q`); // The fragment is what gets the focus there.
}

/** One thing at a time: the menu, what is chosen, the text, the thread.
 * @param {HTMLElement} target */
function leave(target) {
  if (target.closest("dialog[open]") || closeMenu(target)) return;
  find("#account")?.removeAttribute("open");
  if (target.closest("#composer") && dropSuggestion()) return;
  if (target.closest("#composer, #thread, #narrow")) current()?.focus();
  else unpick();
}
