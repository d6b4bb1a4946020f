/**
 * The small pieces that every screen is made of.
 *
 * @import {Session} from "./session.js"
 * @import {Face, Participant} from "../realtime/types.js"
 * @import {State} from "./types.js"
 */

import { h } from "../vendor/preact.js";
import htm from "../vendor/htm.js";
import { ago, exactTime, expectation } from "./look.js";

export const html = htm.bind(h);

/**
 * What every screen gets: the state, what can be done, and how to say things.
 * @typedef {object} Ui
 * @property {State} state
 * @property {Session} session
 * @property {(key: string, values?: Record<string, string | number>) => string} t
 * @property {string} lang
 * @property {number} now ms since the epoch, moves every half minute
 * @property {boolean} isDebugging
 * @property {() => string} uuid
 * @property {() => void} close
 * @property {(message: {t: string}) => void} say to the host page
 * @property {() => Promise<void>} startOver as a guest of whom nothing is known; rejects with ApiError
 * @property {(text: string) => void} copy
 * @property {() => Promise<void>} more words and styles of the parts that are loaded later
 * @property {() => void} [toField] in a conversation: to where the visitor writes
 * @property {() => void} lack says that a part of the frame could not be loaded
 * @property {(thread: string) => void} look says that the end of the thread is on the screen
 */

/** @type {Record<string, string>} */
const PATHS = {
  back: "m14.5 5-7 7 7 7",
  close: "M6 6l12 12M18 6 6 18",
  next: "m9.5 5 7 7-7 7",
  down: "M12 5v14m-6-6 6 6 6-6",
  send: "M12 19V5m-6 6 6-6 6 6",
  plus: "M12 5v14M5 12h14",
  home: "M4 11.2 12 4l8 7.2V19a1 1 0 0 1-1 1h-4.6v-5.4H9.6V20H5a1 1 0 0 1-1-1Z",
  messages: "M12 4c-4.7 0-8.5 3.2-8.5 7.1 0 2.3 1.3 4.3 3.3 5.6l-.6 3.6 3.7-1.9c.7.1 1.4.2 2.1.2 4.7 0 8.5-3.1 8.5-7S16.7 4 12 4Z",
  clock: "M12 7v5.2l3 1.8M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z",
  check: "m5 12.5 4.5 4.5L19 7.5",
  clip: "m8 13 6-6a2.8 2.8 0 0 1 4 4l-7.5 7.5a5 5 0 0 1-7-7L11 4",
  search: "m20 20-4.4-4.4M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Z",
  help: "M9.5 9.3a2.6 2.6 0 1 1 3.6 2.4c-.7.3-1.1.9-1.1 1.6v.4m0 3v.1M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  smile: "M8.5 14.5a4.5 4.5 0 0 0 7 0M9 9.5v.1m6-.1v.1M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7 8.5a7 7 0 0 1 14 0",
  spark: "m12 4 2 6 6 2-6 2-2 6-2-6-6-2 6-2Z",
  alert: "M12 7v6m0 3.5v.1M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z",
};

/** @param {{name: string}} props */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
}

/** A picture, or the initials on a colour that stays with the name; of the assistant a mark that is no face.
 * @param {{who: Face | Participant | {name: string, kind?: string, avatar_url?: string | null}}} props */
export function Avatar({ who }) {
  if ("kind" in who && who.kind === "assistant") return html`<span class="avatar mark"><${Icon} name="spark" /></span>`;
  if (who.avatar_url) return html`<img class="avatar" src=${who.avatar_url} alt="" />`;
  const words = who.name.trim().split(/\s+/);
  const initials = [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...(word ?? "")][0] ?? "").join("");
  const tone = [...who.name].reduce((sum, char) => (sum * 31 + (char.codePointAt(0) ?? 0)) % 6, 7) % 6;
  return html`<span class=${`avatar tone${tone}`} aria-hidden="true">${initials.toLocaleUpperCase() || "•"}</span>`;
}

/** @param {{people: {name: string, avatar_url?: string | null}[]}} props */
export function Avatars({ people }) {
  return html`<span class="avatars">${people.slice(0, 3).map((who) => html`<${Avatar} who=${who} />`)}</span>`;
}

/** How many are unread; nothing when none is.
 * @param {{ui: Ui, n: number}} props */
export function Count({ ui, n }) {
  return n > 0 && html`<span class="count"><span aria-hidden="true">${n}</span><span class="sr">${ui.t("unread", { n })}</span></span>`;
}

/** @param {{ui: Ui, at: string}} props */
export function Ago({ ui, at }) {
  return html`<time datetime=${at} title=${exactTime(at, ui.lang)}>${ago(at, ui.now, ui.lang, ui.t("justNow"))}</time>`;
}

/** Whether somebody is there, and when they answer.
 * @param {{ui: Ui}} props */
export function Presence({ ui: { state, t, now, lang } }) {
  return html`<small class=${state.availability.online ? "is-online" : ""}>${t(...expectation(state.availability, now, lang))}</small>`;
}

/** A button that is an icon, with its name for those who do not see it and for those who wonder.
 * @param {{icon: string, label: string, class?: string, children?: any, [more: string]: any}} props */
export function Round({ icon, label, class: more = "", children, ...rest }) {
  return html`<button type="button" class=${`round ${more}`} title=${label} ...${rest}><${Icon} name=${icon} /><span class="sr">${label}</span>${children}</button>`;
}

/** @param {{ui: Ui}} props */
export function CloseButton({ ui }) {
  return html`<${Round} icon="close" label=${ui.t("close")} onClick=${ui.close} />`;
}

/** The server's sanitised rendering of a message: the only HTML that is ever inserted. Its links leave the frame.
 * @param {{markup: string}} props */
export function Rich({ markup }) {
  return html`<div class="rich" onClick=${openLink} dangerouslySetInnerHTML=${{ __html: markup }}></div>`;
}

/** @param {MouseEvent} event */
function openLink(event) {
  const link = /** @type {Element} */ (event.target).closest("a[href]");
  if (!link) return;
  event.preventDefault();
  // A place of "this site" is one of the site that the visitor is on.
  window.open(new URL(link.getAttribute("href") ?? "", decodeURIComponent(location.hash.slice(1))), "_blank", "noopener");
}
