/** What one can do with a part of the thread: copy it or its address, and change or remove what one wrote. */
import { seqOf } from "./arrange.js";
import { showBanner } from "./banner.js";
import { api } from "./http.js";
import { touch } from "./live.js";
import { fact, find, findAll, make } from "./page.js";
import { announce } from "./tabs.js";
import { text } from "./texts.js";
import { field, writing } from "./writing.js";

/** @type {Record<string, (part: HTMLElement) => void>} */
const ACTS = { edit, remove, copy, link: copyLink };

/** A menu is unfolded: it holds what can be done with its part now.
 * @param {HTMLElement} menu */
function fill(menu) {
  const part = partOf(menu);
  const [{ top, left }, around] = [menu.getBoundingClientRect(), part.getBoundingClientRect()];
  // Below the last parts there is no room, and none beyond what is at the side.
  menu.classList.toggle("up", top > innerHeight / 2);
  menu.classList.toggle("end", left - around.left > around.width / 2);
  const names = ["copy", "link", ...(mayEdit(part) ? ["edit"] : []), ...(mayRemove(part) ? ["remove"] : [])];
  find(".sheet", menu)?.replaceChildren(...names.map((name) => item(name, part)));
}

/** @param {string} name
 * @param {HTMLElement} part */
function item(name, part) {
  const button = /** @type {HTMLButtonElement} */ (make("button", name === "remove" ? "alarm" : "", text(`part_${name}`)));
  button.type = "button";
  button.addEventListener("click", () => {
    find(".part-menu", part)?.removeAttribute("open");
    ACTS[name]?.(part);
  });
  return button;
}

/** Change the last thing one said here, if that is still possible; whether it is. */
function editLast() {
  const last = findAll("#parts > .part").findLast((part) => isOwn(part) && mayEdit(part));
  if (last) edit(last);
  return last !== undefined;
}

/** @param {Element} element */
function partOf(element) {
  return /** @type {HTMLElement} */ (element.closest(".part"));
}

/** @param {HTMLElement} part */
function isOwn(part) {
  return part.dataset.by === `agent ${fact("agent")}` && find(".bubble.prose", part) !== null;
}

/** @param {HTMLElement} part */
function mayEdit(part) {
  const { edit_minutes } = writing();
  const age = Date.now() - Date.parse(part.dataset.at ?? "");
  return isOwn(part) && field() !== null && (edit_minutes === null || age < edit_minutes * 60_000);
}

/** @param {HTMLElement} part */
function mayRemove(part) {
  return field() !== null && (writing().is_admin || mayEdit(part));
}

/** @param {HTMLElement} part */
async function copy(part) {
  await navigator.clipboard?.writeText(find(".bubble", part)?.innerText ?? "");
  announce(text("copied"));
}

/** @param {HTMLElement} part */
async function copyLink(part) {
  await navigator.clipboard?.writeText(new URL(`${fact("base")}c/${part.dataset.thread}/?at=${seqOf(part)}`, location.href).href);
  announce(text("link_copied"));
}

/** @param {HTMLElement} part */
function remove(part) {
  if (!window.confirm(text("remove_sure"))) return;
  void change(part, "DELETE").catch(failed); // Handled: the reader is told.
}

/** The text in the place of the bubble, until it is saved or left.
 * @param {HTMLElement} part */
function edit(part) {
  const bubble = find(".bubble", part);
  if (!bubble || find(".editor", part)) return;
  part.dataset.keep = ""; // What comes meanwhile does not take it away.
  const form = editor(bubble.dataset.body ?? "");
  bubble.hidden = true;
  bubble.after(form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void change(part, "PATCH", { body: boxOf(form).value }).then(() => leave(part), failed); // Handled: the reader is told.
  });
  form.addEventListener("keydown", (event) => keyDown(part, form, event));
  boxOf(form).focus();
}

/** @param {string} body */
function editor(body) {
  const form = /** @type {HTMLFormElement} */ (make("form", "editor"));
  const box = /** @type {HTMLTextAreaElement} */ (make("textarea", ""));
  Object.assign(box, { value: body, maxLength: 20_000, rows: Math.min(10, body.split("\n").length + 1), ariaLabel: text("part_edit") });
  const cancel = /** @type {HTMLButtonElement} */ (make("button", "button quiet", text("edit_cancel")));
  Object.assign(cancel, { type: "button", onclick: () => leave(partOf(form)) });
  const row = make("p", "");
  row.append(cancel, make("button", "button primary", text("edit_save")));
  form.append(box, row);
  return form;
}

/** @param {HTMLElement} form */
function boxOf(form) {
  return /** @type {HTMLTextAreaElement} */ (find("textarea", form));
}

/** @param {HTMLElement} part
 * @param {HTMLFormElement} form
 * @param {KeyboardEvent} event */
function keyDown(part, form, event) {
  const isSave = event.key === "Enter" && !event.shiftKey && !event.isComposing;
  if (event.key !== "Escape" && !isSave) return;
  event.preventDefault();
  event.stopPropagation();
  if (isSave) form.requestSubmit();
  else leave(part);
}

/** @param {HTMLElement} part */
function leave(part) {
  delete part.dataset.keep;
  find(".editor", part)?.remove();
  const bubble = find(".bubble", part);
  if (bubble) bubble.hidden = false;
  touch({ conversation: part.dataset.thread, seq: seqOf(part) }); // It may have changed meanwhile.
  field()?.focus();
}

/** @param {HTMLElement} part
 * @param {"PATCH" | "DELETE"} method
 * @param {object} [body] */
async function change(part, method, body) {
  await api(method, `messages/${part.id.replace("part-", "")}`, body);
  touch({ conversation: part.dataset.thread, seq: seqOf(part) });
}

/** @param {{code?: string}} error */
function failed({ code }) {
  if (code === "edit_time_over") showBanner("edit_late");
  else showBanner("failed");
}

document.addEventListener("toggle", ({ target }) => {
  const menu = /** @type {HTMLDetailsElement} */ (target);
  if (menu.open && menu.matches(".part-menu")) fill(menu);
}, { capture: true });
document.addEventListener("keydown", (event) => {
  const isEmpty = /** @type {Element} */ (event.target).id === "draft" && field()?.value === "";
  if (event.key === "ArrowUp" && isEmpty && !event.ctrlKey && !event.metaKey && editLast()) event.preventDefault();
});
