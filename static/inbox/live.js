/**
 * What the log says has changed is asked for in one request and put in its place. The page asks again until it has it;
 * a page that cannot be mended this way is rendered anew by the server ("resync is boot").
 */
import { showBanner, hideBanner } from "./banner.js";
import { html } from "./http.js";
import { forgetWaiting, isWaiting, markRows, replaceRows, theList } from "./list.js";
import { readAnew, takeTimelines, unfolded } from "./log.js";
import { app, fact, find, findAll, morph, openContact, openConversation, parsed, process } from "./page.js";
import { firstSeq, isOfPerson, isOpenEnded, lastSeq, openThread, takeNews } from "./thread.js";
import { showTimes } from "./times.js";

/** Changes this close together are one request; a page that nobody looks at is in less of a hurry. */
const GATHER_MS = 120;
const UNSEEN_MS = 1500;
const MOST_ROWS = 60;
const LONGEST_MS = 20_000;
/** No part has such a number. */
const NONE = 2 ** 31 - 1;

/** `into`: the contact was a guest, and is that user now.
 * @typedef {{conversation?: string, contact?: string, into?: string, seq?: number}} Change */

/** Not on the screen yet.
 * @type {Change[]} */
let dirty = [];
/** What changed when, for answers that were on their way at that time.
 * @type {{at: number, change: Change}[]} */
let recent = [];
let isAsking = false;
let failures = 0;
/** @type {number | undefined} */
let timer;
/** When the next request is due, in ms of performance.now(). */
let due = Infinity;

/** Something changed: of which conversation and person, and from which part on.
 * @param {Change} change */
export function touch(change) {
  dirty.push(change);
  remember(change);
  schedule();
}

/** Something changed that is not on this screen, but may be on one that is on its way.
 * @param {Change} change */
export function remember(change) {
  const now = performance.now();
  recent = [...recent.filter((one) => now - one.at < 60_000), { at: now, change }].slice(-500);
}

/** The agent has read on in a conversation, which no row knows that was asked for before.
 * @param {string} conversation */
export function touchRead(conversation) {
  if (isAsking || isWaiting(conversation)) touch({ conversation });
  else remember({ conversation });
}

/** A part of the page was asked for at that moment: what changed since then may be missing in it.
 * @param {number} since ms of performance.now() */
export function touchAgain(since) {
  dirty.push(...recent.filter((one) => one.at >= since).map((one) => one.change));
  if (dirty.length) schedule();
}

/** Somebody looks at the page again. */
export function hurry() {
  if (dirty.length) schedule(0);
}

/** The network is back: what could not be asked for is asked for now. */
export function askAgain() {
  failures = 0;
  due = Infinity;
  clearTimeout(timer);
  hurry();
}

/** Render the whole screen anew. Resolves with the cursor from before it was rendered.
 * @returns {Promise<string>} */
export async function renew() {
  const since = performance.now();
  const fresh = find("#app", parsed(await html(location.href)));
  if (!fresh) throw new Error("The answer was not a screen of the inbox.");
  dirty = [];
  forgetWaiting();
  fresh.dataset.pane = app().dataset.pane;
  if (app().dataset.panel !== undefined) fresh.dataset.panel = "";
  morph(app(), fresh);
  process(app());
  refreshed();
  openThread();
  touchAgain(since); // What changed meanwhile may be missing in it.
  return fact("cursor");
}

/** Ask soon. One change after another does not put off what is due, nor hurry a server that could not answer.
 * @param {number} [ms] */
function schedule(ms = document.hidden ? UNSEEN_MS : GATHER_MS) {
  if (isAsking || (failures && due < Infinity)) return;
  const delay = Math.max(ms, failures && backoff());
  if (performance.now() + delay >= due) return;
  clearTimeout(timer);
  due = performance.now() + delay;
  timer = window.setTimeout(ask, delay);
}

function backoff() {
  return Math.random() * Math.min(LONGEST_MS, 500 * 2 ** failures);
}

async function ask() {
  const asked = dirty;
  dirty = [];
  due = Infinity;
  isAsking = true;
  try {
    await (idsOf(asked).length > MOST_ROWS ? renew() : update(asked));
    failures = 0;
    hideBanner("behind");
  } catch (error) {
    failures += 1;
    dirty = [...asked, ...dirty];
    explain(/** @type {{status?: number}} */ (error).status ?? 0);
  }
  isAsking = false;
  if (dirty.length) schedule();
}

/** @param {number} status */
function explain(status) {
  if (status === 401) showBanner("signed_out");
  else if (status === 409) showBanner("switched");
  else if (status !== 0 && failures > 2) showBanner("behind"); // No answer at all is the connection's own banner.
}

/** @param {Change[]} asked */
async function update(asked) {
  const ids = idsOf(asked);
  const question = fact("page") === "log" ? ofLog(ids) : ofInbox(ids, asked);
  const list = theList();
  const query = narrowing();
  const thread = openConversation();
  const unfoldedBefore = unfolded();
  const answer = parsed(await html(question));
  if (theList() !== list || fact("page") === "") return; // Another screen by now, which is newer than this answer.
  if (narrowing() !== query) return void dirty.push(...asked); // Narrowed meanwhile: asked for the list of now.
  const views = find("#views", answer);
  const old = find("#views");
  if (views && old) keepLabel(old, views);
  const count = find("#people-count", answer);
  if (count) find("#people-count")?.replaceChildren(...count.childNodes);
  replaceRows(ids, /** @type {HTMLElement} */ (find("#rows, #people", answer)));
  const news = find("#news", answer);
  if (news && openConversation() === thread) takeThread(news);
  takeTimelines(answer);
  for (const { contact = "", into } of asked) if (into) readAnew(into, unfoldedBefore.includes(contact));
  refreshed();
}

/** @param {HTMLElement} news */
function takeThread(news) {
  const isSamePerson = isOfPerson(news);
  takeNews(news);
  // Every part may say who wrote it: when that has changed, all of them are asked for.
  if (!isSamePerson) touch({ conversation: openConversation(), seq: firstSeq() });
  else if (news.dataset.more !== undefined && !(isOpenEnded() && lastSeq(news) >= lastSeq())) touch({ conversation: openConversation(), seq: lastSeq(news) + 1 });
}

/** The ids of the rows that may have changed.
 * @param {Change[]} changes */
function idsOf(changes) {
  if (fact("page") === "log") return unique(changes.map((one) => one.contact));
  const ofPeople = changes.filter((one) => !one.conversation).flatMap((one) => rowsOfContact(one.contact));
  return unique([...changes.map((one) => one.conversation), ...ofPeople]);
}

/** @param {string | undefined} contact */
function rowsOfContact(contact) {
  return findAll(`#rows > [data-contact="${contact}"]`).map((row) => row.dataset.id);
}

/** What the list on the screen is narrowed to: the inbox's as a query, the log's as words. */
function narrowing() {
  if (fact("page") === "log") return /** @type {HTMLInputElement | null} */ (find("#q"))?.value ?? "";
  return find("#rows")?.dataset.query ?? "";
}

/** @param {string[]} ids
 * @param {Change[]} changes */
function ofInbox(ids, changes) {
  const query = new URLSearchParams(`${narrowing()}&ids=${ids.join(",")}`);
  const open = openConversation();
  const contact = openContact();
  const own = changes.filter((one) => one.conversation === open || (!one.conversation && one.contact === contact));
  if (open && own.length) {
    const from = Math.min(isOpenEnded() ? NONE : lastSeq() + 1, ...own.map((one) => one.seq ?? Infinity));
    query.set("open", open);
    query.set("after", String(from - 1));
  }
  return `${fact("base")}live/?${query}`;
}

/** @param {string[]} ids */
function ofLog(ids) {
  const open = unfolded().filter((id) => ids.includes(id));
  const query = new URLSearchParams({ q: narrowing(), ids: ids.join(","), open: open.join(",") });
  return `${fact("base")}log/live/?${query}`;
}

/** Where one is stays marked: the answer does not know which page asked for it.
 * @param {HTMLElement} old
 * @param {HTMLElement} fresh */
function keepLabel(old, fresh) {
  const list = find("ul", old);
  const counted = find("ul", fresh);
  const here = find("[aria-current]", old)?.id;
  for (const link of findAll("[aria-current]", fresh)) link.removeAttribute("aria-current");
  if (here) find(`#${CSS.escape(here)}`, fresh)?.setAttribute("aria-current", "page");
  if (list && counted) morph(list, counted);
  process(old);
}

function refreshed() {
  showTimes();
  markRows();
  app().dispatchEvent(new CustomEvent("curbe:fresh", { bubbles: true }));
}

/** @param {(string | undefined)[]} ids
 * @returns {string[]} */
function unique(ids) {
  return [...new Set(ids.filter((id) => id !== undefined))];
}
