/**
 * The form of a widget: its colours are picked or written, its questions added one by one, and the preview beside it shows
 * what the form says before it is saved.
 */

import { contrast, palette, parseColor } from "../widget/look.js";

/**
 * What the preview is told.
 * @typedef {object} Told
 * @property {{name: string, appearance: Record<string, any>, texts: Record<string, Record<string, string>>, prechat: object, features: Record<string, any>}} look
 * @property {string} screen home, conversation or prechat
 * @property {string} language
 * @property {string} system light or dark
 * @property {string} team here or away
 */

/** @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Input */

const PAUSE_MS = 120;
const OWN = ["name", "email", "phone"];
const form = /** @type {HTMLFormElement} */ (document.getElementById("widget_form"));
const aside = /** @type {HTMLElement | null} */ (document.querySelector("aside.look"));

if (form && aside) {
  for (const picker of form.querySelectorAll(".color-picker")) pick(/** @type {HTMLInputElement} */ (picker));
  for (const box of form.querySelectorAll(".questions")) offer(/** @type {HTMLElement} */ (box));
  preview(aside);
}

/** A colour can be picked or written; either follows the other.
 * @param {HTMLInputElement} picker */
function pick(picker) {
  const text = /** @type {HTMLInputElement} */ (document.getElementById(picker.dataset.for ?? ""));
  const output = /** @type {HTMLOutputElement | null} */ (picker.parentElement?.querySelector("output"));
  const follow = () => {
    const color = text.value.trim() || text.placeholder;
    if (parseColor(color)) picker.value = color;
    if (output) output.value = contrastOf(color, output.dataset);
  };
  picker.setAttribute("aria-label", `${text.labels?.[0]?.textContent} ${picker.getAttribute("aria-label")}`);
  picker.hidden = false;
  picker.addEventListener("input", () => {
    text.value = picker.value;
    text.dispatchEvent(new Event("input", { bubbles: true }));
  });
  text.addEventListener("input", follow);
  follow();
}

/** How well the letters read that the widget puts on the colour.
 * @param {string} hex
 * @param {DOMStringMap} words */
function contrastOf(hex, { white = "", dark = "" }) {
  const color = parseColor(hex);
  if (!color) return "";
  const ink = palette(hex, false)["--brand-ink"];
  const letters = ink === "#fff" ? [255, 255, 255] : (ink?.match(/\d+/g) ?? []).map(Number);
  return (ink === "#fff" ? white : dark).replace("{ratio}", contrast(color, letters).toFixed(1));
}

/** Questions that are not used are out of the way until another is wanted.
 * @param {HTMLElement} box */
function offer(box) {
  const rows = /** @type {HTMLElement[]} */ ([...box.querySelectorAll("[data-question]")]);
  const button = /** @type {HTMLButtonElement} */ (box.querySelector(".question-add"));
  const spare = () => rows.filter((row) => row.hidden);
  for (const row of rows) row.hidden = ![...row.querySelectorAll("input")].some((input) => input.value && input.type === "text");
  button.hidden = !spare().length;
  button.addEventListener("click", () => {
    const [next] = spare();
    if (!next) return;
    next.hidden = false;
    next.querySelector("input")?.focus();
    button.hidden = !spare().length;
  });
}

/** @param {HTMLElement} aside */
function preview(aside) {
  const place = /** @type {HTMLElement} */ (aside.querySelector(".look-frame"));
  const frame = document.createElement("iframe");
  const tell = () => {
    place.dataset.width = chosen(aside, "width");
    frame.contentWindow?.postMessage(toldBy(aside), location.origin);
  };
  /** @type {number | undefined} */
  let timer;
  addEventListener("message", ({ source, origin, data }) => {
    if (source === frame.contentWindow && origin === location.origin && data === "curbe:look") tell();
  });
  form.addEventListener("input", ({ target }) => {
    turn(aside, /** @type {HTMLElement} */ (target).dataset.look ?? "");
    clearTimeout(timer);
    timer = setTimeout(tell, PAUSE_MS);
  });
  aside.addEventListener("change", tell);
  frame.title = aside.dataset.title ?? "";
  frame.src = aside.dataset.src ?? "";
  for (const one of document.querySelectorAll(".look, .look-link")) /** @type {HTMLElement} */ (one).hidden = false;
  place.append(frame);
}

/** The preview turns to where the words that are being written stand.
 * @param {HTMLElement} aside
 * @param {string} at */
function turn(aside, at) {
  const [column, code = "", word = ""] = at.split(".");
  if (column === "texts") choose(aside, "language", code);
  if (word === "away") choose(aside, "team", "away");
  if (word === "subtitle") choose(aside, "team", "here");
  if (["hello", "greeting"].includes(word)) choose(aside, "screen", "home");
  if (["subtitle", "away"].includes(word)) choose(aside, "screen", "conversation");
  if (column === "prechat" || word.startsWith("prechat") || word === "consent") choose(aside, "screen", "prechat");
}

/** @param {HTMLElement} aside
 * @param {string} name
 * @param {string} value */
function choose(aside, name, value) {
  const radio = /** @type {HTMLInputElement | null} */ (aside.querySelector(`[name="look_${name}"][value="${value}"]`));
  if (radio) radio.checked = true;
}

/** @param {HTMLElement} aside
 * @param {string} name */
function chosen(aside, name) {
  return /** @type {HTMLInputElement | null} */ (aside.querySelector(`[name="look_${name}"]:checked`))?.value ?? "";
}

/** @param {HTMLElement} aside
 * @returns {Told} */
function toldBy(aside) {
  /** @type {any} */
  const look = { appearance: {}, texts: {}, prechat: {}, features: {} };
  for (const input of /** @type {Iterable<Input>} */ (form.querySelectorAll("[data-look]")))
    put(look, (input.dataset.look ?? "").split("."), valueOf(input));
  const name = /** @type {HTMLInputElement} */ (form.elements.namedItem("name"))?.value ?? "";
  const prechat = prechatOf(look.prechat, (aside.dataset.order ?? "").split(" "));
  const [screen, language, system, team] = ["screen", "language", "system", "team"].map((one) => chosen(aside, one));
  return /** @type {Told} */ ({ look: { ...look, name, prechat }, screen, language, system, team });
}

/** @param {any} object
 * @param {string[]} path
 * @param {any} value */
function put(object, [name = "", ...rest], value) {
  if (rest.length) put((object[name] ??= {}), rest, value);
  else if (value !== undefined) object[name] = value;
}

/** @param {Input} input */
function valueOf(input) {
  if (input instanceof HTMLInputElement && input.type === "checkbox") return input.checked;
  const value = input.value.trim();
  if (input.type === "number") return value ? Number(value) : undefined;
  return value || undefined;
}

/** As it is stored.
 * @param {any} given
 * @param {string[]} order of the names that are stored already */
function prechatOf(given, order) {
  const { enabled, skippable, consent, consent_url, questions = {} } = given;
  const own = OWN.filter((name) => given[name]).map((name) => ({ name, required: given[name] === "required" }));
  const asked = Object.values(questions).filter((one) => one.name && one.label);
  const at = (/** @type {string} */ name) => (order.includes(name) ? order.indexOf(name) : order.length);
  const fields = [...own, ...asked].sort((a, b) => at(a.name) - at(b.name));
  return { enabled, skippable, fields, consent: consent ? { required: consent === "required", url: consent_url } : null };
}
