/** The chat log: timelines of people, unfolded below their rows and kept up to date while they are. */
import { arrange } from "./arrange.js";
import { find, findAll, morph } from "./page.js";

/** The people whose timeline is on the screen. */
export function unfolded() {
  const open = findAll("#people details[open] .timeline > .parts");
  return open.map((list) => list.dataset.contact ?? "");
}

/** A page of a timeline arrived: the first one is shown from its end, an earlier one does not move what is read.
 * @param {HTMLElement} timeline
 * @param {number} fromEnd how far its end was below the top edge, before; 0 for the first page */
export function showTimeline(timeline, fromEnd) {
  const list = find(".parts", timeline);
  if (!list) return;
  arrange(list);
  timeline.scrollTop = timeline.scrollHeight - (fromEnd || 0);
}

/** Put the newest parts of unfolded timelines below what they already show.
 * @param {Document} answer */
export function takeTimelines(answer) {
  for (const fresh of findAll("body > .parts", answer)) {
    const list = find(`.timeline > .parts[data-contact="${fresh.dataset.contact}"]`);
    if (list) takeParts(list, findAll(":scope > .part", fresh));
  }
}

/** A guest's timeline became part of this person's, anywhere between what it shows: read it from the server again.
 * @param {string} contact
 * @param {boolean} isRead the guest's was unfolded, so whoever read it reads on here */
export function readAnew(contact, isRead) {
  const details = /** @type {HTMLDetailsElement | null} */ (find(`#person-${contact} details`));
  const timeline = details && find(".timeline", details);
  if (!timeline) return;
  const path = details.getAttribute("hx-get") ?? "";
  // One that was never unfolded asks by itself when it is.
  if (find(".parts", timeline)) window.htmx.ajax("GET", path, { source: details, target: timeline, swap: "innerHTML show:none" });
  if (isRead) details.open = true;
}

/** @param {HTMLElement} list
 * @param {HTMLElement[]} parts */
function takeParts(list, parts) {
  const timeline = /** @type {HTMLElement} */ (list.parentElement);
  const isAtEnd = timeline.scrollHeight - timeline.scrollTop - timeline.clientHeight < 60;
  for (const part of parts) {
    const old = find(`#${part.id}`, list);
    if (old) morph(old, part);
    else insert(list, part);
  }
  arrange(list);
  if (isAtEnd) timeline.scrollTop = timeline.scrollHeight;
}

/** @param {HTMLElement} list
 * @param {HTMLElement} part */
function insert(list, part) {
  const later = findAll(":scope > .part", list).find((one) => (one.dataset.at ?? "") > (part.dataset.at ?? ""));
  list.insertBefore(document.importNode(part, true), later ?? null);
}
