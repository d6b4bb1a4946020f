/** What the page says about writing: what was begun, whom a note can name, and how the agent likes to work. */
import { app, find, openConversation } from "./page.js";

/** @typedef {{conversation_id: string, kind: "message" | "note", text: string, version: number}} Draft */
/** @typedef {{draft: Draft | null, people: string[], values: Record<string, string>, edit_minutes: number | null, is_admin: boolean, suggests: boolean}} Writing */
/** @typedef {{desktop: boolean, sound: boolean, ring: "all" | "mine_and_unassigned" | "mine" | "none", mentions: boolean, send_key: "enter" | "mod_enter", theme: "system" | "light" | "dark"}} Preferences */

let isPut = false;

/** @returns {HTMLElement | null} */
export function composer() {
  return find("#composer");
}

export function field() {
  return /** @type {HTMLTextAreaElement | null} */ (find("#draft"));
}

/** @returns {"message" | "note"} */
export function kind() {
  return composer()?.dataset.kind === "note" ? "note" : "message";
}

/** @returns {Writing} */
export function writing() {
  return JSON.parse(composer()?.dataset.writing ?? '{"draft":null,"people":[],"values":{},"edit_minutes":0,"is_admin":false,"suggests":false}');
}

/** @returns {Preferences} */
export function preferences() {
  return JSON.parse(app().dataset.preferences ?? "{}");
}

/** Put a text where the cursor is, over what is selected, as if it had been typed.
 * @param {string} text
 * @param {number} [before] so many characters before the cursor go */
export function insert(text, before = 0) {
  const draft = field();
  if (!draft) return;
  draft.focus();
  const start = Math.max(0, draft.selectionStart - before);
  draft.setRangeText(text, start, draft.selectionEnd, "end");
  draft.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

/** Put a text there as the browser itself does, so that its undo takes it back. Nobody has typed it.
 * @param {string} text */
export function put(text) {
  field()?.focus();
  isPut = true;
  if (!document.execCommand("insertText", false, text)) insert(text);
  isPut = false;
}

/** Whether the text is changed by the page at the moment, and not by keys. */
export function isBeingPut() {
  return isPut;
}

/** The part of the API about the open conversation.
 * @param {string} rest */
export function ofConversation(rest) {
  return `conversations/${openConversation()}/${rest}`;
}
