/**
 * The preview beside a widget's form: the widget's own panel with a made-up visit, as the form describes it. It is told
 * so by the page that frames it and by nobody else, stores nothing, and its policy lets it send nothing.
 *
 * @import {Availability, State, Widget} from "../widget/types.js"
 * @import {Ui} from "../widget/parts.js"
 * @import {Session} from "../widget/session.js"
 * @import {Told} from "./form.js"
 */

import { render } from "../vendor/preact.js";
import { Panel } from "../widget/app.js";
import { booted, html, INITIAL, palette, styled, toContinue, uuid, went, wordsFor } from "../widget/base.js";
import { faces, nothing, reading, talk } from "./samples.js";

const root = /** @type {HTMLElement} */ (document.getElementById("root"));
const DAY_MS = 86_400_000;
const OPENS_AT = 9;

/** @type {State} */
let state = INITIAL;
/** What the form said last. @type {Told} */
let told;
/** @type {{lang: string, words: Record<string, string>}} */
let language;
/** The styles of the parts that are loaded later. @type {Promise<any> | undefined} */
let styles;
let place = "";

/** What can be done in the panel: going about. Whatever else is asked for never comes. @type {Record<string, any>} */
const acts = {
  get state() {
    return state;
  },
  /** @param {(now: State) => State} by */
  change: (by) => show(by(state)),
  /** @param {Parameters<typeof went>[1]} space
   * @param {string | null} [thread]
   * @param {string | null} [article] */
  go: (space, thread, article) => show(went(state, space, thread, article)),
  startNew: () => show(went(state, "conversation", toContinue(state))),
  excuse: () => show({ ...state, isExcused: true }),
  boot: async () => {},
  draft: () => "",
  send: () => null,
  /** @param {string} method
   * @param {string} path */
  async ask(method, path) {
    if (path.startsWith("articles")) return reading(language.lang, path.startsWith("articles?"));
    if (method === "GET") throw new Error("There is nothing of a made-up visit on the server.");
  },
};
const session = /** @type {Session} */ (new Proxy(acts, { get: (known, name) => known[String(name)] ?? (() => new Promise(() => {})) }));

// What draws itself because the form says so takes the focus from nobody who is in the form.
const { focus } = HTMLElement.prototype;
HTMLElement.prototype.focus = function (/** @type {FocusOptions | undefined} */ options) {
  if (document.hasFocus()) focus.call(this, options);
};
// On a site Tab stays inside the panel until it is closed. This one cannot be closed, so Tab leads on through the form.
addEventListener("keydown", (event) => event.key === "Tab" && event.stopPropagation(), true);

addEventListener("message", ({ source, origin, data }) => {
  if (source === parent && origin === location.origin) void hear(data);
});
parent.postMessage("curbe:look", location.origin);

/** @param {Told} message */
async function hear(message) {
  told = message;
  const words = await wordsFor(message.language, true);
  if (told !== message) return; // The form has said something else since.
  language = words;
  document.documentElement.lang = language.lang;
  paint(message);
  show({ ...placed(message), widget: widgetOf(message), availability: availabilityOf(message) });
}

/** Where the form wants the visitor; whoever has gone on from there stays.
 * @param {Told} message
 * @returns {State} */
function placed({ screen, language: lang }) {
  const wanted = `${screen} ${lang}`;
  if (place === wanted) return state;
  place = wanted;
  const visit = screen === "conversation" ? talk(lang, Date.now()) : nothing();
  const known = { session_token: "", tenant_id: "", contact: null, merged_from: [], cursor: null, realtime: { url: "" } };
  const limits = { message_characters: INITIAL.limit };
  const start = booted(INITIAL, { ...known, ...visit, limits, widget: widgetOf(told), availability: availabilityOf(told) });
  const open = { ...start, isOpen: true, arrival: state.arrival };
  return screen === "home" ? went(open, "home") : went(open, "conversation", toContinue(open));
}

/** As the API would describe the widget.
 * @param {Told} message
 * @returns {Widget} */
function widgetOf({ look, team, language: lang }) {
  const { locale = "", threadPolicy, help } = root.dataset;
  return {
    ...{ id: "", tenant_id: "", name: look.name, appearance: look.appearance, texts: look.texts, prechat: look.prechat },
    greeting: look.texts[locale]?.greeting ?? "",
    features: { ...look.features, help: help === "yes" && look.features.help !== false },
    thread_policy: threadPolicy === "single_thread" ? "single_thread" : "conversations",
    team: faces(lang),
    availability: availabilityOf({ team }),
  };
}

/** @param {Pick<Told, "team">} message
 * @returns {Availability} */
function availabilityOf({ team }) {
  if (team === "here") return { online: true, reply_time: "minutes", back_at: null };
  return { online: false, reply_time: null, back_at: new Date(new Date(Date.now() + DAY_MS).setHours(OPENS_AT, 0, 0, 0)).toISOString() };
}

/** As the frame of a site does.
 * @param {Told} message */
function paint({ look: { appearance }, system }) {
  const { theme_mode, action_color, background_color } = appearance;
  const isDark = theme_mode === "dark" || (theme_mode !== "light" && system === "dark");
  const page = document.documentElement;
  const hero = palette(background_color ?? "", isDark);
  page.removeAttribute("style");
  page.dataset.theme = isDark ? "dark" : "light";
  for (const [name, value] of Object.entries(palette(action_color ?? "", isDark))) page.style.setProperty(name, value);
  page.style.setProperty("--hero", hero["--brand"] ? (background_color ?? "") : "");
  page.style.setProperty("--hero-ink", hero["--brand-ink"] ?? "");
}

/** @param {State} next */
function show(next) {
  state = next;
  render(html`<${Panel} ui=${uiOf()} />`, root);
}

/** @returns {Ui} */
function uiOf() {
  return {
    state,
    session,
    t,
    lang: language.lang,
    now: Date.now(),
    isDebugging: false,
    uuid,
    close: () => {},
    say: () => {},
    startOver: async () => {},
    copy: () => {},
    lack: () => {},
    look: () => {},
    more: () => (styles ??= styled(root.dataset.more ?? "")),
  };
}

/** @param {string} key
 * @param {Record<string, string | number>} [values] */
function t(key, values = {}) {
  return (language.words[key] ?? "").replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}
