/** The open conversation: its new parts, and the place one reads at. */
import { arrangeThread, seqOf } from "./arrange.js";
import { find, findAll, morph, process } from "./page.js";
import { beginReading, isAtEnd, readOn } from "./reading.js";
import { announce } from "./tabs.js";
import { text } from "./texts.js";

/** A thread is on the screen: begin at the part that was asked for, else where one stopped reading, else at the end. */
export function openThread() {
  const scroller = find("#thread-scroll");
  if (!scroller) return;
  arrangeThread();
  const asked = find(`#parts > .part[data-seq="${find("#thread")?.dataset.at}"]`);
  const fresh = find("#parts > .fresh");
  if (asked) showFound(asked);
  else if (fresh) fresh.scrollIntoView({ block: "start" });
  else scroller.scrollTop = scroller.scrollHeight;
  beginReading();
}

/** A part that one was looking for: in the middle, marked for a while, and where reading aloud goes on.
 * @param {HTMLElement} part */
function showFound(part) {
  part.classList.add("is-found");
  part.tabIndex = -1;
  part.focus({ preventScroll: true });
  part.scrollIntoView({ block: "center" });
}

/** Whether there is more of the thread after the last part on the screen. */
export function isOpenEnded() {
  return find("#parts > #newer") !== null;
}

/** The number of the last part on the screen, or of the last one in an answer.
 * @param {ParentNode} [within] */
export function lastSeq(within) {
  const last = findAll("#parts > .part", within).at(-1);
  return last ? seqOf(last) : 0;
}

/** The number of the first part on the screen. */
export function firstSeq() {
  const first = find("#parts > .part");
  return first ? seqOf(first) : 1;
}

/** Whether the thread on the screen says the same of whose it is.
 * @param {HTMLElement} news */
export function isOfPerson(news) {
  const { contact, person } = find("#thread")?.dataset ?? {};
  return contact === news.dataset.contact && person === news.dataset.person;
}

/** Take over the head, the panel and new or changed parts from the server's answer.
 * @param {HTMLElement} news */
export function takeNews(news) {
  tellWhose(news);
  replace("#thread-head", news);
  replace("#panel", news);
  keepPlace(() => {
    findAll("#parts > .part", news).forEach(put);
    arrangeThread();
  });
  readOn();
}

/** @param {HTMLElement} news */
function tellWhose(news) {
  const thread = find("#thread");
  const { contact, person = "" } = news.dataset;
  if (!thread || isOfPerson(news)) return;
  document.title = document.title.replace(thread.dataset.person ?? "", () => person);
  Object.assign(thread.dataset, { contact, person });
}

/** Do something that changes the height of the thread; whoever is at its end stays there, unless they hold a selection.
 * @param {() => void} change */
export function keepPlace(change) {
  const scroller = find("#thread-scroll");
  const wasAtEnd = scroller !== null && isAtEnd(scroller) && !isSelecting(scroller);
  change();
  if (scroller && wasAtEnd) scroller.scrollTop = scroller.scrollHeight;
}

/** @param {HTMLElement} scroller */
function isSelecting(scroller) {
  const selection = document.getSelection();
  return selection !== null && !selection.isCollapsed && scroller.contains(selection.anchorNode);
}

/** Go to the newest part. */
export function goToEnd() {
  if (isOpenEnded()) return find("#to-newest")?.click();
  const scroller = find("#thread-scroll");
  if (scroller) scroller.scrollTop = scroller.scrollHeight;
}

/** @param {string} selector
 * @param {HTMLElement} news */
function replace(selector, news) {
  const old = find(selector);
  const fresh = find(selector, news);
  if (!old || !fresh) return;
  const isUnfolded = find("#panel-button")?.getAttribute("aria-expanded") ?? "false";
  morph(old, fresh);
  find("#panel-button")?.setAttribute("aria-expanded", isUnfolded);
  const now = find(selector);
  if (now) process(now);
}

/** @param {HTMLElement} part */
function put(part) {
  const parts = /** @type {HTMLElement} */ (find("#parts"));
  const old = find(`#${part.id}`, parts);
  if (old) return morph(old, part);
  if (isOpenEnded()) return; // It comes after what is not on the screen yet.
  const next = findAll(":scope > .part", parts).find((one) => seqOf(one) > seqOf(part)) ?? null;
  parts.insertBefore(document.importNode(part, true), next);
  if (part.matches(".from-contact, .from-assistant") || find(".handover", part)) pointTo(part);
}

/** Say what the visitor or the assistant did to those who do not see it, and point to it when it is below the fold.
 * @param {HTMLElement} part */
function pointTo(part) {
  const scroller = find("#thread-scroll");
  const newest = find("#newest");
  if (scroller && newest && !isAtEnd(scroller)) newest.hidden = false;
  const name = find(".author", part)?.textContent ?? "";
  const said = (find(".bubble, .handover", part)?.textContent ?? "").replace(/\s+/g, " ").trim().slice(0, 200);
  announce(name ? text("said", { name, text: said }) : said);
}
