/**
 * One conversation: its parts, who types, what is on its way, and where the visitor writes.
 *
 * @import {Ui} from "./parts.js"
 * @import {Part, Picked} from "./types.js"
 */

import { useEffect, useLayoutEffect, useRef, useState } from "../vendor/hooks.js";
import { HandOver, Helper, Sources } from "./assistant.js";
import { Later } from "./later.js";
import { dayName, exactTime, hour } from "./look.js";
import { asksFirst, isSingleThread, isStored, toContinue, weatherOf } from "./machine.js";
import { Avatar, Avatars, CloseButton, Count, html, Icon, Presence, Rich, Round } from "./parts.js";
import { facesOf, hasOlder, nameOf, paragraphsOf, partsOf, typistsOf } from "./thread.js";

/** Closer to the end than this, the reader is at the end. */
const NEAR_PX = 48;
const TALLEST_PX = 128;
const MOST_FILES = 5;

/** @param {{ui: Ui}} props */
export function ConversationScreen({ ui: given }) {
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const toField = () => field.current?.focus();
  const ui = { ...given, toField };
  const { state, t } = ui;
  const thread = state.thread ?? "";
  const conversation = state.log.conversations[thread];
  const isClosed = conversation?.status === "closed";
  const [isAtEnd, setAtEnd] = useState(true);
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const toEnd = () => list.current && ((list.current.scrollTop = list.current.scrollHeight), setAtEnd(true));
  return html`
    <${Header} ui=${ui} />
    <${Notices} ui=${ui} />
    <div class="stage">
      <${Thread} ui=${ui} list=${list} isAtEnd=${isAtEnd} setAtEnd=${setAtEnd} />
      ${!isAtEnd && html`<${Round} class="jump" icon="down" label=${t("jump")} onClick=${() => (toEnd(), list.current?.focus())}><${Count} ui=${ui} n=${conversation?.unread_count ?? 0} /><//>`}
    </div>
    ${isClosed && html`<p class="closed">${t("closedNote")} ${!isSingleThread(state) && html`<button class="plain" onClick=${() => ui.session.startNew()}>${t("newConversation")}</button>`}</p>`}
    ${asksFirst(state)
      ? html`<${Later} of="Prechat" ui=${ui} onShown=${toEnd} />`
      : html`<${Helper} ui=${ui} /><${Composer} ui=${ui} field=${field} placeholder=${t(isClosed ? "placeholderClosed" : "placeholder")} onSent=${toEnd} />`}
  `;
}

/** @param {{ui: Ui}} props */
function Header({ ui }) {
  const { state, session, t } = ui;
  const team = facesOf(state.log.conversations[state.thread ?? ""], t("assistant"));
  const name = team.map((one) => one.name.split(" ")[0]).join(", ") || state.widget?.name || t("team");
  return html`
    <div class="bar talk">
      <${Round} icon="back" label=${t("back")} onClick=${() => session.go(Object.keys(state.log.conversations).length > 1 ? "messages" : "home")} />
      <${Avatars} people=${team.length ? team : [{ name }]} />
      <div class="who">
        <h1>${name}</h1>
        ${team[0]?.kind === "assistant" ? html`<small>${t("answersNow")}</small>` : html`<${Presence} ui=${ui} />`}
      </div>
      ${state.log.contact && html`<${More} ui=${ui} />`}
      <${CloseButton} ui=${ui} />
    </div>
  `;
}

/** @param {{ui: Ui}} props */
function More({ ui }) {
  const [isShown, setShown] = useState(false);
  const onClose = () => (setShown(false), document.getElementById("menu")?.focus());
  return html`
    <span class="anchor">
      <${Round} id="menu" icon="more" label=${ui.t("more")} aria-expanded=${isShown} onClick=${() => setShown(!isShown)} />
      ${isShown && html`<${Later} of="Menu" ui=${ui} onClose=${onClose} />`}
    </span>
  `;
}

/** The connection's troubles, and the visitor's. They show up late enough not to flicker.
 * @param {{ui: Ui}} props */
function Notices({ ui }) {
  const { state, session, t } = ui;
  const weather = weatherOf(state);
  const { problem } = state;
  /** @type {Record<string, string>} */
  const known = { single_thread: "singleThread", too_many_open_conversations: "tooMany" };
  return html`
    <div class="notices" role="status">
      ${weather && html`<p class="weather" key=${weather}>${t(weather)} ${problem?.retry === "boot" && html`<button class="plain" onClick=${session.boot}>${t("retry")}</button>`}</p>`}
      ${problem && problem.retry !== "boot" && html`<p class="problem">
        <span>${t(known[problem.code] ?? "startFailed")}
        ${ui.isDebugging && html`<small>${t("reference", { trace: problem.trace_id })}</small>`}</span>
        ${problem.retry && html`<button class="plain" onClick=${session.retryStart}>${t("retry")}</button>`}
      </p>`}
    </div>
  `;
}

/** @param {{ui: Ui, list: {current: HTMLElement | null}, isAtEnd: boolean, setAtEnd: (value: boolean) => void}} props */
function Thread({ ui, list, isAtEnd, setAtEnd }) {
  const { state, session, t } = ui;
  const thread = state.thread ?? "";
  const conversation = state.log.conversations[thread];
  const [unreadFrom, setUnreadFrom] = useState(/** @type {number | undefined} */ (undefined));
  const parts = partsOf(state, unreadFrom, ui.now);
  const typists = typistsOf(state, ui.now);
  const first = state.log.messages[thread]?.[0]?.seq ?? 0;
  const given = useRef({ first, isAtEnd });
  const drawn = useRef({ first, end: 0 });
  const asked = useRef(0);
  given.current = { first, isAtEnd };

  useLayoutEffect(keepPlace);
  useLayoutEffect(() => {
    if (state.isOpen) setUnreadFrom(firstUnread(ui));
  }, [state.isOpen]);
  useEffect(() => {
    if (isAtEnd && state.isOpen && isStored(thread)) ui.look(thread);
    // A page that does not fill the screen cannot be scrolled, so it asks for what is before it by itself, once.
    if (!drawn.current.end && first > 1 && first !== asked.current) void session.loadOlder((asked.current = first));
  });
  useEffect(() => {
    // The keyboard of a phone, or a long draft, takes room. Nothing is left to watch when the thread goes.
    if (list.current) new ResizeObserver(keepPlace).observe(list.current);
  }, []);

  /** Whether the reader is at the end of what was drawn. What became longer or shorter since, or has more room or less,
   * moved nobody away from there.
   * @param {HTMLElement} one */
  function isAtLast(one) {
    return Math.min(one.scrollHeight - one.clientHeight, drawn.current.end) - one.scrollTop < NEAR_PX;
  }

  /** Whoever reads above stays where they are, whoever is at the end stays there, however high the thread is now. The
   * place itself is asked as well, because scrolling is told with the next frame only. */
  function keepPlace() {
    const { current } = list;
    if (!current?.clientHeight) return; // Hidden: it has no place.
    const { first, isAtEnd } = given.current;
    const end = current.scrollHeight - current.clientHeight;
    // Older history grows above.
    if (first < drawn.current.first) current.scrollTop += end - drawn.current.end;
    else if (isAtEnd && isAtLast(current)) current.scrollTop = end;
    drawn.current = { first, end };
  }

  function scrolled() {
    const { current } = list;
    if (!current) return;
    setAtEnd(isAtLast(current));
    if (current.scrollTop < NEAR_PX && hasOlder(state) && first > 1) void session.loadOlder(first);
  }

  return html`
    <div class="thread" ref=${list} onScroll=${scrolled} tabindex="0" role="log" aria-live=${state.loading[thread] ? "off" : "polite"} aria-label=${t("thread")}>
      ${hasOlder(state) && (conversation || isStored(thread))
        ? html`<p class="older"><button class="plain" disabled=${state.loading[thread]} onClick=${() => session.loadOlder(first)}>${t("older")}</button></p>`
        : html`<${Intro} ui=${ui} />`}
      ${parts.map((part) => html`<${Line} key=${part.key} ui=${ui} part=${part} stay=${keepPlace} />`)}
      ${conversation?.rating_requested && html`<${Later} key=${`feedback ${conversation.cycle}`} of="Feedback" ui=${ui} conversation=${conversation} onShown=${keepPlace} />`}
      ${typists.map((who) => html`<${Typing} key=${`typing ${who.id}`} ui=${ui} who=${who} />`)}
    </div>
  `;
}

/** @param {Ui} ui
 * @returns {number | undefined} the seq of the first message that was unread when the thread was opened */
function firstUnread({ state }) {
  const conversation = state.log.conversations[state.thread ?? ""];
  if (!conversation?.unread_count) return undefined;
  const messages = state.log.messages[conversation.id] ?? [];
  return messages.find((one) => one.seq > conversation.last_read_seq && one.kind === "message" && one.author.kind !== "contact")?.seq;
}

/** @param {{ui: Ui}} props */
function Intro({ ui }) {
  const { state, t } = ui;
  const { subtitle, away } = state.widget?.texts[ui.lang] ?? {};
  return html`
    <div class="intro">
      <${Avatars} people=${state.widget?.team?.length ? state.widget.team : [{ name: state.widget?.name ?? "" }]} />
      <strong>${t("introTitle")}</strong>
      <p>${(!state.availability.online && away) || subtitle}</p>
    </div>
  `;
}

/** @param {{ui: Ui, part: Part, stay: () => void}} props */
function Line({ ui, part, stay }) {
  if (part.type === "day") return html`<p class="day">${dayName(part.at, ui.now, ui.lang)}</p>`;
  if (part.type === "unread") return html`<p class="fresh"><span>${ui.t("newMessages")}</span></p>`;
  if (part.type === "event") return html`<${EventLine} ui=${ui} part=${part} />`;
  return html`<${Bubble} ui=${ui} part=${part} stay=${stay} />`;
}

/** @param {{ui: Ui, part: Extract<Part, {type: "event"}>}} props */
function EventLine({ ui, part }) {
  const { author, event, created_at } = part.message;
  if (event?.name === "handed_off") return html`<p class="event handed"><${HandOver} ui=${ui} event=${event} /></p>`;
  const text = ui.t(`event_${event?.name}`, { name: author.name || ui.t("someone") });
  return text && html`<p class="event" title=${exactTime(created_at, ui.lang)}>${text}</p>`;
}

/** @param {{ui: Ui, part: Extract<Part, {type: "bubble"}>, stay: () => void}} props */
function Bubble({ ui, part, stay }) {
  const { t, lang } = ui;
  const { message, entry, isOwn, isFirst, isLast, at, isGrowing = false } = part;
  const author = nameOf(message?.author, t);
  const files = message?.attachments ?? entry?.files ?? [];
  const sources = message?.sources ?? [];
  const text = (message ?? entry)?.body;
  const isThinking = isGrowing && !text;
  const look = `line ${isOwn ? "own" : "other"}${isFirst ? " first" : ""}${isLast ? " last" : ""}${message ? "" : " waiting"}${message?.author.kind === "assistant" ? " answer" : ""}`;
  // Nobody is read an answer word by word: it is announced when it is all there, because then its bubble is a new one.
  return html`
    <div class=${look}>
      ${!isOwn && isLast && html`<${Avatar} who=${message?.author} />`}
      <div key=${isGrowing} class=${`bubble${isThinking ? " dots" : ""}`} title=${exactTime(at, lang)} aria-live=${isGrowing ? "off" : null} aria-busy=${isGrowing || null}>
        <span class="sr">${isThinking ? t("typing", { name: author }) : `${isOwn ? t("you") : author}, ${hour(at, lang)}: `}</span>
        ${isThinking ? html`<i></i><i></i><i></i>` : (text || message?.deleted) && html`<${Body} ui=${ui} part=${part} />`}
        ${sources.length > 0 && html`<${Sources} ui=${ui} sources=${sources} />`}
        ${files.length > 0 && html`<${Later} of="Files" ui=${ui} files=${files} onShown=${stay} />`}
      </div>
      ${!isOwn && isLast && html`<small class="meta" aria-hidden="true">${author} · ${hour(at, lang)}</small>`}
      ${part.status && html`<${Status} ui=${ui} part=${part} />`}
    </div>
  `;
}

/** @param {{ui: Ui, part: Extract<Part, {type: "bubble"}>}} props */
function Body({ ui, part: { message, entry, isGrowing } }) {
  if (message?.deleted) return html`<em>${ui.t("deleted")}</em>`;
  if (message && !isGrowing) return html`<${Rich} markup=${message.body_html} />`;
  const paragraphs = message ? paragraphsOf(message.body) : [entry?.body];
  return html`<div class="rich">${paragraphs.map((one) => html`<p>${one}</p>`)}</div>`;
}

/** How far one's own message got; a failed one can be tried again, copied or thrown away.
 * @param {{ui: Ui, part: Extract<Part, {type: "bubble"}>}} props */
function Status({ ui, part }) {
  const { t, session } = ui;
  const { status, entry } = part;
  if (status === "failed" && entry) {
    const reason = entry.error === "max_length" ? "failedTooLong" : entry.error === "not_available" ? "failedNotAllowed" : "failed";
    return html`
      <div class="meta failed" role="alert">
        <${Icon} name="alert" /><span>${t(reason)}</span>
        <button class="plain" onClick=${() => session.retry(entry.id)}>${t("retry")}</button>
        <button class="plain" onClick=${() => ui.copy(entry.body)}>${t("copy")}</button>
        <button class="plain" onClick=${() => (session.discard(entry.id), ui.toField?.())}>${t("discard")}</button>
      </div>
    `;
  }
  const label = status === "queued" && entry && !entry.saved ? "unsaved" : status;
  const icon = status === "queued" || status === "sending" ? "clock" : "check";
  return html`<small class=${`meta ${status}`}><${Icon} name=${icon} />${t(label ?? "")}</small>`;
}

/** @param {{ui: Ui, who: {name: string}}} props */
function Typing({ ui, who }) {
  const label = ui.t("typing", { name: who.name || ui.t("someone") });
  return html`
    <div class="line other first last">
      <${Avatar} who=${who} />
      <div class="bubble dots" role="status" aria-label=${label} title=${label}><i></i><i></i><i></i></div>
    </div>
  `;
}

/** Where the visitor writes: grows with the text, keeps a draft, sends with Enter.
 * @param {{ui: Ui, field: {current: HTMLTextAreaElement | null}, placeholder: string, onSent: () => void}} props */
function Composer({ ui, field, placeholder, onSent }) {
  const { session, state, t, toField } = ui;
  const thread = state.thread ?? "";
  const [text, setText] = useState(() => session.draft(thread));
  const [picked, setPicked] = useState(/** @type {Picked[]} */ ([]));
  const [isPicking, setPicking] = useState(false);
  const { emoji: hasEmoji, attachments: hasFiles } = state.widget?.features ?? {};
  const isReady = picked.every((one) => one.kept) && (picked.length > 0 || text.trim());

  useEffect(() => {
    // Text that is dropped is the field's, as everywhere.
    const over = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") && event.preventDefault();
    const dropped = (/** @type {DragEvent} */ event) => (over(event), pick(event.dataTransfer?.files));
    addEventListener("dragover", over);
    addEventListener("drop", dropped);
    return () => (removeEventListener("dragover", over), removeEventListener("drop", dropped));
  }, []);
  useEffect(() => {
    if (state.prefill === null) return;
    setText(state.prefill);
    session.change((now) => ({ ...now, prefill: null }));
  }, [state.prefill]);
  useEffect(() => {
    // What there is to say now, which may be more than was drawn; and not in an old conversation.
    const { saying, thread } = session.state;
    if (!saying.length || thread !== toContinue(session.state)) return;
    session.change((now) => ({ ...now, saying: [] }));
    for (const text of saying) session.say(text);
    onSent();
  }, [state.saying, thread]);
  useEffect(() => {
    // On a touch screen the keyboard would cover the conversation that was just opened.
    if (state.isOpen && matchMedia("(pointer: fine)").matches) toField?.();
  }, [state.isOpen]);
  useLayoutEffect(() => {
    const { current } = field;
    if (!current) return;
    current.style.height = "auto";
    current.style.height = `${Math.min(current.scrollHeight, TALLEST_PX)}px`;
  }, [text]);

  /** @param {string} value */
  function write(value) {
    setText(value);
    session.typed(value);
  }

  /** @param {Event} [event] */
  function send(event) {
    event?.preventDefault();
    if (!isReady || !session.send(text, picked.flatMap((one) => one.kept ?? []))) return;
    setText("");
    setPicked([]);
    setPicking(false);
    onSent();
    toField?.();
  }

  /** @param {FileList | null} [files] */
  function pick(files) {
    if (hasFiles === false) return;
    const some = [...(files ?? [])].map((file) => ({ key: ui.uuid(), file, state: /** @type {const} */ ("picked") }));
    setPicked((now) => [...now, ...some].slice(0, MOST_FILES));
  }

  /** Enter sends, Shift+Enter breaks the line; Enter that ends the composition of a character does neither.
   * @param {KeyboardEvent} event */
  function pressed(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) send(event);
  }

  /** @param {string} one */
  function insert(one) {
    const { current } = field;
    current?.setRangeText(one, current.selectionStart, current.selectionEnd, "end");
    write(current?.value ?? "");
  }

  /** @param {Event} event */
  function picksFrom(event) {
    const input = /** @type {HTMLInputElement} */ (event.target);
    pick(input.files);
    input.value = ""; // So that the same file can be picked again.
  }

  return html`
    ${picked.length > 0 && html`<${Later} of="Tray" ui=${ui} picked=${picked} setPicked=${setPicked} />`}
    ${isPicking && html`<${Later} of="Emoji" ui=${ui} onPick=${insert} onClose=${() => (setPicking(false), toField?.())} />`}
    <form class="composer" onSubmit=${send}>
      ${hasFiles !== false && html`<label class="attach" title=${t("attach")}>
        <input type="file" multiple aria-label=${t("attach")} onChange=${picksFrom} /><${Icon} name="clip" />
      </label>`}
      <textarea
        ref=${field}
        rows="1"
        aria-label=${placeholder}
        placeholder=${placeholder}
        maxlength=${state.limit}
        value=${text}
        onInput=${(/** @type {InputEvent} */ event) => write(/** @type {HTMLTextAreaElement} */ (event.target).value)}
        onKeyDown=${pressed}
        onPaste=${(/** @type {ClipboardEvent} */ event) => pick(event.clipboardData?.files)}
        onBlur=${session.stopTyping}
      ></textarea>
      ${hasEmoji !== false && html`<${Round} icon="smile" label=${t("emoji")} aria-expanded=${isPicking} onClick=${() => setPicking(!isPicking)} />`}
      <button class="send" aria-label=${t("send")} title=${t("send")} disabled=${!isReady}><${Icon} name="send" /></button>
    </form>
  `;
}
