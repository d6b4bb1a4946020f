/**
 * Suggestions while one writes: saved replies after a slash, colleagues after an at sign. Arrows choose, Enter or Tab takes,
 * Escape leaves; whoever goes on typing narrows them down.
 */
import { api } from "./http.js";
import { find, findAll, make } from "./page.js";
import { announce } from "./tabs.js";
import { text } from "./texts.js";
import { field, insert, kind, writing } from "./writing.js";

/** @typedef {{label: string, detail: string, put: string}} Choice */

const MOST = 8;
/** Before the cursor: a sign at the beginning of a word, and what follows it. */
const SLASH = /(?:^|\s)\/([\w-]*)$/;
const AT = /(?:^|[\s(])@([^\n@]{0,40})$/;
const PLACEHOLDER = /\{\{\s*([\w.]+)\s*\}\}/g;
/** @type {Choice[]} */
let choices = [];
let at = 0;
/** How much of what was typed a choice replaces. */
let typedLength = 0;
/** Answers to what was asked before this are late. */
let asked = 0;
/** An answer is on its way: what is shown, if anything, is for an earlier question. */
let isAsking = false;
/** Enter or Tab was pressed meanwhile: the first of the answer is taken. */
let isWanted = false;

export function isPicking() {
  return choices.length > 0;
}

/** The text or the cursor moved: suggest what fits. */
export async function suggest() {
  const draft = field();
  const mine = ++asked;
  isAsking = isWanted = false;
  const before = draft?.value.slice(0, draft.selectionStart) ?? "";
  const found = kind() === "note" ? AT.exec(before) : null;
  if (found) return show(people(found[1] ?? ""), (found[1] ?? "").length + 1);
  const slash = SLASH.exec(before);
  if (!slash) return close();
  isAsking = true;
  const replies = await repliesFor(slash[1] ?? "");
  if (mine === asked) answered(replies, (slash[1] ?? "").length + 1);
}

/** @param {Choice[]} replies
 * @param {number} length */
function answered(replies, length) {
  isAsking = false;
  show(replies, length);
  if (isWanted) take(0);
}

export function close() {
  asked += 1;
  isAsking = isWanted = false;
  show([], 0);
}

/** A key in the field; whether it was for the suggestions.
 * @param {KeyboardEvent} event */
export function picks(event) {
  if (event.isComposing) return false;
  const isTaking = !event.shiftKey && (event.key === "Enter" || event.key === "Tab");
  if (isAsking && isTaking) isWanted = true; // A shortcut that nobody has looked up yet is not for the visitor to read.
  else if (!isPicking()) return false;
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") go(event.key === "ArrowDown" ? 1 : -1);
  else if (event.key === "Enter" || event.key === "Tab") take(at);
  else if (event.key === "Escape") close();
  else return false;
  event.preventDefault();
  event.stopPropagation();
  return true;
}

/** @param {HTMLElement} option */
export function clickedOption(option) {
  take(findAll("#picker > [role=option]").indexOf(option));
}

/** @param {string} begun
 * @returns {Choice[]} */
function people(begun) {
  const wanted = begun.toLocaleLowerCase();
  const fits = writing().people.filter((name) => name.toLocaleLowerCase().startsWith(wanted) && name.toLocaleLowerCase() !== wanted.trim());
  return fits.slice(0, MOST).map((name) => ({ label: `@${name}`, detail: "", put: `@${name} ` }));
}

/** @param {string} begun
 * @returns {Promise<Choice[]>} */
async function repliesFor(begun) {
  const page = await api("GET", `saved-replies?limit=${MOST}&q=${encodeURIComponent(begun)}`).catch(() => ({ items: [] })); // Handled: nothing is suggested.
  return page.items.map((/** @type {{shortcut: string, title: string, body: string}} */ one) => ({ label: `/${one.shortcut}`, detail: one.title, put: filled(one.body) }));
}

/** A text with what its placeholders stand for; what is not known, or is no placeholder of ours, stays as it is.
 * @param {string} body */
function filled(body) {
  const { values } = writing();
  return body.replace(PLACEHOLDER, (whole, name) => (Object.hasOwn(values, name) && values[name]) || whole);
}

/** @param {Choice[]} next
 * @param {number} length */
function show(next, length) {
  const list = find("#picker");
  choices = next;
  typedLength = length;
  at = 0;
  if (!list) return;
  list.hidden = !next.length;
  list.replaceChildren(...next.map(option));
  mark();
}

/** @param {Choice} choice
 * @param {number} i */
function option({ label, detail }, i) {
  const row = make("li", "");
  row.id = `option-${i}`;
  row.setAttribute("role", "option");
  row.append(make("strong", "", label), make("span", "", detail));
  return row;
}

/** @param {1 | -1} by */
function go(by) {
  at = (at + by + choices.length) % choices.length;
  mark();
}

function mark() {
  findAll("#picker > [role=option]").forEach((row, i) => {
    row.setAttribute("aria-selected", String(i === at));
    if (i === at) row.scrollIntoView({ block: "nearest" });
  });
  if (choices.length) field()?.setAttribute("aria-activedescendant", `option-${at}`);
  else field()?.removeAttribute("aria-activedescendant");
}

/** @param {number} i */
function take(i) {
  const choice = choices[i];
  if (!choice) return;
  const length = typedLength;
  close();
  insert(choice.put, length);
  selectUnknown(choice.put.length);
}

/** A placeholder that nothing is known for is selected, so that it is not sent unseen.
 * @param {number} length of what was just put before the cursor */
function selectUnknown(length) {
  const draft = field();
  if (!draft) return;
  const start = draft.selectionStart - length;
  const unknown = new RegExp(PLACEHOLDER.source).exec(draft.value.slice(start, draft.selectionStart));
  if (!unknown || !Object.hasOwn(writing().values, unknown[1] ?? "")) return;
  draft.setSelectionRange(start + unknown.index, start + unknown.index + unknown[0].length);
  announce(text("unknown_value"));
}
