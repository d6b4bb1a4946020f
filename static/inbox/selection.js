/** Several conversations chosen in the list, and what is done to all of them at once. */
import { showBanner } from "./banner.js";
import { post } from "./http.js";
import { touch } from "./live.js";
import { closeMenu } from "./menus.js";
import { find, findAll } from "./page.js";
import { announce } from "./tabs.js";
import { text } from "./texts.js";

/** @typedef {{id: string, ok: boolean, detail: string | null}} Outcome */

/** The server takes 200 at once; fewer are done before anybody gives up waiting. */
const AT_ONCE = 50;
/** @type {Set<string>} */
const chosen = new Set();
/** Which list they were chosen in. */
let query = "";
/** From here on a choice with Shift goes. */
let from = "";
let isPicking = false;
/** What could not be done, until something else is chosen. */
let refusal = "";

export function startSelection() {
  document.addEventListener("click", clicked);
  document.addEventListener("curbe:rows", showSelection);
  document.addEventListener("curbe:fresh", showSelection);
  document.addEventListener("htmx:afterSwap", showSelection);
  showSelection();
}

/** Choose a row, or take it out again; with `isRange` all from the last one chosen up to it.
 * @param {string} id
 * @param {boolean} [isRange] */
export function toggle(id, isRange = false) {
  const on = !chosen.has(id);
  refusal = "";
  for (const one of isRange ? between(from, id) : [id]) chosen[on || isRange ? "add" : "delete"](one);
  from = id;
  showSelection();
}

/** Begin to choose, or choose nothing any more. */
export function pick() {
  refusal = "";
  isPicking = !isPicking;
  if (!isPicking) chosen.clear();
  showSelection();
}

/** Choose nothing; whether anything was chosen. */
export function unpick() {
  const had = chosen.size > 0 || isPicking;
  refusal = "";
  isPicking = false;
  chosen.clear();
  showSelection();
  return had;
}

/** Show what is chosen: rows that have left the list are not any more. */
export function showSelection() {
  const list = find("#rows");
  if (!list) return;
  if (list.dataset.query !== query) chosen.clear();
  query = list.dataset.query ?? "";
  const ids = idsShown();
  for (const id of chosen) if (!ids.includes(id)) chosen.delete(id);
  for (const box of boxes()) box.checked = chosen.has(box.value);
  for (const row of findAll("#rows > .row")) row.classList.toggle("is-picked", chosen.has(row.dataset.id ?? ""));
  showBar(ids.length);
}

/** @param {number} all */
function showBar(all) {
  const bar = find("#bulk");
  const count = find("#picked");
  const box = /** @type {HTMLInputElement | null} */ (find("#pick-all"));
  if (!bar || !count || !box) return;
  bar.hidden = !chosen.size && !isPicking;
  find("#list")?.classList.toggle("is-picking", !bar.hidden);
  const label = refusal || text("selected", { n: chosen.size });
  if (count.textContent !== label) count.textContent = label;
  box.checked = chosen.size > 0 && chosen.size === all;
  box.indeterminate = chosen.size > 0 && chosen.size < all;
}

/** @param {MouseEvent} event */
function clicked(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  const box = /** @type {HTMLInputElement | null} */ (target.closest(".pick input"));
  if (box) return toggle(box.value, event.shiftKey);
  if (target.id === "pick-all") return pickAll(/** @type {HTMLInputElement} */ (target).checked);
  const button = /** @type {HTMLButtonElement | null} */ (target.closest("[data-bulk]"));
  if (button) void change(button);
}

/** @param {boolean} on */
function pickAll(on) {
  refusal = "";
  for (const id of idsShown()) chosen[on ? "add" : "delete"](id);
  showSelection();
}

/** @param {HTMLButtonElement} button */
async function change(button) {
  const ids = [...chosen];
  closeMenu(button);
  if (!ids.length) return;
  const { bulk: verb = "", name } = button.dataset;
  const fields = { verb, ...(name ? { [name]: button.value } : {}) };
  try {
    told(await changeAll(ids, fields));
  } catch (error) {
    showBanner(/** @type {import("./http.js").Refused} */ (error).status === 409 ? "switched" : "failed"); // Handled: the reader is told, and what was chosen still is.
  }
}

/** @param {string[]} ids
 * @param {Record<string, string>} fields
 * @returns {Promise<Outcome[]>} */
async function changeAll(ids, fields) {
  const address = find("#bulk")?.dataset.address ?? "";
  const outcomes = [];
  for (let i = 0; i < ids.length; i += AT_ONCE) {
    const { items } = await post(address, { ...fields, ids: ids.slice(i, i + AT_ONCE).join(",") });
    outcomes.push(...items);
  }
  return outcomes;
}

/** Say what came of it: what could not be done stays chosen.
 * @param {Outcome[]} items */
function told(items) {
  const failed = items.filter((one) => !one.ok);
  for (const { id } of items) touch({ conversation: id });
  for (const { id, ok } of items) if (ok) chosen.delete(id);
  if (!chosen.size) isPicking = false;
  const sentence = text(failed.length ? "bulk_some" : "bulk_done", { n: items.length - failed.length, m: failed.length });
  refusal = failed.length ? `${sentence} ${failed[0]?.detail ?? ""}` : "";
  announce(sentence);
  showSelection();
}

function boxes() {
  return findAll("#rows .pick input").map((box) => /** @type {HTMLInputElement} */ (box));
}

function idsShown() {
  return findAll("#rows > .row").map((row) => row.dataset.id ?? "");
}

/** @param {string} first
 * @param {string} last */
function between(first, last) {
  const ids = idsShown();
  const [start = 0, end = 0] = [ids.indexOf(first), ids.indexOf(last)].sort((one, other) => one - other);
  return ids.slice(Math.max(0, start), end + 1);
}
