/**
 * The panel: Home, Messages, and the frame around a conversation.
 *
 * @import {Ui} from "./parts.js"
 * @import {Conversation} from "./types.js"
 */

import { useEffect, useRef } from "../vendor/hooks.js";
import { byActivity, unreadCount } from "../realtime/reducer.js";
import { ConversationScreen } from "./conversation.js";
import { Later } from "./later.js";
import { hasHelp, isSingleThread, OPEN, screenOf, toContinue } from "./machine.js";
import { Ago, Avatar, Avatars, CloseButton, Count, html, Icon, Presence } from "./parts.js";
import { facesOf, previewOf, teamOf } from "./thread.js";

/** @param {{ui: Ui}} props */
export function App({ ui }) {
  const screen = screenOf(ui.state);
  if (screen === "starting") return html`<${Starting} />`;
  if (screen === "gone") return html`<${Gone} ui=${ui} />`;
  if (screen === "conversation") return html`<${ConversationScreen} key=${ui.state.arrival} ui=${ui} />`;
  const isHelp = screen === "help" || screen === "article";
  const page = isHelp ? html`<${Later} key=${screen + ui.state.article} ui=${ui} of=${screen === "help" ? "Help" : "Article"} />` : html`<${screen === "messages" ? Messages : Home} ui=${ui} />`;
  return html`<div class="screen">${page}</div><${Tabs} ui=${ui} />`;
}

/** The shape of what is about to come; the page itself carries the same until the first module runs. */
function Starting() {
  return html`<div class="screen starting" aria-busy="true"><div class="hero"></div><i></i><i></i></div>`;
}

/** @param {{ui: Ui}} props */
function Gone({ ui }) {
  const { t, session, state } = ui;
  return html`
    <div class="screen gone">
      <${CloseButton} ui=${ui} />
      <${Icon} name="alert" />
      <p role="alert">${t(state.phase)}</p>
      ${state.entries.length > 0 && html`<p>${t("kept")}</p>`}
      <button class="plain" onClick=${() => session.boot()}>${t("retry")}</button>
    </div>
  `;
}

/** @param {{ui: Ui}} props */
function Home({ ui }) {
  const { t, state } = ui;
  const [latest] = byActivity(state.log).filter((one) => one.last_message);
  const texts = state.widget?.texts[ui.lang] ?? {};
  return html`
    <div class="hero">
      <div class="bar">
        <${Brand} ui=${ui} />
        <${CloseButton} ui=${ui} />
      </div>
      <h1 tabindex="-1">
        <span>${texts.hello || t("greetingHi")}</span>
        ${texts.greeting || state.widget?.greeting || t("greetingAsk")}
      </h1>
    </div>
    <div class="cards">
      ${latest && html`<section class="card"><h2>${t("recent")}</h2><${Row} ui=${ui} conversation=${latest} /></section>`}
      <${WriteCard} ui=${ui} />
      ${hasHelp(state) && html`<button class="card find" onClick=${() => ui.session.go("help")}><strong>${t("helpSearch")}</strong><${Icon} name="search" /></button>`}
    </div>
  `;
}

/** @param {{ui: Ui}} props */
function Brand({ ui }) {
  const { widget, log } = ui.state;
  const people = byActivity(log).flatMap(teamOf);
  const known = people.filter((one, i) => people.findIndex((other) => other.id === one.id) === i);
  return html`
    <span class="brand">${widget?.name}</span>
    <${Avatars} people=${known.length ? known : (widget?.team ?? [])} />
  `;
}

/** @param {{ui: Ui}} props */
function WriteCard({ ui }) {
  const { t, session, state } = ui;
  const thread = toContinue(state);
  return html`
    <button class="card write" onClick=${() => session.go("conversation", thread)}>
      <span>
        <strong>${t(thread === OPEN ? "write" : "continueTitle")}</strong>
        <${Presence} ui=${ui} />
      </span>
      <${Icon} name="next" />
    </button>
  `;
}

/** @param {{ui: Ui}} props */
function Messages({ ui }) {
  const { t, session, state } = ui;
  const all = byActivity(state.log);
  const isNew = !isSingleThread(state) && all.length > 0;
  return html`
    <div class="bar titled">
      <h1 tabindex="-1">${t("messages")}</h1>
      <${CloseButton} ui=${ui} />
    </div>
    ${all.length > 0
      ? html`<ul class="list">${all.map((one) => html`<li key=${one.id}><${Row} ui=${ui} conversation=${one} /></li>`)}</ul>`
      : html`<div class="empty"><${Icon} name="messages" /><strong>${t("noMessages")}</strong><p>${t("noMessagesHint")}</p></div>`}
    <p class="float">
      <button class="action" onClick=${() => (isNew ? session.startNew() : session.go("conversation", toContinue(state)))}>
        ${t(isNew ? "newConversation" : "write")}<${Icon} name=${isNew ? "plus" : "next"} />
      </button>
    </p>
  `;
}

/** One conversation in a list.
 * @param {{ui: Ui, conversation: Conversation}} props */
function Row({ ui, conversation }) {
  const { t, session, state } = ui;
  const { last_message: last, unread_count: unread, status } = conversation;
  const [face] = facesOf(conversation, t("assistant"));
  const preview = previewOf(last);
  const text = last?.author.kind === "contact" ? t("youSaid", { text: preview }) : preview;
  return html`
    <button class=${`row${unread ? " unread" : ""}`} onClick=${() => session.go("conversation", conversation.id)}>
      <${Avatar} who=${face ?? { name: state.widget?.name ?? "" }} />
      <span class="what">
        <span class="preview">${text || t("newConversation")}</span>
        <small>
          ${face?.name ?? state.widget?.name} · <${Ago} ui=${ui} at=${conversation.last_message_at ?? conversation.created_at} />
          ${status === "closed" && html` · ${t("closed")}`}
        </small>
      </span>
      ${unread > 0 ? html`<${Count} ui=${ui} n=${unread} />` : html`<${Icon} name="next" />`}
    </button>
  `;
}

/** @param {{ui: Ui}} props */
function Tabs({ ui }) {
  const { t, session, state } = ui;
  /** @param {"home" | "messages" | "help"} space */
  const tab = (space) => html`
    <button aria-current=${(state.space === "article" ? "help" : state.space) === space ? "page" : null} onClick=${() => session.go(space)}>
      <${Icon} name=${space} />${t(space)}
      ${space === "messages" && html`<${Count} ui=${ui} n=${unreadCount(state.log)} />`}
    </button>
  `;
  return html`<nav class="tabs">${tab("home")}${tab("messages")}${hasHelp(state) && tab("help")}</nav>`;
}

/** Whoever arrives at a screen by keyboard starts at its heading, or at what can be done about it.
 * @param {{ui: Ui}} props */
export function Panel({ ui }) {
  const root = useRef(/** @type {HTMLElement | null} */ (null));
  const { isOpen, space, phase } = ui.state;
  const begin = () => {
    /** @type {HTMLElement | null | undefined} */
    const start = root.current?.querySelector("h1[tabindex], .gone .plain");
    if (isOpen && !document.activeElement?.matches("input, textarea")) start?.focus();
  };
  useEffect(begin, [isOpen, space]);
  // Another phase of the same screen takes nobody away from what they have reached in it.
  useEffect(() => {
    if (document.activeElement === document.body) begin();
  }, [phase]);
  useEffect(() => document.addEventListener("keydown", (event) => root.current && keepFocus(event, root.current)), []);
  return html`<div class="panel" ref=${root} role="dialog" aria-modal="true" aria-label=${ui.state.widget?.name ?? "Chat"}><${App} ui=${ui} /></div>`;
}

/** Tab goes round inside the panel, and begins there when what had the focus is gone.
 * @param {KeyboardEvent} event
 * @param {HTMLElement} panel */
function keepFocus(event, panel) {
  if (event.key !== "Tab") return;
  const all = [...panel.querySelectorAll("button:not(:disabled), textarea, input, a[href], [tabindex='0']")];
  const edge = event.shiftKey ? all[0] : all.at(-1);
  if (document.activeElement !== edge && document.activeElement !== document.body) return;
  event.preventDefault();
  /** @type {HTMLElement | undefined} */ (event.shiftKey ? all.at(-1) : all[0])?.focus();
}
