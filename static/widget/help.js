/**
 * Help: the articles, what is found in them, and one of them to read.
 *
 * @import {ApiError} from "./api.js"
 * @import {Ui} from "./parts.js"
 */

import { useEffect, useRef, useState } from "../vendor/hooks.js";
import { toContinue } from "./machine.js";
import { CloseButton, html, Icon, Rich, Round } from "./parts.js";

/** Somebody who types is asked for no more than the last of what they typed. */
const PAUSE_MS = 250;
const NOT_FOUND = 404;
/** What was looked for last in a session: whoever comes back from an article finds it as it was.
 * @type {WeakMap<object, string>} */
const asked = new WeakMap();
/** What was loaded before shows at once. @type {Map<string, any>} */
const known = new Map();

/** The answer to a path of the articles' API, null while there is none; and what is wrong, with another try.
 * @param {Ui} ui
 * @param {string} path */
function useAnswer(ui, path) {
  const [, redraw] = useState(0);
  const [problem, setProblem] = useState(0);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    let isWanted = true;
    setProblem(0);
    ui.session.ask("GET", `articles${path}`).then(
      (answer) => {
        known.set(path, answer);
        if (isWanted) redraw(Math.random());
      },
      (/** @type {ApiError} */ error) => isWanted && setProblem(error.status || 1),
    );
    return () => {
      isWanted = false;
    };
  }, [path, tries]);
  return { answer: known.get(path) ?? null, problem, retry: () => setTries(tries + 1) };
}

/** Whoever comes to a screen by keyboard starts at its heading.
 * @param {any} isThere */
function useStart(isThere) {
  const start = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => start.current?.focus(), [Boolean(isThere)]);
  return start;
}

/** @param {{ui: Ui}} props */
export function Help({ ui }) {
  const { t, session, lang } = ui;
  const [question, setQuestion] = useState(asked.get(session) ?? "");
  const [settled, setSettled] = useState(question);
  const { answer, problem, retry } = useAnswer(ui, `?locale=${lang}&limit=50&q=${encodeURIComponent(settled)}`);
  const start = useStart(true);
  // What was found last stands until the next answer is there.
  const last = useRef(answer);
  last.current = answer ?? last.current;
  const found = last.current;
  useEffect(() => {
    const timer = setTimeout(setSettled, PAUSE_MS, question.trim());
    return () => clearTimeout(timer);
  }, [question]);
  asked.set(session, question);
  return html`
    <div class="bar titled">
      <h1 tabindex="-1" ref=${start}>${t("help")}</h1>
      <${CloseButton} ui=${ui} />
    </div>
    <form class="search" role="search" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
      <${Icon} name="search" />
      <input type="search" aria-label=${t("helpSearch")} placeholder=${t("helpSearch")} maxlength="200" value=${question}
        onInput=${(/** @type {InputEvent} */ event) => setQuestion(/** @type {HTMLInputElement} */ (event.target).value)} />
    </form>
    <p class="sr" role="status">${answer && settled && t("helpFound", { n: answer.items.length })}</p>
    ${problem > 0 && html`<${Trouble} ui=${ui} retry=${retry} />`}
    ${found?.items.length > 0 && html`<ul class="list">
      ${found.items.map((/** @type {any} */ one) => html`<li key=${one.slug}>
        <button class="row" onClick=${() => session.go("article", null, one.slug)}>
          <span class="what"><strong>${one.title}</strong><small>${one.summary}</small></span>
          <${Icon} name="next" />
        </button>
      </li>`)}
    </ul>`}
    ${found && !found.items.length && html`<div class="empty">
      <${Icon} name="search" /><strong>${t("helpNothing")}</strong><${Ask} ui=${ui} />
    </div>`}
  `;
}

/** Of a conversation in which the article was cited, the language that it was cited in; and there is a way back to it.
 * @param {{ui: Ui}} props */
export function Article({ ui }) {
  const { t, session, state, lang } = ui;
  const { thread, article } = state;
  const cited = (state.log.messages[thread ?? ""] ?? []).flatMap((one) => one.sources ?? []);
  const language = cited.find((one) => one.slug === article)?.locale ?? lang;
  const { answer, problem, retry } = useAnswer(ui, `/${encodeURIComponent(article ?? "")}?locale=${language}`);
  const start = useStart(answer);
  return html`
    <div class="bar talk">
      <${Round} icon="back" label=${t(thread ? "backToTalk" : "back")} onClick=${() => (thread ? session.go("conversation", thread) : session.go("help"))} />
      <span class="who">${t(thread ? "thread" : "help")}</span>
      <${CloseButton} ui=${ui} />
    </div>
    ${answer && html`<article class="article" lang=${answer.locale}>
      <h1 tabindex="-1" ref=${start}>${answer.title}</h1>
      <${Rich} markup=${answer.body_html} />
      <footer><${Ask} ui=${ui} /></footer>
    </article>`}
    ${!answer && problem > 0 && (problem === NOT_FOUND
      ? html`<div class="empty"><p role="alert">${t("helpGone")}</p><${Ask} ui=${ui} /></div>`
      : html`<${Trouble} ui=${ui} retry=${retry} />`)}
  `;
}

/** Whoever does not find it can ask.
 * @param {{ui: Ui}} props */
function Ask({ ui }) {
  const { t, session, state } = ui;
  return html`<p>${t("helpStill")} <button class="plain" onClick=${() => session.go("conversation", toContinue(state))}>${t("write")}</button></p>`;
}

/** @param {{ui: Ui, retry: () => void}} props */
function Trouble({ ui, retry }) {
  return html`<div class="empty"><p role="alert">${ui.t("helpFailed")}</p><button class="plain" onClick=${retry}>${ui.t("retry")}</button></div>`;
}
