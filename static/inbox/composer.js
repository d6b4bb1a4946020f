/** Writing a reply or a note: what was begun, typing dots, suggestions, files, a preview, and the ways to send. */
import { createTypist } from "../realtime/typing.js";
import { clock } from "../widget/browser.js";
import { writesReply } from "./answering.js";
import { showBanner } from "./banner.js";
import * as drafts from "./drafts.js";
import { fillEmoji } from "./emoji.js";
import { api } from "./http.js";
import { write } from "./outbox.js";
import { find, findAll, openConversation } from "./page.js";
import { clickedOption, close, isPicking, picks, suggest } from "./picker.js";
import "./partmenu.js";
import { tellTyping } from "./stream.js";
import { dropSuggestion, suggestReply, takeSuggestion } from "./suggesting.js";
import { text } from "./texts.js";
import { hasFiles, isReady, pickFiles, showTray, takeFiles } from "./tray.js";
import { composer, field, insert, isBeingPut, kind, preferences } from "./writing.js";

/** @typedef {"message" | "note"} Kind */
/** What is to happen once it is sent.
 * @typedef {{close?: true, snooze?: string}} Then */

/** A thread and a kind in one word: a note's typing goes to the team alone, so changing the kind is stopping. */
const typist = createTypist((where, on) => {
  const [conversation = "", kindOf] = where.split(" ");
  writesReply(on && kindOf === "message");
  return tellTyping(conversation, on, kindOf);
}, clock);

/** A thread is on the screen: what was begun in it is in the field again. */
export function openComposer() {
  dropSuggestion();
  if (!field()) return;
  put(drafts.begin());
  showTray();
}

/** Another tab of this agent has changed a draft.
 * @param {string} key where it is stored */
export function hearDraft(key) {
  if (key === drafts.draftKey() && field()) put(drafts.kept());
}

/** Reply, or note.
 * @param {Kind} next */
export function turnTo(next) {
  const form = composer();
  const draft = field();
  if (!form || !draft) return;
  stopTyping();
  close();
  form.dataset.kind = next;
  for (const button of findAll(".kinds button[data-kind]", form)) {
    button.setAttribute("aria-pressed", String(button.dataset.kind === next));
  }
  draft.placeholder = text(next === "note" ? "note_placeholder" : "reply_placeholder");
  const label = find("#send span");
  if (label) label.textContent = text(next === "note" ? "add_note" : "send_reply");
  drafts.change(draft.value, next);
}

/** Begin to write.
 * @param {Kind} as */
export function beginTo(as) {
  turnTo(as);
  field()?.focus();
}

/** The text changed. */
export function typed() {
  const body = field()?.value ?? "";
  if (!isBeingPut()) typist.typed(`${openConversation()} ${kind()}`, body);
  drafts.change(body, kind());
  fit();
  void suggest();
}

/** One does not type any more: sent, left, or gone elsewhere. */
export function stopTyping() {
  typist.stop();
}

/** Send what is in the field, unless there is nothing, or files are on their way up.
 * @param {Then} [then] */
export function submit(then = {}) {
  const draft = field();
  if (!draft || (!draft.value.trim() && !hasFiles())) return;
  if (!isReady()) return showBanner("files_not_ready");
  stopTyping();
  close();
  dropSuggestion();
  showPreview(false);
  const body = draft.value.trim() ? draft.value : "";
  const version = drafts.send();
  draft.value = "";
  write({ body, kind: kind(), files: takeFiles(), version, then });
  fit();
}

/** Whether a key sends: Enter or, for who prefers that, with Ctrl or ⌘. While an input method composes, or something is
 * suggested, it does not.
 * @param {KeyboardEvent} event */
export function isSendKey(event) {
  if (picks(event)) return false;
  if (event.key !== "Enter" || event.shiftKey || event.altKey || event.isComposing) return false;
  return preferences().send_key === "mod_enter" ? event.ctrlKey || event.metaKey : true;
}

/** The connection is back. */
export function resumeDraft() {
  drafts.resume();
}

/** Signing out: no draft stays behind. */
export function wipeDrafts() {
  drafts.wipe();
}

/** @param {import("./drafts.js").Kept} draft */
function put({ body, as }) {
  const box = field();
  if (!box) return;
  if (box.value !== body) box.value = body;
  turnTo(as);
  fit();
}

/** How it will look, rendered by the server, in the place of the text.
 * @param {boolean} on */
async function showPreview(on) {
  const shown = find("#preview");
  const draft = field();
  if (!shown || !draft || shown.hidden === !on) return;
  if (on) shown.innerHTML = (await api("POST", "preview", { kind: kind(), body: draft.value })).body_html; // Sanitised, as in the thread.
  shown.hidden = !on;
  draft.hidden = on;
  find("#preview-button")?.setAttribute("aria-pressed", String(on));
  if (!on) draft.focus();
}

/** Write a sign that suggests something, with a space before it where it needs one.
 * @param {string} sign */
function begin(sign) {
  const draft = field();
  const before = draft?.value.slice(0, draft.selectionStart) ?? "";
  insert(/\S$/.test(before) ? ` ${sign}` : sign);
}

/** A suggestion is a reply; a note that was begun stays one. */
function beginToSuggest() {
  void showPreview(false);
  if (!field()?.value.trim()) turnTo("message");
  void suggestReply();
}

/** @param {Then} then */
function submitBy(then) {
  find("#send-more")?.removeAttribute("open");
  submit(then);
  field()?.focus();
}

/** @type {Record<string, (button: HTMLElement) => void>} */
const ACTS = {
  preview: () => void showPreview(find("#preview")?.hidden ?? false).catch(() => showBanner("failed")), // Handled: the reader is told.
  attach: () => find("#files")?.click(),
  slash: () => begin("/"),
  at: () => begin("@"),
  suggest: beginToSuggest,
  "suggest-stop": () => void dropSuggestion(),
  "suggest-insert": () => takeSuggestion(false),
  "suggest-replace": () => takeSuggestion(true),
  theirs: () => drafts.choose("theirs"),
  mine: () => drafts.choose("mine"),
  "send-close": () => submitBy({ close: true }),
  "send-snooze": ({ dataset }) => submitBy({ snooze: dataset.until }),
};

/** @param {MouseEvent} event */
function clicked({ target }) {
  const element = /** @type {HTMLElement} */ (target);
  const button = /** @type {HTMLElement | null} */ (element.closest("[data-write]"));
  if (button) ACTS[button.dataset.write ?? ""]?.(button);
  const option = /** @type {HTMLElement | null} */ (element.closest("#picker > [role=option]"));
  if (option) clickedOption(option);
}

/** @param {DragEvent} event */
function dragged(event) {
  if (!field() || !event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault(); // Or the browser would leave the inbox for the file.
  const isOver = event.type === "dragover" && /** @type {Element} */ (event.target).closest("#thread") !== null;
  composer()?.classList.toggle("is-over", isOver);
  if (event.type === "drop" && /** @type {Element} */ (event.target).closest("#thread")) pickFiles(event.dataTransfer.files);
}

/** @param {ClipboardEvent} event */
function pasted(event) {
  const files = event.clipboardData?.files;
  if (/** @type {Element} */ (event.target).id !== "draft" || !files?.length) return;
  event.preventDefault();
  pickFiles(files);
}

/** As high as its text, where the browser does not do that by itself. */
function fit() {
  const draft = field();
  if (!draft || CSS.supports("field-sizing", "content")) return;
  draft.rows = Math.min(12, draft.value.split("\n").length);
}

document.addEventListener("click", clicked);
document.addEventListener("paste", pasted);
for (const name of ["dragover", "dragleave", "drop"]) document.addEventListener(name, (event) => dragged(/** @type {DragEvent} */ (event)));
document.addEventListener("change", ({ target }) => {
  const input = /** @type {HTMLInputElement} */ (target);
  if (input.id !== "files") return;
  pickFiles(input.files ?? []);
  input.value = "";
});
document.addEventListener("toggle", ({ target }) => /** @type {HTMLDetailsElement} */ (target).id === "emoji" && fillEmoji(), { capture: true });
document.addEventListener("pointerdown", (event) => isPicking() && /** @type {Element} */ (event.target).closest("#picker") && event.preventDefault()); // The field keeps the focus.
document.addEventListener("focusout", ({ target }) => /** @type {Element} */ (target).id === "draft" && close());
document.addEventListener("curbe:draft", () => put(drafts.kept()));
document.addEventListener("visibilitychange", () => !document.hidden && void drafts.refresh());
