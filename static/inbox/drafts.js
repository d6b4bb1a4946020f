/**
 * What was begun: kept on this computer at once, and on the server shortly after, so that it is there in the next browser.
 * The server takes a text only if it was made of the version that it has; of two texts the agent chooses one.
 */
import { api } from "./http.js";
import { fact, find, openConversation } from "./page.js";
import { store } from "./store.js";
import { text } from "./texts.js";
import { field, writing } from "./writing.js";

/** @import {Draft} from "./writing.js" */

/** `version`: of the server's draft that it was made of; `isDirty`: the server does not have it yet. An empty one that is
 * not dirty and has a version: that draft goes with a message which is on its way.
 * @typedef {{body: string, as: "message" | "note", version: number, isDirty: boolean}} Kept */

const DRAFTS = "curbe_inbox_draft:";
const REST_MS = 700;
/** @type {Kept} */
const NOTHING = { body: "", as: "message", version: 0, isDirty: false };
/** Saves follow each other. @type {Promise<void>} */
let saving = Promise.resolve();
/** What the server has instead, while the agent has not chosen. @type {Draft | null} */
let other = null;
/** @type {number | undefined} */
let timer;

/** @param {string} [conversation] */
export function draftKey(conversation = openConversation()) {
  return `${DRAFTS}${fact("agent")}:${conversation}`;
}

/** What this computer has of a conversation.
 * @param {string} [conversation]
 * @returns {Kept} */
export function kept(conversation) {
  const stored = store.get(draftKey(conversation));
  return stored ? { ...NOTHING, ...JSON.parse(stored) } : NOTHING;
}

/** A thread was opened: what to begin with.
 * @returns {Kept} */
export function begin() {
  show(null);
  const local = kept();
  const theirs = writing().draft;
  if (isOnItsWay(local) && theirs?.version === local.version) return local;
  if (!local.isDirty || local.body === theirs?.text) return adopt(theirs);
  if (theirs && theirs.version !== local.version) show(theirs);
  else if (!theirs) keep({ ...local, version: 0 });
  schedule();
  return kept();
}

/** The text or its kind is another one.
 * @param {string} body
 * @param {"message" | "note"} as */
export function change(body, as) {
  const before = kept();
  if (before.body === body && (before.as === as || !body)) return;
  keep({ body, as, version: before.version, isDirty: true });
  say("");
  schedule();
}

/** It is sent: nothing is begun here any more. The server forgets its draft with the message that is made of it; until
 * then what is written next takes that draft's place.
 * @returns {number} the version that it was made of */
export function send() {
  const { version } = kept();
  clearTimeout(timer);
  show(null);
  keep({ ...NOTHING, version });
  say("");
  const conversation = openConversation();
  // A save on its way would bring it back.
  saving = saving.then(() => forget(conversation));
  return version;
}

/** The message that a draft went with is stored, or was given up: nothing is made of that draft any more.
 * @param {string} conversation
 * @param {number | undefined} version */
export function settle(conversation, version) {
  const now = kept(conversation);
  if (version && now.version === version) keep({ ...now, version: 0 }, conversation);
}

/** The connection is back: what could not be saved without it is saved now. */
export function resume() {
  if (openConversation() && field() && kept().isDirty) schedule();
}

/** Somebody looks at the page again: another browser may have gone on. What was begun here stays. */
export async function refresh() {
  const conversation = openConversation();
  if (!conversation || kept().isDirty || other || !field()) return;
  const answer = await api("GET", `conversations/${conversation}/draft`).catch(() => null); // Handled: asked again at the next look.
  if (answer && conversation === openConversation() && !kept().isDirty && (answer.draft?.version ?? 0) !== kept().version) {
    adopt(answer.draft);
    document.dispatchEvent(new CustomEvent("curbe:draft"));
  }
}

/** The agent chose between two texts.
 * @param {"mine" | "theirs"} which */
export function choose(which) {
  const theirs = other;
  show(null);
  if (!theirs) return;
  if (which === "theirs") adopt(theirs);
  else keep({ ...kept(), version: theirs.version, isDirty: true });
  schedule();
  document.dispatchEvent(new CustomEvent("curbe:draft"));
}

/** Signing out: no draft stays behind on this computer. */
export function wipe() {
  clearTimeout(timer);
  for (const key of store.keys(DRAFTS)) store.remove(key);
}

/** @param {Kept} draft */
function isOnItsWay({ body, isDirty, version }) {
  return !body && !isDirty && version > 0;
}

/** @param {Draft | null} draft
 * @returns {Kept} */
function adopt(draft) {
  if (draft) keep({ body: draft.text, as: draft.kind, version: draft.version, isDirty: false });
  else store.remove(draftKey());
  return kept();
}

/** @param {Kept} draft
 * @param {string} [conversation] */
function keep(draft, conversation) {
  if (draft.body || draft.version) store.set(draftKey(conversation), JSON.stringify(draft));
  else store.remove(draftKey(conversation));
}

function schedule() {
  const conversation = openConversation();
  clearTimeout(timer);
  timer = window.setTimeout(() => (saving = saving.then(() => save(conversation))), REST_MS);
}

/** @param {string} conversation */
async function save(conversation) {
  const { body, as, version, isDirty } = kept(conversation);
  if (!isDirty || other) return;
  try {
    const { draft } = await api("PUT", `conversations/${conversation}/draft`, { text: body, kind: as, version });
    const now = kept(conversation);
    const isBehind = now.body !== body || now.as !== as;
    keep({ ...now, version: draft?.version ?? 0, isDirty: isBehind }, conversation);
    if (!isBehind && conversation === openConversation()) say(draft ? text("draft_saved") : "");
  } catch (error) {
    refused(conversation, body, /** @type {import("./http.js").Refused} */ (error));
  }
}

/** Handled: another text is there, or none any more; whatever else it was, the next key tries again.
 * @param {string} conversation
 * @param {string} body
 * @param {import("./http.js").Refused} error */
function refused(conversation, body, { code, body: answer }) {
  if (code !== "draft_changed") return;
  /** @type {Draft | null} */
  const theirs = answer.draft;
  const isSame = theirs !== null && theirs.text === body;
  keep({ ...kept(conversation), version: theirs?.version ?? 0, isDirty: !isSame }, conversation);
  if (conversation !== openConversation() || isSame) return;
  if (theirs) show(theirs);
  else schedule();
}

/** After a save that was on its way when the message was sent.
 * @param {string} conversation */
async function forget(conversation) {
  const left = kept(conversation);
  if (left.body || !left.isDirty) return;
  store.remove(draftKey(conversation));
  await api("PUT", `conversations/${conversation}/draft`, { text: "", version: left.version }).catch(() => null); // Handled: it went with the message.
}

/** @param {Draft | null} draft what there is in another place */
function show(draft) {
  other = draft;
  const bar = find("#draft-conflict");
  if (!bar) return;
  bar.hidden = draft === null;
  const quote = find("q", bar);
  if (quote) quote.textContent = (draft?.text ?? "").slice(0, 200);
}

/** @param {string} state */
function say(state) {
  const label = find("#draft-state");
  if (label) label.textContent = state;
}
