/**
 * The agent's tabs in this browser: what was read in one is read in all, signing out ends all, and one of them says that
 * somebody has written.
 */
import { createTabs } from "../realtime/tabs.js";
import { alone, clock } from "../widget/browser.js";
import { showBanner } from "./banner.js";
import { fact, find, isLookedAt, make } from "./page.js";
import { store } from "./store.js";
import { text } from "./texts.js";

/** How far this agent has read a conversation, and how many messages are unread after that.
 * @typedef {{c: string, last_read_seq: number, unread: number}} Read */
/** @typedef {{id: string, conversation_id: string, body: string, author: {kind: string, name: string}}} Said */

/** @type {import("../realtime/tabs.js").Tabs | null} */
let tabs = null;

/** Join the other tabs of this agent.
 * @param {(read: Read) => void} hearRead */
export function startTabs(hearRead) {
  const name = `curbe:inbox:${fact("agent")}`;
  const hear = (/** @type {any} */ message) => (message.t === "read" ? hearRead(message) : showBanner("signed_out"));
  tabs = createTabs({ name, hear, open: (channel) => new BroadcastChannel(channel), alone, store, clock });
}

/** @param {Read} read */
export function tellRead(read) {
  tabs?.say({ t: "read", ...read });
}

/** This browser's agent signs out. */
export function tellGone() {
  tabs?.say({ t: "gone" });
}

/** A visitor has written: said aloud in one tab, unless somebody looks at it, or it is a colleague's to answer.
 * @param {Said} message
 * @param {{id: string} | null} assignee */
export function arrived({ id, conversation_id, body, author }, assignee) {
  if (author.kind !== "contact" || (assignee && assignee.id !== fact("agent"))) return;
  if (isLookedAt(conversation_id)) return void tabs?.hush(id);
  tabs?.ring(id, () => announce(text("said", { name: author.name, text: body.slice(0, 200) })));
}

/** Say it to those who do not see it.
 * @param {string} sentence */
export function announce(sentence) {
  find("#announcer")?.replaceChildren(make("p", "", sentence));
}
