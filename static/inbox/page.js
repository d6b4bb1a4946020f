/**
 * The page as the server rendered it: where things are, what it is about, and how parts of it are replaced.
 *
 * @import {} from "./globals.d.ts"
 */

/** @param {string} selector
 * @param {ParentNode} [within]
 * @returns {HTMLElement | null} */
export function find(selector, within = document) {
  return within.querySelector(selector);
}

/** @param {string} selector
 * @param {ParentNode} [within]
 * @returns {HTMLElement[]} */
export function findAll(selector, within = document) {
  return [...within.querySelectorAll(selector)].map((element) => /** @type {HTMLElement} */ (element));
}

/** The root of the screen; its data attributes say what the page is. */
export function app() {
  return /** @type {HTMLElement} */ (document.getElementById("app"));
}

/** A fact about the page: `page`, `base`, `cursor`, `tenant`, `tenantName` or `agent`.
 * @param {string} name */
export function fact(name) {
  return app().dataset[name] ?? "";
}

/** The conversation that is open, or an empty string. */
export function openConversation() {
  return find("#thread")?.dataset.conversation ?? "";
}

/** Whose conversation is open, or an empty string. */
export function openContact() {
  return find("#thread")?.dataset.contact ?? "";
}

/** Whether somebody has the conversation before them.
 * @param {string} conversation */
export function isLookedAt(conversation) {
  return conversation === openConversation() && document.visibilityState === "visible" && document.hasFocus();
}

/** @param {string} html
 * @returns {Document} */
export function parsed(html) {
  return new DOMParser().parseFromString(html, "text/html");
}

/** Make an element like a fresh one from the server. What is unfolded, and what is marked `data-keep`, stay as they are;
 * with `data-keep="edits"` only while somebody is at its fields, or has changed one.
 * @param {Element} old
 * @param {Element} fresh */
export function morph(old, fresh) {
  window.Idiomorph.morph(old, fresh, {
    morphStyle: "outerHTML",
    callbacks: {
      beforeNodeMorphed: (node) => !(node instanceof HTMLElement && isKept(node)),
      beforeAttributeUpdated: (name, node) => !(name === "open" && node.tagName === "DETAILS"),
    },
  });
}

/** @param {HTMLElement} element */
function isKept(element) {
  const { keep } = element.dataset;
  return keep === "edits" ? isEdited(element) : keep !== undefined;
}

/** @param {HTMLElement} element a field, or what is around some */
function isEdited(element) {
  const fields = [element, ...findAll("input, textarea", element)];
  return element.contains(document.activeElement) || fields.some((one) => isChanged(/** @type {HTMLInputElement} */ (one)));
}

/** @param {HTMLInputElement} field */
function isChanged({ value, defaultValue, checked, defaultChecked }) {
  return value !== defaultValue || checked !== defaultChecked;
}

/** Let htmx know elements that did not come through it.
 * @param {Element} element */
export function process(element) {
  window.htmx.process(element);
}

/** A new element with a class and a text.
 * @param {string} tag
 * @param {string} className
 * @param {string} [content] */
export function make(tag, className, content) {
  const element = document.createElement(tag);
  element.className = className;
  if (content !== undefined) element.textContent = content;
  return element;
}
