/** The inbox in the browser: wires what the page says and what people do to the modules that know about it. */
import { hideBanner, showBanner } from "./banner.js";
import { hearDraft, isSendKey, openComposer, resumeDraft, stopTyping, submit, turnTo, typed, wipeDrafts } from "./composer.js";
import { pressed, showKeys } from "./keys.js";
import { forgetWaiting, goToNewest, markRows, pointerMoved, scrolled } from "./list.js";
import { askAgain, hurry, touch, touchAgain, touchRead } from "./live.js";
import { showTimeline } from "./log.js";
import { hurryOutbox, showOutbox, startOutbox, wipeOutbox } from "./outbox.js";
import { app, fact, find, openConversation } from "./page.js";
import { showPresence } from "./presence.js";
import { attention, nudge, send, startStream } from "./stream.js";
import { markUnread, moved, readOn, startReading, takeRead } from "./reading.js";
import { pick, unpick } from "./selection.js";
import "./settings.js";
import { announce, startTabs, tellGone, tellMuted } from "./tabs.js";
import { startSearch } from "./search.js";
import { startTeamwork } from "./teamwork.js";
import { text } from "./texts.js";
import { goToEnd, isOpenEnded, openThread } from "./thread.js";
import { arrangeThread } from "./arrange.js";
import { showTimes } from "./times.js";

const TICK_MS = 30_000;
/** The team forgets after 60 s who looks at what. */
const VIEWING_MS = 45_000;
/** When each htmx request left, and how far the end of the scroller was from its top when the answer came.
 * @type {WeakMap<XMLHttpRequest, {at: number, fromEnd: number}>} */
const underway = new WeakMap();
let wentBackAt = 0;
/** @type {number | undefined} */
let viewingTimer;

/** A screen, or the main part of one, is there. */
function shown() {
  showTimes();
  markRows();
  openThread();
  openComposer();
  showOutbox();
  showPresence();
  clearTimeout(viewingTimer);
  viewingTimer = window.setTimeout(tellViewing, 600); // Stepping through the list is not viewing.
}

function tellViewing() {
  send({ t: "viewing", c: document.hidden ? null : openConversation() || null });
  clearTimeout(viewingTimer);
  if (openConversation()) viewingTimer = window.setTimeout(tellViewing, VIEWING_MS);
}

/** @param {Element} target */
function scrollerOf(target) {
  return /** @type {HTMLElement | null} */ (target.closest("#thread-scroll, .timeline"));
}

/** @type {Record<string, (event: CustomEvent) => void>} */
const HTMX = {
  "htmx:beforeRequest": ({ detail }) => {
    underway.set(detail.xhr, { at: performance.now(), fromEnd: 0 });
    if (detail.target.id === "main") stopTyping();
    if (detail.target.matches("[data-refusal]")) detail.target.replaceChildren();
  },
  "htmx:beforeSwap": ({ detail }) => {
    const request = underway.get(detail.xhr);
    const scroller = scrollerOf(detail.target);
    if (detail.xhr.status === 422 && detail.target.matches("[data-refusal]")) Object.assign(detail, { shouldSwap: true, isError: false });
    if (request && scroller && detail.target !== scroller && detail.target.id !== "newer") request.fromEnd = scroller.scrollHeight - scroller.scrollTop;
  },
  "htmx:afterSwap": ({ detail }) => detail.target && swapped(detail.target, underway.get(detail.xhr)),
  // Going back and forth: htmx gets the whole screen from the server, and names no target.
  "htmx:historyCacheMiss": () => {
    stopTyping();
    wentBackAt = performance.now();
  },
  "htmx:historyRestore": ({ detail }) => {
    // Gone back again before this page came: another address by now, and another thread.
    if (detail.path !== location.pathname + location.search) return location.reload();
    forgetWaiting();
    shown();
    touchAgain(wentBackAt);
  },
  "htmx:historyCacheMissLoadError": () => location.reload(),
  "htmx:responseError": ({ detail }) => refused(detail.xhr, detail.requestConfig),
  "htmx:sendError": () => showBanner("failed"),
  "htmx:timeout": () => showBanner("failed"),
};

/** @param {HTMLElement} target
 * @param {{at: number, fromEnd: number} | undefined} request */
function swapped(target, request) {
  if (target.id === "main") app().dataset.pane = "thread";
  if (target.id === "main" || target.id === "app") {
    forgetWaiting();
    shown();
  } else if (target.matches(".timeline")) showTimeline(target, 0);
  else filledIn(request?.fromEnd ?? 0);
  if (request) touchAgain(request.at);
}

/** An earlier page was put where its button was: what one reads stays where it is.
 * @param {number} fromEnd */
function filledIn(fromEnd) {
  showTimes();
  markRows();
  showPresence();
  arrangeThread();
  if (!isOpenEnded()) find("#to-newest")?.remove();
  const scroller = find("#thread-scroll");
  if (scroller && fromEnd) scroller.scrollTop = scroller.scrollHeight - fromEnd;
}

/** @param {XMLHttpRequest} answer
 * @param {{verb: string, path: string}} request */
function refused({ status, responseText }, { verb, path }) {
  if (responseText === "tenant_switched") showBanner("switched");
  else if (status === 404 && verb === "get") location.assign(path);
  else if (status !== 401) showBanner("failed"); // With 401 comes where to go, and htmx goes there.
}

/** @type {Record<string, (element: HTMLElement, event: Event) => void>} */
const ACTS = {
  panel: togglePanel,
  keys: showKeys,
  newest: goToEnd,
  newer: goToNewest,
  pick,
  unpick: () => void unpick(),
  unread: () => void markUnread().catch(() => showBanner("failed")), // Handled: the reader is told.
  back: (element, event) => {
    event.preventDefault();
    backToList(/** @type {HTMLAnchorElement} */ (element).href);
  },
};

/** The server tells this agent's other computers, and nobody of it in the log.
 * @param {{conversation: string, on: boolean}} what */
function muted({ conversation, on }) {
  touch({ conversation });
  tellMuted(conversation);
  announce(text(on ? "muted" : "unmuted"));
}

function togglePanel() {
  const isOpen = app().toggleAttribute("data-panel");
  find("#panel-button")?.setAttribute("aria-expanded", String(isOpen));
  find(isOpen ? "#panel [data-act=panel]" : "#panel-button")?.focus();
}

/** On a phone the list is another page; the thread is left.
 * @param {string} address */
function backToList(address) {
  const left = openConversation();
  stopTyping();
  find("#main")?.replaceChildren();
  app().dataset.pane = "list";
  app().removeAttribute("data-panel");
  history.pushState({ htmx: true }, "", address);
  shown();
  find(`#row-${left} > a`)?.focus();
}

/** @param {MouseEvent} event */
function clicked(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  const acting = /** @type {HTMLElement | null} */ (target.closest("[data-act]"));
  if (acting) ACTS[acting.dataset.act ?? ""]?.(acting, event);
  const kind = /** @type {HTMLElement | null} */ (target.closest(".kinds button"))?.dataset.kind;
  if (kind) {
    turnTo(kind === "note" ? "note" : "message");
    find("#draft")?.focus();
  }
  const link = /** @type {HTMLAnchorElement | null} */ (target.closest(".prose a"));
  if (link) link.target = "_blank"; // A visitor's link must not replace the inbox; its rel keeps the opener away.
  if (!target.closest("#account")) find("#account")?.removeAttribute("open");
}

/** A link with Ctrl, ⌘ or Shift is the browser's: it opens a tab or a window, and this page stays.
 * @param {MouseEvent} event */
function leftToBrowser(event) {
  const isElsewhere = event.ctrlKey || event.metaKey || event.shiftKey;
  if (isElsewhere && /** @type {Element} */ (event.target).closest("a[hx-get]")) event.stopPropagation();
}

/** @param {SubmitEvent} event */
function submitted(event) {
  const form = /** @type {HTMLElement} */ (event.target);
  if (form.id === "composer") {
    event.preventDefault();
    submit();
  } else if (form.dataset.act === "sign-out") {
    wipeOutbox();
    wipeDrafts();
    tellGone();
  }
}

/** @param {KeyboardEvent} event */
function keyDown(event) {
  const isDraft = /** @type {HTMLElement} */ (event.target).id === "draft";
  if (isDraft && isSendKey(event)) {
    event.preventDefault();
    submit();
  } else pressed(event);
}

/** Somebody is back at the page, or has left it. */
function looked() {
  attention.look(!document.hidden);
  if (document.hidden) stopTyping();
  else {
    nudge();
    hurry();
    readOn();
  }
  tellViewing();
}

function listen() {
  for (const [name, act] of Object.entries(HTMX)) document.addEventListener(name, (event) => act(/** @type {CustomEvent} */ (event)));
  document.addEventListener("click", leftToBrowser, { capture: true });
  document.addEventListener("click", clicked);
  document.addEventListener("submit", submitted);
  document.addEventListener("keydown", keyDown);
  document.addEventListener("input", (event) => /** @type {HTMLElement} */ (event.target).id === "draft" && typed());
  document.addEventListener("focusout", (event) => /** @type {HTMLElement} */ (event.target).id === "draft" && stopTyping());
  document.addEventListener("pointermove", (event) => /** @type {Element} */ (event.target).closest?.("#rows, #people") && pointerMoved());
  document.addEventListener("scroll", (event) => /** @type {HTMLElement} */ (event.target).id === "thread-scroll" && readOn(), { capture: true, passive: true });
  for (const name of ["wheel", "touchmove", "keydown", "pointerdown"]) document.addEventListener(name, moved, { passive: true });
  document.addEventListener("curbe:fresh", () => (showOutbox(), showPresence()));
  document.addEventListener("curbe:rows", showPresence);
  document.addEventListener("curbe:muted", (event) => muted(/** @type {CustomEvent} */ (event).detail));
  document.addEventListener("visibilitychange", looked);
  window.addEventListener("pageshow", looked);
  document.addEventListener("scroll", (event) => /** @type {HTMLElement} */ (event.target).id === "list-scroll" && scrolled(), { capture: true, passive: true });
  window.addEventListener("focus", readOn);
  window.addEventListener("storage", ({ key }) => key && hearDraft(key));
  window.addEventListener("offline", () => showBanner("offline"));
  window.addEventListener("online", () => (hideBanner("offline"), nudge(true), hurryOutbox(), askAgain()));
  window.setInterval(showTimes, TICK_MS);
}

listen();
startTeamwork();
startSearch();
startOutbox();
startReading(touchRead);
startTabs(takeRead, (conversation) => touch({ conversation }));
attention.look(!document.hidden);
shown();
startStream(() => (hurryOutbox(), resumeDraft(), tellViewing()));
