/**
 * Who is there, who types and who looks at what, as far as one was told; all of it is forgotten in time.
 */
import { stillTyping, withTyping, withoutTypist } from "../realtime/typing.js";
import { isAnswering, showAnswers } from "./answering.js";
import { fact, find, findAll, make, openConversation } from "./page.js";
import { keepPlace } from "./thread.js";
import { text } from "./texts.js";

/** @import {Typist} from "../realtime/types.d.ts" */

/** @typedef {Typist & {what?: string}} Writer what: "message" or "note", of an agent */

/** @type {Map<string, Writer[]>} */
const typists = new Map();
/** Colleagues and the conversation that each has open.
 * @type {Map<string, {conversation: string, name: string, until: number}>} */
const viewers = new Map();
/** Visitors who were there not long ago, and until when that counts.
 * @type {Map<string, {status: "online" | "away", until: number}>} */
const present = new Map();
/** @type {number | undefined} */
let timer;

/**
 * An ephemeral frame of kind `typing`, `viewing` or `presence`.
 * @typedef {object} Frame
 * @property {string} k
 * @property {string | null} c
 * @property {{kind: string, id: string, name: string}} by
 * @property {boolean} on
 * @property {number} ttl seconds
 * @property {string} [kind] of what is typed
 * @property {"online" | "away"} [status]
 */

/** @param {Frame} frame */
export function hear(frame) {
  if (frame.by.id === fact("agent")) return;
  if (frame.k === "presence" && frame.by.kind === "contact") hearPresence(frame);
  if (frame.k === "typing" && frame.c) hearTyping(frame.c, frame);
  if (frame.k === "viewing") hearViewing(frame);
  showPresence();
}

/** Their message is here, so they do not type it any more.
 * @param {string} conversation
 * @param {{kind: string, id: string | null}} by */
export function hasSaid(conversation, by) {
  typists.set(conversation, withoutTypist(typists.get(conversation) ?? [], by));
  showPresence();
}

/** The visitor has this name now, perhaps because a guest turned out to be somebody.
 * @param {{id: string, display_name: string}} contact */
export function isNamed({ id, display_name }) {
  for (const all of typists.values()) for (const one of all) if (one.id === id) one.name = display_name;
  showPresence();
}

/** Nobody has this id any more: the guest was merged into a user, under whose id they type from now on.
 * @param {string} id */
export function hasGone(id) {
  present.delete(id);
  for (const [conversation, all] of typists) typists.set(conversation, withoutTypist(all, { kind: "contact", id }));
  showPresence();
}

/** Write who is there, types and looks into the rows and the thread; called again when those were rendered anew. */
export function showPresence() {
  forgetOld();
  for (const element of findAll("[data-typing]")) showOnRow(element, element.dataset.typing ?? "");
  for (const element of findAll("[data-contact-presence]")) showThere(element, present.get(element.dataset.contactPresence ?? "")?.status);
  for (const element of findAll("[data-present]")) showColleagues(element, element.dataset.present ?? "");
  showInThread();
  showAnswers();
  clearTimeout(timer);
  const isAwaited = findAll("[data-answering]").some((one) => !one.hidden);
  if (isAwaited || typists.size || viewers.size || present.size) timer = window.setTimeout(showPresence, 1000);
}

/** @param {Frame} frame */
function hearPresence({ by, status = "away", ttl }) {
  present.set(by.id, { status, until: Date.now() + ttl * 1000 });
}

/** @param {string} conversation
 * @param {Frame} frame */
function hearTyping(conversation, frame) {
  /** @type {Writer[]} */
  const now = withTyping(typists.get(conversation) ?? [], frame, Date.now());
  typists.set(conversation, now.map((one) => (one.id === frame.by.id ? { ...one, what: frame.kind } : one)));
}

/** @param {Frame} frame */
function hearViewing({ c, by, ttl }) {
  if (c) viewers.set(by.id, { conversation: c, name: by.name, until: Date.now() + ttl * 1000 });
  else viewers.delete(by.id);
}

function forgetOld() {
  const now = Date.now();
  for (const [conversation, all] of typists) {
    const still = stillTyping(all, now);
    if (still.length) typists.set(conversation, still);
    else typists.delete(conversation);
  }
  for (const those of [viewers, present]) for (const [id, one] of those) if (one.until <= now) those.delete(id);
}

/** A dot, and what it means; nothing of somebody who was not heard of for 90 s.
 * @param {HTMLElement} element
 * @param {"online" | "away" | undefined} status */
function showThere(element, status) {
  element.hidden = !status;
  if (element.dataset.status === (status ?? "")) return;
  element.dataset.status = status ?? "";
  element.title = status ? text(status) : "";
  element.replaceChildren(make("span", element.matches(".told") ? "" : "unseen", element.title));
}

/** @param {string} conversation */
function writersIn(conversation) {
  return typists.get(conversation) ?? [];
}

/** The visitor's typing stands in for the preview, or that the assistant answers.
 * @param {HTMLElement} label
 * @param {string} conversation */
function showOnRow(label, conversation) {
  const isTyping = writersIn(conversation).some((one) => one.kind === "contact");
  const isAnswered = !isTyping && isAnswering(conversation);
  label.hidden = !isTyping;
  const answering = /** @type {HTMLElement | null} */ (label.nextElementSibling);
  const preview = /** @type {HTMLElement | null} */ (label.previousElementSibling);
  if (answering) answering.hidden = !isAnswered;
  if (preview) preview.hidden = isTyping || isAnswered;
}

/** @param {HTMLElement} element
 * @param {string} conversation */
function showColleagues(element, conversation) {
  const writer = writersIn(conversation).find((one) => one.kind === "agent");
  const viewer = [...viewers.values()].find((one) => one.conversation === conversation);
  const label = writer
    ? text(writer.what === "note" ? "typing_note" : "typing_reply", { name: writer.name })
    : viewer && text("viewing", { name: viewer.name });
  element.hidden = !label;
  if (element.textContent !== (label ?? "")) element.textContent = label ?? "";
}

function showInThread() {
  const dots = find("#typing");
  if (!dots) return;
  const who = find("[data-who]", dots);
  const visitor = writersIn(openConversation()).find((one) => one.kind === "contact");
  const label = visitor ? text("typing", { name: visitor.name }) : "";
  if (dots.hidden === !visitor && who?.textContent === label) return;
  keepPlace(() => {
    dots.hidden = !visitor;
    if (who) who.textContent = label;
  });
}
