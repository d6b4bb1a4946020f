/**
 * Where the visitor is and what follows from it: pure functions from state to state. The view renders the state and
 * decides nothing.
 *
 * @import {Conversation, Identity, Init, LogState, Snapshot, Space, State} from "./types.js"
 */

import { byActivity, EMPTY, fromSnapshot } from "../realtime/reducer.js";

/** Get-or-open: the thread of somebody who has no open conversation yet. */
export const OPEN = "open";
const NEW = "new:";

/** @type {State} */
export const INITIAL = {
  phase: "starting",
  connection: "idle",
  isOffline: false,
  isPaused: false,
  isOpen: false,
  hasChosen: false,
  space: "home",
  thread: null,
  article: null,
  arrival: 0,
  prefill: null,
  saying: [],
  wish: {},
  log: EMPTY,
  entries: [],
  typing: {},
  loading: {},
  widget: null,
  availability: { online: false, reply_time: null, back_at: null },
  isExcused: false,
  problem: null,
  limit: 20_000,
  announced: null,
  isPending: false,
};

/** Settings that are no trait of anybody. */
const LOOKS = new Set(
  `app_id widget_id api_base language_override alignment horizontal_padding vertical_padding z_index
  hide_default_launcher custom_launcher_selector action_color background_color theme_mode`.split(/\s+/),
);
const MOST_ATTRIBUTES = 50;

/** The thread of an explicit "New conversation", until the server knows it.
 * @param {string} uuid becomes the client_conversation_id */
export function newThread(uuid) {
  return NEW + uuid;
}

/** @param {string} thread
 * @returns {string | null} */
export function clientConversationId(thread) {
  return thread.startsWith(NEW) ? thread.slice(NEW.length) : null;
}

/** Whether the server knows the thread by this name.
 * @param {string | null} thread
 * @returns {thread is string} */
export function isStored(thread) {
  return thread !== null && thread !== OPEN && !thread.startsWith(NEW);
}

/** @param {State} state
 * @returns {Identity} */
export function identityOf(state) {
  if (state.phase === "ended") return "shutdown";
  if (state.phase !== "ready") return "none";
  return state.log.contact?.type ?? "device";
}

/** What is left of the settings when nobody is spoken of.
 * @param {Record<string, any>} settings
 * @returns {Record<string, any>} */
export function looksOf(settings) {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => LOOKS.has(name)));
}

/** Whom the settings announce, and by what. Nobody has verified it here: it only tells one person from another.
 * @param {Record<string, any>} settings
 * @returns {{user: string, proof: string}} both empty when nobody is announced */
export function announcedBy({ user_id, user_hash, user_jwt, intercom_user_jwt }) {
  const token = user_jwt || intercom_user_jwt;
  return { user: String(subjectOf(token) ?? user_id ?? "") || (token ? "?" : ""), proof: token || user_hash || "" };
}

/** @param {string} token a JWT */
function subjectOf(token) {
  try {
    const claims = JSON.parse(atob((token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/")));
    return claims.user_id ?? claims.sub;
  } catch {
    return undefined; // Handled: no token, or one that cannot be read, which the server will say.
  }
}

/** What bootstrap is told of the person: the page's proof and, unverified, what else it says. Nothing is said by empty
 * values, nor of somebody of whom only attributes are known.
 * @param {Record<string, any>} settings
 * @returns {Record<string, any> | undefined} */
export function identityFrom(settings) {
  const given = Object.entries(settings).filter(([name, value]) => !LOOKS.has(name) && value !== null && value !== "");
  const { user_id, user_hash, user_jwt, intercom_user_jwt, email, name, phone, ...rest } = Object.fromEntries(given);
  const token = user_jwt ?? intercom_user_jwt;
  if ([token, user_id, email, name, phone].every((value) => value === undefined)) return undefined;
  return { token, user_id, user_hash, email, name, phone, attributes: attributesFrom(rest) };
}

/** Attributes are plain: of a company, its id and its name.
 * @param {Record<string, any>} given */
function attributesFrom({ company, ...rest }) {
  const { name, id, company_id = id } = Object(company);
  const flat = Object.entries({ company: name, company_id, ...rest });
  return Object.fromEntries(flat.filter(([, value]) => /string|number|boolean/.test(typeof value)).slice(0, MOST_ATTRIBUTES));
}

/** What bootstrap is told: this browser, this page and, when it is news, who the page says is here.
 * @param {string} widgetId
 * @param {Init} init
 * @param {object} [identity] */
export function introduction(widgetId, { device_id, page, language }, identity) {
  return { widget_id: widgetId, device_id, page, locale: language, identity };
}

/** In whose name something is written now: a contact's id, `user:<id>` of somebody whose proof is still awaited, or null
 * for a guest of whom nothing is stored yet.
 * @param {State} state
 * @returns {string | null} */
export function authorOf({ phase, announced, isPending, log }) {
  return announced && (isPending || phase === "refused") ? `user:${announced}` : (log.contact?.id ?? null);
}

/** Whether this session may say, read or begin anything: never as a guest while a user is announced.
 * @param {State} state */
export function mayPost({ phase, isPending }) {
  return phase === "ready" && !isPending;
}

/** What the panel shows. Somebody whose proof is awaited goes on writing where they were, and what is remembered of the
 * last time is there until the server answers.
 * @param {State} state
 * @returns {"starting" | "gone" | Space} */
export function screenOf({ phase, isPending, space, log }) {
  if (phase === "ready" || (isPending && space === "conversation")) return space;
  if (log.contact && (phase === "starting" || phase === "unavailable")) return space;
  return phase === "unavailable" || phase === "refused" ? "gone" : "starting";
}

/** The one trouble that the visitor is told of, besides those that they can do something about.
 * @param {State} state
 * @returns {"paused" | "offline" | "pending" | "connecting" | "polling" | null} */
export function weatherOf({ connection, isOffline, isPaused, isPending, problem }) {
  if (isPaused) return "paused";
  if (isOffline) return "offline";
  if (problem?.retry === "boot" || connection === "recovering") return "connecting";
  if (isPending) return "pending";
  return connection === "polling" ? connection : null;
}

/** Whether the contact is the one that was here before, or whom that one was merged into.
 * @param {State} state
 * @param {Pick<Snapshot, "contact" | "merged_from">} snapshot */
export function isSamePerson({ log }, { contact, merged_from }) {
  return !log.contact || log.contact.id === contact?.id || merged_from.includes(log.contact.id);
}

/** Somebody else from here on: nothing of the one who was here stays.
 * @param {State} state
 * @returns {State} */
export function vacated({ isOpen, isOffline, widget, availability, limit, announced, isPending, arrival }) {
  return { ...INITIAL, isOpen, isOffline, widget, availability, limit, announced, isPending, arrival };
}

/** A snapshot is the truth (rule 9), wherever the visitor happens to be.
 * @param {State} state
 * @param {Snapshot} snapshot
 * @returns {State} */
export function booted(state, snapshot) {
  const { widget, availability, limits } = snapshot;
  const next = {
    ...(isSamePerson(state, snapshot) ? state : vacated(state)),
    phase: /** @type {const} */ ("ready"),
    log: fromSnapshot(snapshot),
    widget,
    availability,
    limit: limits?.message_characters ?? state.limit,
    problem: null,
    isPending: false,
  };
  if (next.thread === OPEN) next.thread = toContinue(next);
  return state.isOpen ? opened(next, state.wish) : next;
}

/** What this browser remembers of the last time, until the snapshot replaces it.
 * @param {State} state
 * @param {Pick<State, "log" | "widget" | "availability">} kept
 * @returns {State} */
export function recalled(state, kept) {
  if (state.phase !== "starting" || state.log.contact) return state;
  const next = { ...state, ...kept };
  return state.isOpen ? opened(next, state.wish) : next;
}

/** Whether a guest is asked who they are before their first message.
 * @param {State} state */
export function asksFirst({ phase, widget, log, announced, isExcused }) {
  if (!widget?.prechat.enabled || isExcused || announced || phase !== "ready") return false;
  const isKnown = log.contact && log.contact.type !== "anonymous";
  return !isKnown && !Object.values(log.conversations).some((one) => one.last_message);
}

/** The panel opens: where the page wishes, else where the visitor was, else where their conversations are. Before the
 * first snapshot nobody knows, so the wish waits for it.
 * @param {State} state
 * @param {State["wish"]} [wish]
 * @returns {State} */
export function opened(state, wish = {}) {
  const isReady = state.phase === "ready";
  const next = { ...state, isOpen: true, wish: isReady ? {} : state.wish };
  if (!isReady && (!state.log.contact || wish.space)) return { ...next, wish: wish.space ? wish : state.wish };
  if (wish.space === "new") return { ...went(next, "conversation", toContinue(state)), prefill: wish.text || null };
  if (wish.space === "conversation" && wish.conversation) return went(next, "conversation", wish.conversation);
  if (wish.space === "article" && wish.article) return went(next, "article", null, wish.article);
  if (wish.space === "messages" || wish.space === "home" || (wish.space === "help" && hasHelp(state))) return went(next, wish.space);
  return chosen(next);
}

/** @param {State} state
 * @returns {State} */
export function closed(state) {
  return { ...state, isOpen: false };
}

/** @param {State} state
 * @param {Space} space
 * @param {string | null} [thread]
 * @param {string | null} [article] its slug
 * @returns {State} */
export function went(state, space, thread = null, article = null) {
  return { ...state, space, thread, article, arrival: state.arrival + 1, hasChosen: true, prefill: null };
}

/** Whether there is something to read.
 * @param {State} state */
export function hasHelp(state) {
  return Boolean(state.widget?.features.help);
}

/** A local key has become a conversation.
 * @param {State} state
 * @param {string} from
 * @param {string} to
 * @returns {State} */
export function retargeted(state, from, to) {
  return state.thread === from ? { ...state, thread: to } : state;
}

/** "New chat" continues the open conversation (I12); with one thread for ever, that thread even when it is closed.
 * @param {State} state
 * @returns {string} */
export function toContinue(state) {
  const open = openConversations(state.log);
  const existing = open.find((one) => one.is_primary) ?? open[0];
  const last = isSingleThread(state) ? byActivity(state.log)[0] : undefined;
  return (existing ?? last)?.id ?? OPEN;
}

/** @param {State} state */
export function isSingleThread(state) {
  return state.widget?.thread_policy === "single_thread";
}

/** Whether this session may hold a socket: a contact with the panel open or a conversation that is not closed, and a
 * tab that was looked at of late.
 * @param {State} state
 * @param {boolean} [isHidden] for so long that nobody needs one */
export function wantsSocket(state, isHidden) {
  if (!mayPost(state) || !state.log.contact || state.isPaused || isHidden) return false;
  return state.isOpen || openConversations(state.log).length > 0;
}

/** @param {LogState} log
 * @returns {Conversation[]} */
function openConversations(log) {
  return byActivity(log).filter((one) => one.status !== "closed");
}

/** Straight to the open conversation when there is exactly one, to Messages when there are several, else to Home.
 * @param {State} state
 * @returns {State} */
function chosen(state) {
  if (state.hasChosen) return state;
  const [first, second] = openConversations(state.log);
  if (first && second) return went(state, "messages");
  return first ? went(state, "conversation", first.id) : went(state, "home");
}
