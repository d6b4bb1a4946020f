/**
 * The frame's wiring: the host page's port, the session, the screen. Everything here is a side effect; the rules live in
 * the modules that it connects.
 *
 * @import {Init, State} from "./types.js"
 * @import {Session} from "./session.js"
 * @import {Ui} from "./parts.js"
 * @import {Neighbours} from "./tabs.js"
 * @import {createCache} from "./cache.js"
 */

import { render } from "../vendor/preact.js";
import { byActivity, unreadCount } from "../realtime/reducer.js";
import { createApi } from "./api.js";
import { Panel } from "./app.js";
import { alone, clock, fingerprint, hex, storeOf, styled, uuid, wordsFor } from "./browser.js";
import { palette } from "./look.js";
import { closed, looksOf, opened } from "./machine.js";
import { html } from "./parts.js";
import { createSession } from "./session.js";
import { nameOf, previewOf } from "./thread.js";

const TICK_MS = 30_000;
const TYPING_TICK_MS = 1_000;
const STALE_MS = 60_000;
const OLD_MS = 300_000;
/** Until another frame may have more luck with a part that failed to load. */
const LACKING_MS = 5_000;
const widgetId = location.pathname.split("/")[2] ?? "";
/** The site that embeds us; the browser has checked that it may (frame-ancestors). */
const hostOrigin = decodeURIComponent(location.hash.slice(1));
const traceId = hex(12);
/** In the language of the panel, whatever the browser's is. @type {typeof fetch} */
const send = (url, options) => fetch(url, { ...options, headers: { ...options?.headers, "Accept-Language": document.documentElement.lang } });
const request = createApi(traceId, send);
const store = storeOf(() => localStorage);
const tabStore = storeOf(() => sessionStorage);
let device = "";
const root = /** @type {HTMLElement} */ (document.getElementById("root"));

/** @type {MessagePort | null} */
let port = null;
/** @type {Init} */
let init;
/** @type {Session} */
let session;
/** The page's own skeleton stands until there are words. @type {{lang: string, words: Record<string, string>} | null} */
let language = null;
/** The styles of the parts that are loaded later, from when one of them is wanted. @type {Promise<any> | undefined} */
let styles;
let isHostFocused = false;
let isDrawing = false;
/** The timer until another frame is asked for. */
let isLacking = 0;
/** When the server last said whether somebody answers. */
let heardAt = 0;
/** What this browser remembers of its person. @type {Promise<ReturnType<typeof createCache>> | undefined} */
let cache;
/** What the host was told last. */
let told = "";
/** The other tabs of this browser. @type {Promise<Neighbours> | undefined} */
let tabs;
const departed = { user: "", proof: "" };

addEventListener("message", function greet(event) {
  if (event.source !== parent || event.origin !== hostOrigin || event.data !== "curbe:port" || port) return;
  port = event.ports[0] ?? null;
  if (port) port.onmessage = ({ data }) => hear(data);
  removeEventListener("message", greet);
});
if (parent !== window && hostOrigin) parent.postMessage("curbe:ready", hostOrigin);

/** @type {Record<string, (message: any) => void>} */
const commands = {
  open({ t: _, ...wish }) {
    session.change((now) => opened(now, wish));
    freshen();
  },
  closed: () => session.change(closed),
  say: ({ text }) => text && session.change((now) => ({ ...now, saying: [...now.saying, text] })),
  focus: ({ on }) => {
    isHostFocused = on;
    draw();
  },
  visit: ({ page }) => void session.visit(page),
  settings: (message) => {
    if (session.announce(message.settings, message.is_boot)) return configure({ ...message, settings: init.settings });
    say({ t: "other", settings: { ...looksOf(message.settings), ...message.given } }, init.n);
    init.n = -1; // What the page says next is said for somebody else.
  },
  reset: ({ device_id }) => startOver(device_id).catch(({ code }) => console.warn(`Curbe: the chat was not reset (${code}).`)),
  shutdown: () => void ended(init.device_id, session.end()),
  event: ({ event }) => trace("event", { event }),
};

/** @param {any} message */
function hear(message) {
  if (message.t === "init") return void begin(message);
  if (message.t !== "leave") return session && (init.n > 0 || message.t === "shutdown") && commands[message.t]?.(message);
  listen(message.tenant_id);
  void ended(message.device_id, import("./leaving.js").then(({ leaveLater }) => leaveLater(request, store, widgetId, message)));
}

/** @param {{t: string, [more: string]: any}} message
 * @param {number} n the session that it is about */
function say(message, n) {
  port?.postMessage({ ...message, n });
}

/** Tell the other tabs, and this page whether the server has said that it is over.
 * @param {string} device_id
 * @param {Promise<any>} answer */
async function ended(device_id, answer) {
  const isOver = answer.then(() => true, ({ status }) => status === 401);
  (await tabs)?.say({ t: "shutdown", device: await fingerprint(device_id) });
  say({ t: "gone", device_id: (await isOver) && device_id }, 0);
}

/** @param {Init} given */
async function begin(given) {
  init = given;
  told = "";
  session = createSession({
    widgetId,
    traceId,
    init,
    request,
    store,
    tabStore,
    clock,
    alone,
    uuid,
    WebSocket,
    live: () => import("./follow.js"),
    onChange: draw,
    arrived: async (message) => (await tabs)?.arrived(message),
    departed,
    say: (message) => say(message, given.n),
    trace,
  });
  looked();
  heardAt = clock.now();
  device = await fingerprint(init.device_id);
  listen(init.tenant_id);
  cache ??= import("./cache.js").then(({ createCache }) => createCache(store, init.tenant_id));
  await Promise.all([session.boot(), configure(given).catch(lack), recall()]);
}

/** Whoever was here before sees what was there, at once. */
async function recall() {
  const kept = (await cache)?.read(device, session.state.announced);
  if (kept) session.recall(kept);
}

/** Whether somebody answers is asked again when the panel opens, and when the office was to open. */
function freshen() {
  if (clock.now() - heardAt < STALE_MS) return;
  heardAt = clock.now();
  void session.refresh();
}

function tick() {
  const { isOpen, availability } = session.state;
  const isDue = availability.back_at ? Date.parse(availability.back_at) < clock.now() : clock.now() - heardAt > OLD_MS;
  if (isOpen && isDue) freshen();
  draw();
}

/** Another frame has no more luck before the server is there again, and this one has what was written in it. */
function lack() {
  isLacking ||= window.setTimeout(async () => {
    isLacking = 0;
    const isThere = await fetch(location.pathname, { method: "HEAD" }).then(({ ok }) => ok, () => false);
    if (isThere) say({ t: "lacking" }, init.n);
    else lack();
  }, LACKING_MS);
}

/** @param {string} device_id the new one */
async function startOver(device_id) {
  await session.reset(device_id);
  device = await fingerprint(device_id);
}

/** @param {string} tenantId */
function listen(tenantId) {
  const wiring = { tenantId, device: () => device, session: () => session, isLookedAt, alone, trace, store, clock };
  tabs ??= import("./tabs.js").then(({ joinTabs }) => joinTabs(wiring));
}

/** @param {Pick<Init, "settings" | "language" | "is_debugging">} given */
async function configure(given) {
  Object.assign(init, given);
  paint();
  language = await inLanguage(Boolean(styles));
  document.documentElement.lang = language.lang;
  draw();
}

/** Before a part that is loaded later is drawn. */
async function more() {
  styles ??= styled(root.dataset.more ?? "");
  const [words] = await Promise.all([inLanguage(true), styles]).catch((error) => {
    styles = undefined;
    throw error;
  });
  language = words;
}

/** The words of the language that is wanted when they have come.
 * @param {boolean} isAll also those of what is loaded later
 * @returns {ReturnType<typeof wordsFor>} */
async function inLanguage(isAll) {
  const wanted = init.language;
  const words = await wordsFor(wanted, isAll);
  return wanted === init.language ? words : inLanguage(isAll);
}

function paint() {
  const { theme_mode, action_color, background_color } = { ...init.appearance, ...init.settings };
  const isDark = theme_mode === "dark" || (theme_mode !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  const page = document.documentElement;
  page.dataset.theme = isDark ? "dark" : "light";
  for (const [name, value] of Object.entries(palette(action_color ?? "", isDark))) page.style.setProperty(name, value);
  const hero = palette(background_color ?? "", isDark);
  page.style.setProperty("--hero", hero["--brand"] ? background_color : "");
  page.style.setProperty("--hero-ink", hero["--brand-ink"] ?? "");
}

/** Draws once, however many changes one turn brings. */
function draw() {
  if (isDrawing) return;
  isDrawing = true;
  queueMicrotask(() => {
    isDrawing = false;
    const { state } = session;
    if (language) render(html`<${Panel} ui=${uiOf(state, language.lang)} />`, root);
    tellHost(state);
    void tabs?.then((all) => all.watch(state));
    void cache?.then((all) => all.watch(state, device));
  });
}

/** @param {State} state
 * @param {string} lang
 * @returns {Ui} */
function uiOf(state, lang) {
  return {
    state,
    session,
    t,
    lang,
    now: clock.now(),
    isDebugging: init.is_debugging,
    uuid,
    close: () => say({ t: "close" }, init.n),
    say: (message) => say(message, init.n),
    startOver: () => startOver(hex(32)),
    copy: (text) => void navigator.clipboard?.writeText(text).catch(() => null), // Handled: some pages forbid it.
    lack,
    look,
    more,
  };
}

/** @param {string} key
 * @param {Record<string, string | number>} [values] */
function t(key, values = {}) {
  return (language?.words[key] ?? "").replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** Read is what somebody looks at: the panel open, the tab visible, the window in focus. One's own are read anyway.
 * @param {string} thread */
function look(thread) {
  const seq = session.state.log.messages[thread]?.findLast((one) => one.author.kind !== "contact")?.seq;
  if (seq && isLookedAt(thread)) void session.read(thread, seq);
}

/** @param {string} thread */
function isLookedAt(thread) {
  const { isOpen, space, thread: shown } = session.state;
  return isOpen && space === "conversation" && shown === thread && document.visibilityState === "visible" && (isHostFocused || document.hasFocus());
}

/** The last word of the team that nobody has read.
 * @param {State["log"]} log */
function latestUnread(log) {
  const one = byActivity(log).find(({ unread_count, last_message }) => unread_count && last_message && last_message.author.kind !== "contact");
  const last = one?.last_message;
  return last && { id: last.id, conversation: one.id, author: nameOf(last.author, t), text: previewOf(last) };
}

/** @param {State} state */
function tellHost(state) {
  const { contact, conversations } = state.log;
  // Whether there is a history: nobody knows before the server has said.
  const hint = state.phase !== "ready" ? undefined : Object.keys(conversations).length ? "1" : null;
  const message = { t: "state", contact: contact && { id: contact.id, type: contact.type }, unread: unreadCount(state.log), hint, preview: latestUnread(state.log) };
  const text = JSON.stringify(message);
  if (text === told) return;
  told = text;
  say(message, init.n);
}

/** @param {string} step
 * @param {object} [more] */
function trace(step, more) {
  const { state } = session ?? {};
  if (init.is_debugging) void import("./debug.js").then(({ report }) => report(step, { traceId, widgetId, init, device, state, more }));
}

document.addEventListener("keydown", (event) => event.key === "Escape" && init && say({ t: "close" }, init.n));
for (const name of ["focus", "blur"]) addEventListener(name, () => session && draw());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => init && paint());
setInterval(() => session && tick(), TICK_MS);
setInterval(() => session && Object.values(session.state.typing).flat().some(isOfLate) && draw(), TYPING_TICK_MS);

/** Nobody says when dots have had their time: they are looked at until a little after.
 * @param {{until: number}} typist */
function isOfLate({ until }) {
  return until > clock.now() - 2 * TYPING_TICK_MS;
}

document.addEventListener("visibilitychange", looked);
addEventListener("pageshow", looked);
addEventListener("storage", ({ key, newValue }) => key && session?.hearStored(key, newValue));
addEventListener("online", () => session?.wake(true));
addEventListener("offline", () => session?.change((now) => ({ ...now, isOffline: true })));

function looked() {
  session?.look(document.visibilityState === "visible");
  if (session) draw();
}
