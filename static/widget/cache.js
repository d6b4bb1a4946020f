/**
 * What this browser remembers of a person: the latest messages, for the next page to paint before the server answers.
 * One record per company, of whoever was here last; signing out and starting over remove it. Loaded beside the snapshot.
 *
 * @import {Store} from "../realtime/types.js"
 * @import {LogState, State} from "./types.js"
 */

import { byActivity } from "../realtime/reducer.js";
import { cacheKey } from "./browser.js";

const MOST_MESSAGES = 50;
const MOST_CONVERSATIONS = 20;
/** Browsers keep about five million characters per site. */
const MOST_CHARACTERS = 300_000;
/** Of another release, a record is of no use; nor after as long as a proof lives. */
const VERSION = 1;
const LIFE_MS = 7 * 86_400_000;

/** @param {Store} store
 * @param {string} tenantId
 * @param {() => number} [now] ms since the epoch */
export function createCache(store, tenantId, now = Date.now) {
  const key = cacheKey(tenantId);
  /** @type {LogState | null} */
  let kept = null;

  return {
    /** What to paint for this browser and the user whom the page announces, if any: nobody sees what is another's.
     * @param {string} device a fingerprint
     * @param {string | null} user
     * @returns {Pick<State, "log" | "widget" | "availability"> | null} */
    read(device, user) {
      const { v, at, about, ...rest } = parsed(store.get(key));
      const isFresh = v === VERSION && now() - at < LIFE_MS;
      return isFresh && about === aboutOf(device, user) ? /** @type {any} */ (rest) : null;
    },

    /** Remember what is on the screen now. A user whom the page does not announce is not remembered: the next page could
     * not tell that it is them.
     * @param {State} state
     * @param {string} device a fingerprint */
    watch({ phase, log, widget, availability, announced, isPending }, device) {
      if (phase !== "ready" || isPending || log === kept || !device) return;
      kept = log;
      if (!log.contact || (log.contact.type === "user") !== Boolean(announced)) return store.remove(key);
      const text = JSON.stringify({ v: VERSION, at: now(), about: aboutOf(device, announced), log: latest(log), widget, availability });
      if (!store.set(key, text)) store.remove(key);
    },
  };
}

/** @param {string} device
 * @param {string | null} user */
function aboutOf(device, user) {
  return `${device}/${user ?? ""}`;
}

/** @param {string | null} text
 * @returns {Record<string, any>} */
function parsed(text) {
  try {
    return Object(JSON.parse(text ?? "{}"));
  } catch {
    return {}; // Handled: not written by us, so there is nothing to paint.
  }
}

/** The newest messages of the newest conversations, as many as there is room for.
 * @param {LogState} log
 * @returns {LogState} */
function latest(log) {
  const conversations = Object.fromEntries(byActivity(log).slice(0, MOST_CONVERSATIONS).map((one) => [one.id, one]));
  const all = Object.values(log.messages).flat().filter((one) => conversations[one.conversation_id]);
  all.sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
  /** @type {LogState["messages"]} */
  const messages = {};
  let room = MOST_CHARACTERS;
  for (const one of all.slice(0, MOST_MESSAGES)) {
    room -= one.body.length + one.body_html.length;
    if (room < 0) break;
    (messages[one.conversation_id] ??= []).unshift(one);
  }
  return { ...log, held: [], conversations, messages };
}
