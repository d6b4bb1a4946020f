/**
 * Answers of the assistant while they come in: shown as they grow, kept nowhere, and void as soon as anybody has spoken.
 * What is shown is text; the message that takes its place is the only markup.
 */
import { find, findAll, openConversation } from "./page.js";
import { isOpenEnded, keepPlace } from "./thread.js";

/** `isOn`: more of it comes; `until`: ms since the epoch, from when on it is not believed any more.
 * @typedef {{turn: string, n: number, text: string, isOn: boolean, until: number}} Coming */

/**
 * An ephemeral frame of kind `assistant.delta`: all of the answer so far, or that there will be no more of it.
 * @typedef {object} Delta
 * @property {string} c
 * @property {string} turn
 * @property {number} n grows within a turn, and begins at 1 again when the turn does
 * @property {string} text empty while it thinks
 * @property {boolean} on
 * @property {number} ttl seconds
 */

/** An answer of which no more comes stands so long for the message that takes its place. */
const LINGER_MS = 3000;
const FORGET_MS = 60_000;
/** By conversation.
 * @type {Map<string, Coming>} */
const coming = new Map();
/** The agent types a reply, for which the assistant waits. */
let isWriting = false;
/** @type {number | undefined} */
let timer;

/** @param {Delta} delta */
export function hearAnswer({ c, turn, n, text, on, ttl }) {
  forgetOld();
  const before = coming.get(c);
  const isAnew = on && n === 1 && !text;
  if (before?.turn === turn && n <= before.n && !isAnew) return;
  const shown = on ? text : before?.turn === turn ? before.text : "";
  const lives = on ? ttl * 1000 : LINGER_MS;
  coming.set(c, { turn, n, text: shown, isOn: on, until: Date.now() + lives });
}

/** Somebody has spoken, or the assistant gave it to people: what was coming in is void. Where it became a message, it
 * stands until that is on the screen.
 * @param {{conversation_id: string, client_message_id: string | null, kind: string, author: {kind: string}, event: {name: string} | null}} message */
export function endAnswer({ conversation_id, client_message_id, kind, author, event }) {
  const isSpoken = kind === "message" && author.kind !== "contact";
  const now = coming.get(conversation_id);
  if (!now || !(isSpoken || event?.name === "handed_off")) return;
  const lives = client_message_id === now.turn ? LINGER_MS : 0;
  coming.set(conversation_id, { ...now, n: Infinity, isOn: false, until: Date.now() + lives });
}

/** Whether the assistant answers there at the moment.
 * @param {string} conversation */
export function isAnswering(conversation) {
  const one = coming.get(conversation);
  return one !== undefined && one.isOn && one.until > Date.now();
}

/** The agent types a reply in the open thread, or has stopped.
 * @param {boolean} on */
export function writesReply(on) {
  isWriting = on;
  showAnswers();
}

/** Show in the open thread what comes in, or that it waits for the agent; called again when the thread was rendered. */
export function showAnswers() {
  const bubble = find("#answering");
  const hint = find("#assistant-waits");
  if (!bubble || !hint) return;
  const one = comingHere();
  keepPlace(() => {
    bubble.hidden = !one;
    hint.hidden = !isWaiting();
    grow(bubble, one?.text ?? "");
  });
  clearTimeout(timer);
  if (one) timer = window.setTimeout(showAnswers, Math.max(50, one.until - Date.now()));
}

/** What nobody has spoken of for a while; frames of it come no more. */
function forgetOld() {
  const now = Date.now();
  for (const [conversation, one] of coming) if (one.until < now - FORGET_MS) coming.delete(conversation);
}

/** What the open thread shows of an answer; nothing where the end of the thread is not on the screen, and nothing of one
 * that waits: it begins again. */
function comingHere() {
  const one = coming.get(openConversation());
  const isDue = one && one.until > Date.now() && (one.isOn || one.text);
  return isDue && !isOpenEnded() && !isWaiting() && !find(`#parts > [data-key="${one.turn}"]`) ? one : undefined;
}

/** Whether the assistant would answer what the visitor said last, and the agent is about to. */
function isWaiting() {
  const answers = find("#thread-head")?.dataset.assistant !== undefined;
  return isWriting && answers && (findAll("#parts > .part.message").at(-1)?.matches(".from-contact") ?? false);
}

/** Only what is new is added, so that a selection in what was there stays.
 * @param {HTMLElement} bubble
 * @param {string} text */
function grow(bubble, text) {
  const shown = /** @type {HTMLElement} */ (find("[data-text]", bubble));
  const old = shown.textContent ?? "";
  const dots = find(".dots", bubble);
  if (dots) dots.hidden = text !== "";
  if (text === old) return;
  const last = shown.lastChild;
  if (last instanceof Text && text.startsWith(old)) last.appendData(text.slice(old.length));
  else shown.textContent = text;
}
