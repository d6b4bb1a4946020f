/**
 * The agent's tabs in this browser: what was read in one is read in all, signing out ends all, and one of them says that
 * somebody has written.
 */
import { createTabs } from "../realtime/tabs.js";
import { alone, clock } from "../widget/browser.js";
import { showBanner } from "./banner.js";
import { notify } from "./notify.js";
import { fact, find, isLookedAt, make } from "./page.js";
import { store } from "./store.js";
import { text } from "./texts.js";
import { preferences } from "./writing.js";

/** How far this agent has read a conversation, and how many messages are unread after that; `back`: from there on they
 * marked it as unread.
 * @typedef {{c: string, last_read_seq: number, unread: number, back?: boolean}} Read */
/** @typedef {{id: string, conversation_id: string, body: string, author: {kind: string, name: string}, mentions?: string[], event: {name: string, summary?: string} | null}} Said */
/** @typedef {{assignee: {id: string} | null, contact: {display_name: string}, assistant_answers: boolean, muted: boolean}} About */
/** Whom it is about, what they said, and both in one sentence.
 * @typedef {{title: string, body: string, sentence: string}} Telling */

/** @type {import("../realtime/tabs.js").Tabs | null} */
let tabs = null;

/** Join the other tabs of this agent.
 * @param {(read: Read) => void} hearRead
 * @param {(conversation: string) => void} hearMuted */
export function startTabs(hearRead, hearMuted) {
  const name = `curbe:inbox:${fact("agent")}`;
  const hear = (/** @type {any} */ message) => {
    if (message.t === "read") hearRead(message);
    else if (message.t === "muted") hearMuted(message.c);
    else showBanner("signed_out");
  };
  tabs = createTabs({ name, hear, open: (channel) => new BroadcastChannel(channel), alone, store, clock });
}

/** @param {Read} read */
export function tellRead(read) {
  tabs?.say({ t: "read", ...read });
}

/** The agent has muted a conversation, or wants to be told of it again.
 * @param {string} conversation */
export function tellMuted(conversation) {
  tabs?.say({ t: "muted", c: conversation });
}

/** This browser's agent signs out. */
export function tellGone() {
  tabs?.say({ t: "gone" });
}

/** Somebody has written, or the assistant gave a conversation to people: told in one tab, unless somebody looks at it, or
 * it is nothing that the agent wants to be told of.
 * @param {Said} message
 * @param {About} conversation */
export function arrived(message, conversation) {
  const { id, conversation_id } = message;
  const telling = tellingOf(message, conversation);
  if (!telling) return;
  if (isLookedAt(conversation_id)) return void tabs?.hush(id);
  tabs?.ring(id, () => {
    announce(telling.sentence);
    notify(conversation_id, telling.title, telling.body);
  });
}

/** What the assistant is about to answer is nobody else's to be told of: should it not answer, it hands over.
 * @param {Said} message
 * @param {About} conversation
 * @returns {Telling | null} */
function tellingOf({ author, body, mentions = [], event }, conversation) {
  if (event?.name === "handed_off") return isWanted(conversation) ? handedOver(event.summary ?? "", conversation) : null;
  const isNaming = preferences().mentions && mentions.includes(fact("agent"));
  const isAsking = author.kind === "contact" && !conversation.assistant_answers && isWanted(conversation);
  if (!isNaming && !isAsking) return null;
  const said = body.slice(0, 200);
  return { title: author.name, body: said, sentence: text(isAsking ? "said" : "mentioned", { name: author.name, text: said }) };
}

/** The first line of a summary says why it was, and the others what it is about.
 * @param {string} summary
 * @param {About} conversation
 * @returns {Telling} */
function handedOver(summary, { contact: { display_name: title } }) {
  const body = [text("handed_over"), ...summary.split("\n").slice(1)].join("\n").slice(0, 200);
  return { title, body, sentence: `${title}: ${body}` };
}

/** @param {About} conversation */
function isWanted({ assignee, muted }) {
  if (muted) return false;
  const { ring } = preferences();
  const isMine = assignee?.id === fact("agent");
  return ring === "all" || (ring !== "none" && isMine) || (ring === "mine_and_unassigned" && !assignee);
}

/** Say it to those who do not see it.
 * @param {string} sentence */
export function announce(sentence) {
  find("#announcer")?.replaceChildren(make("p", "", sentence));
}
