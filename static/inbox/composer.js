/** Writing a reply or a note: drafts that survive, typing dots, sending. */
import { createTypist } from "../realtime/typing.js";
import { clock } from "../widget/browser.js";
import { write } from "./outbox.js";
import { fact, find, findAll, openConversation } from "./page.js";
import { store } from "./store.js";
import { tellTyping } from "./stream.js";
import { text } from "./texts.js";

/** @typedef {"message" | "note"} Kind */

const DRAFTS = "curbe_inbox_draft:";
/** A thread and a kind in one word: a note's typing goes to the team alone, so changing the kind is stopping. */
const typist = createTypist((where, on) => {
  const [conversation = "", kind] = where.split(" ");
  tellTyping(conversation, on, kind);
}, clock);

function form() {
  return find("#composer");
}

function field() {
  return /** @type {HTMLTextAreaElement | null} */ (find("#draft"));
}

/** @returns {Kind} */
function kind() {
  return form()?.dataset.kind === "note" ? "note" : "message";
}

/** A thread is on the screen: what was begun in it is in the field again. */
export function openComposer() {
  const draft = field();
  const kept = store.get(draftKey());
  if (!draft) return;
  const { body = "", as = "message" } = kept ? JSON.parse(kept) : {};
  draft.value = body;
  turnTo(as);
  fit();
}

/** Another tab of this agent has changed a draft.
 * @param {string} key where it is stored */
export function hearDraft(key) {
  if (key === draftKey()) openComposer();
}

/** Reply, or note.
 * @param {Kind} next */
export function turnTo(next) {
  const composer = form();
  const draft = field();
  if (!composer || !draft) return;
  stopTyping();
  composer.dataset.kind = next;
  for (const button of findAll(".kinds button", composer)) {
    button.setAttribute("aria-pressed", String(button.dataset.kind === next));
  }
  draft.placeholder = text(next === "note" ? "note_placeholder" : "reply_placeholder");
  const label = find("#send span");
  if (label) label.textContent = text(next === "note" ? "add_note" : "send_reply");
  keep();
}

/** Begin to write.
 * @param {Kind} as */
export function beginTo(as) {
  turnTo(as);
  field()?.focus();
}

/** The text changed. */
export function typed() {
  typist.typed(`${openConversation()} ${kind()}`, field()?.value ?? "");
  keep();
  fit();
}

/** One does not type any more: sent, left, or gone elsewhere. */
export function stopTyping() {
  typist.stop();
}

/** Send what is in the field, unless there is nothing. */
export function submit() {
  const draft = field();
  if (!draft?.value.trim()) return;
  stopTyping();
  write(draft.value, kind());
  draft.value = "";
  keep();
  fit();
}

/** Enter sends; with Shift, or while an input method composes, it does not.
 * @param {KeyboardEvent} event */
export function isSendKey(event) {
  return event.key === "Enter" && !event.shiftKey && !event.altKey && !event.isComposing;
}

/** Signing out: no draft stays behind. */
export function wipeDrafts() {
  for (const key of store.keys(DRAFTS)) store.remove(key);
}

function draftKey() {
  return `${DRAFTS}${fact("agent")}:${openConversation()}`;
}

function keep() {
  const body = field()?.value ?? "";
  if (body) store.set(draftKey(), JSON.stringify({ body, as: kind() }));
  else store.remove(draftKey());
}

/** As high as its text, where the browser does not do that by itself. */
function fit() {
  const draft = field();
  if (!draft || CSS.supports("field-sizing", "content")) return;
  draft.rows = Math.min(12, draft.value.split("\n").length);
}
