/** Menus that unfold below a button: opened by click or key, left by Escape or a click elsewhere, and the focus returns. */
import { find, findAll } from "./page.js";

const OPEN = "details.drop[open]";
const STEPS = new Map([["ArrowDown", 1], ["ArrowUp", -1]]);

/** @typedef {HTMLDetailsElement} Menu */

/** Unfold a menu by its id, if it is on the screen.
 * @param {string} id */
export function openMenu(id) {
  const menu = /** @type {Menu | null} */ (find(`#${id}`));
  if (!menu) return;
  menu.open = true;
  ready(menu);
}

/** Close the menu that an element is in; whether there was one.
 * @param {Element} within */
export function closeMenu(within) {
  const menu = /** @type {Menu | null} */ (within.closest(OPEN));
  if (!menu) return false;
  menu.open = false;
  find(":scope > summary", menu)?.focus();
  return true;
}

export function startMenus() {
  document.addEventListener("toggle", toggled, { capture: true });
  document.addEventListener("click", closeOthers);
  document.addEventListener("focusin", closeOthers);
  document.addEventListener("keydown", keyDown);
  document.addEventListener("input", ({ target }) => narrow(/** @type {HTMLElement} */ (target)));
  document.addEventListener("htmx:afterRequest", (event) => done(/** @type {CustomEvent} */ (event)));
  document.addEventListener("curbe:fresh", () => findAll(`${OPEN} .narrower`).forEach(narrow));
}

/** @param {Event} event */
function toggled({ target }) {
  const menu = /** @type {Menu} */ (target);
  if (menu.matches?.(OPEN) && !menu.contains(document.activeElement?.closest(".sheet") ?? null)) ready(menu);
}

/** Somebody looks into a menu: all of it is there, and the keys go there.
 * @param {Menu} menu */
function ready(menu) {
  const field = /** @type {HTMLInputElement | null} */ (find(".narrower", menu));
  if (field) field.value = "";
  if (field) narrow(field);
  const first = find(".sheet :is(input:not([type=hidden]), select, button:not([hidden]))", menu);
  first?.focus({ preventScroll: true });
}

/** @param {Event} event */
function closeOthers({ target }) {
  for (const menu of findAll(OPEN)) {
    if (!menu.contains(/** @type {Node} */ (target))) /** @type {Menu} */ (menu).open = false;
  }
}

/** What was chosen is on its way: the menu has done its work.
 * @param {CustomEvent} event */
function done({ detail, target }) {
  if (detail.successful) closeMenu(/** @type {Element} */ (target));
}

/** @param {KeyboardEvent} event */
function keyDown(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  const menu = target.closest?.(OPEN);
  const by = STEPS.get(event.key);
  if (!menu || target.matches("select, [type=datetime-local]")) return;
  if (by) {
    event.preventDefault();
    step(menu, target, by);
  } else if (event.key === "Enter" && target.matches(".narrower")) {
    event.preventDefault();
    choices(menu)[0]?.click();
  }
}

/** @param {Element} menu
 * @param {HTMLElement} from
 * @param {number} by */
function step(menu, from, by) {
  const all = choices(menu);
  const next = all.indexOf(from) + by;
  if (next < 0) find(".narrower", menu)?.focus();
  else all[Math.min(next, all.length - 1)]?.focus();
}

/** @param {Element} menu */
function choices(menu) {
  return findAll(".sheet li:not([hidden]) button", menu);
}

/** Show the choices that have what was typed in their names, and offer to make what nothing is called.
 * @param {HTMLElement} field */
function narrow(field) {
  if (!field.matches(".narrower")) return;
  const typed = /** @type {HTMLInputElement} */ (field).value.trim();
  const items = findAll(".sheet li:not(.made)", /** @type {Element} */ (field.closest(".drop")));
  for (const item of items) item.hidden = !folded(item.textContent ?? "").includes(folded(typed));
  const made = find(".sheet li.made", /** @type {Element} */ (field.closest(".drop")));
  if (made) offer(made, typed, items.some((item) => folded(item.textContent ?? "").trim() === folded(typed)));
}

/** @param {HTMLElement} made
 * @param {string} name
 * @param {boolean} isKnown */
function offer(made, name, isKnown) {
  made.hidden = !name || isKnown;
  const button = /** @type {HTMLButtonElement | null} */ (find("button", made));
  const label = find("[data-made]", made);
  if (button) button.value = name;
  if (label) label.textContent = name;
}

/** A text without case and accents, as it is looked for.
 * @param {string} text */
export function folded(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
