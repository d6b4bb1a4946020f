/** The keyboard: moving through the list, and what one does with a conversation. */
import { beginTo } from "./composer.js";
import { fact, find, findAll } from "./page.js";

/** @type {Record<string, () => void>} */
const ACTS = {
  j: () => step(1),
  k: () => step(-1),
  o: () => current()?.click(),
  r: () => beginTo("message"),
  n: () => beginTo("note"),
  e: () => find("#turn")?.click(),
  a: () => find("#assignee")?.focus(),
  U: () => find("#unread")?.click(),
  "/": search,
  "?": showKeys,
};

/** @param {KeyboardEvent} event */
export function pressed(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape") return leave(target);
  const act = ACTS[event.key];
  if (!act || target.closest("input, textarea, select, dialog")) return;
  event.preventDefault();
  act();
}

export function showKeys() {
  /** @type {HTMLDialogElement | null} */ (find("#keys"))?.showModal();
}

function links() {
  return findAll("#rows .row > a, #people summary");
}

/** The row with the focus, else the one that is open. */
function current() {
  const focused = links().find((link) => link === document.activeElement);
  return focused ?? find("#rows a[aria-current]") ?? links()[0];
}

/** @param {1 | -1} by */
function step(by) {
  const all = links();
  const focused = all.findIndex((link) => link === document.activeElement);
  const from = focused >= 0 ? focused : all.findIndex((link) => link.hasAttribute("aria-current"));
  const next = all[Math.min(all.length - 1, Math.max(0, from + by))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function search() {
  const field = find("#q");
  if (field) field.focus();
  else location.assign(`${fact("base")}log/`);
}

/** @param {HTMLElement} target */
function leave(target) {
  if (target.closest("dialog")) return;
  find("#account")?.removeAttribute("open");
  if (target.closest("#composer, #thread")) current()?.focus();
}
