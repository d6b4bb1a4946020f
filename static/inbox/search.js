/** The search screen by keyboard, and what it says when there is no answer. */
import { find, findAll } from "./page.js";

/** @type {Record<string, 1 | -1>} */
const STEPS = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 };

/** Listen for what happens on the search screen, whenever it is there. */
export function startSearch() {
  document.addEventListener("keydown", keyDown);
  document.addEventListener("htmx:beforeRequest", (event) => told(event, false));
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => told(event, true));
  }
  document.addEventListener("htmx:afterSwap", () => sayFound());
}

/** @param {KeyboardEvent} event */
function keyDown(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  const isField = target.id === "q";
  if (!find("#found") || !(isField || target.closest("#found")) || event.isComposing || event.ctrlKey || event.metaKey) return;
  if (event.key === "Escape" && !isField) return find("#q")?.focus();
  const by = STEPS[event.key];
  if (!by || (isField && event.key.length === 1)) return;
  event.preventDefault();
  step(by);
}

/** From the field down to the hits and back up to it.
 * @param {1 | -1} by */
function step(by) {
  const stops = [find("#q"), ...findAll("#found .hit > a, #found #more button")];
  const here = stops.findIndex((one) => one === document.activeElement);
  const next = stops[Math.min(stops.length - 1, Math.max(0, here + by))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

/** A question is on its way, or has failed.
 * @param {Event} event
 * @param {boolean} isFailed */
function told(event, isFailed) {
  const { target } = /** @type {CustomEvent} */ (event).detail;
  const failed = find("#search-failed");
  if (failed && target?.id === "found") failed.hidden = !isFailed;
}

/** How much was found, for those who do not see it. */
function sayFound() {
  const status = find("#search-status");
  const said = findAll("#found [data-told]").map((one) => one.dataset.told).join(" ");
  if (status && status.textContent !== said) status.textContent = said;
}
