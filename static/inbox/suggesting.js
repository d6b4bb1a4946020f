/**
 * "Suggest a reply": what the assistant would say to the visitor, for the agent to check, to change and to send. It goes
 * into an empty field by itself; into any other only where the agent puts it. Nothing is sent from here.
 */
import { api } from "./http.js";
import { fact, find, make, openConversation } from "./page.js";
import { keepPlace } from "./thread.js";
import { text } from "./texts.js";
import { field, ofConversation, put } from "./writing.js";

/** @typedef {{slug: string, locale: string, title: string}} Source */
/** @typedef {{body: string | null, reason: string | null, sources: Source[], confidence: number}} Suggestion */

/** The assistant may think for so long, and something to spare. */
const PATIENCE_MS = 30_000;
/** Why one asks no further, when it was not the agent's wish. */
const LATE = "late";
/** What is asked for at the moment, or null. @type {AbortController | null} */
let asking = null;
/** @type {Suggestion | null} */
let suggestion = null;

/** Ask for a suggestion; asked again meanwhile, it changes nothing. */
export async function suggestReply() {
  const box = panel();
  if (!box || asking) return;
  const mine = (asking = new AbortController());
  show(text("suggesting"), [button("suggest-stop", text("edit_cancel"))], true);
  const late = window.setTimeout(() => mine.abort(LATE), PATIENCE_MS);
  const made = await api("POST", ofConversation("suggestion"), undefined, mine.signal).catch((refused) => refused);
  clearTimeout(late);
  if (mine.signal.aborted && mine.signal.reason !== LATE) return;
  asking = null;
  if (made instanceof Error) failed(/** @type {import("./http.js").Refused} */ (made));
  else answered(made);
}

/** Take it away, or ask no further; whether there was anything.
 * @returns {boolean} */
export function dropSuggestion() {
  const box = panel();
  asking?.abort();
  asking = suggestion = null;
  if (!box || box.hidden) return false;
  const hadFocus = box.contains(document.activeElement);
  keepPlace(() => (box.hidden = true));
  if (hadFocus) field()?.focus();
  return true;
}

/** Put it where the cursor is, or over everything: the browser's undo brings back what was there.
 * @param {boolean} isWhole */
export function takeSuggestion(isWhole) {
  const draft = field();
  if (!draft || !suggestion?.body) return;
  draft.focus();
  if (isWhole) draft.select();
  put(suggestion.body);
  show(text("suggested"), [closing()]);
}

/** @param {Suggestion} made */
function answered(made) {
  suggestion = made;
  if (!made.body) return show(text(made.reason === "requested" ? "suggest_person" : "suggest_nothing"), [closing()]);
  if (!isFree()) return show(text("suggest_kept"), [button("suggest-insert", text("suggest_insert")), button("suggest-replace", text("suggest_replace")), closing()]);
  put(made.body);
  show(text("suggested"), [closing()]);
}

/** Handled: the agent is told, and writes by themself.
 * @param {import("./http.js").Refused} refused */
function failed({ status, retryAfter }) {
  const sentence = status === 429 ? text("suggest_often", { n: retryAfter ?? 60 }) : text(status === 503 ? "suggest_failed" : "failed");
  show(sentence, [button("suggest", text("retry")), closing()]);
}

/** Whether nothing is written, and nobody is elsewhere: then the text may take the field and the focus. */
function isFree() {
  const at = document.activeElement;
  const isHere = !at || at === document.body || find("#thread")?.contains(at) || at.closest(".row") !== null;
  return field()?.value.trim() === "" && isHere;
}

/** @param {string} sentence
 * @param {HTMLElement[]} deeds
 * @param {boolean} [isBusy] */
function show(sentence, deeds, isBusy = false) {
  if (isBusy) suggestion = null;
  keepPlace(() => fill(sentence, deeds, isBusy));
}

/** @param {string} sentence
 * @param {HTMLElement[]} deeds
 * @param {boolean} isBusy */
function fill(sentence, deeds, isBusy) {
  const box = panel();
  if (!box) return;
  const hadFocus = box.contains(document.activeElement);
  box.hidden = false;
  box.toggleAttribute("aria-busy", isBusy);
  find("[role=status]", box)?.replaceChildren(sentence);
  const quote = /** @type {HTMLElement} */ (find("blockquote", box));
  const isOffered = deeds.some((one) => one.dataset.write === "suggest-insert");
  quote.hidden = !isOffered;
  quote.textContent = isOffered ? (suggestion?.body ?? "") : "";
  find(".deeds", box)?.replaceChildren(...deeds);
  cite(box);
  if (hadFocus && !box.contains(document.activeElement)) deeds[0]?.focus();
}

/** What it rests on, to be read before it is sent.
 * @param {HTMLElement} box */
function cite(box) {
  const { sources = [], confidence = 0 } = suggestion?.body ? suggestion : {};
  find(".sources", box)?.replaceChildren(...sources.map(source));
  const sure = find(".sure", box);
  if (sure) sure.textContent = suggestion?.body ? text("sure", { share: Math.round(confidence * 100) }) : "";
}

/** @param {Source} cited */
function source({ slug, locale, title }) {
  const line = make("li", "");
  const link = /** @type {HTMLAnchorElement} */ (make("a", ""));
  const name = make("span", "", title);
  name.lang = locale;
  Object.assign(link, { href: `${fact("base")}articles/${locale}/${slug}/`, target: "_blank", rel: "noopener" });
  link.append(name);
  line.append(link);
  return line;
}

function closing() {
  return button("suggest-stop", text("suggest_close"));
}

/** @param {string} deed
 * @param {string} label */
function button(deed, label) {
  const element = /** @type {HTMLButtonElement} */ (make("button", "button", label));
  element.type = "button";
  element.dataset.write = deed;
  return element;
}

function panel() {
  return openConversation() ? find("#suggestion") : null;
}
