/** The one line above everything that says what is wrong with the page, and what can be done. */
import { fact, find, make } from "./page.js";
import { text } from "./texts.js";

/** What one has just tried, and why it did not work.
 * @typedef {"failed" | "file_many" | "files_not_ready" | "edit_late"} Refusal */
/** @typedef {"recovering" | "offline" | "polling" | "behind" | "switched" | "signed_out" | Refusal} Trouble */

/** These do not pass by themselves, so nothing that passes covers them. */
const FINAL = new Set(["switched", "signed_out"]);
/** Nothing that the reader could do would help. */
const PATIENT = new Set(["failed", "file_many", "files_not_ready", "edit_late", "offline", "polling"]);
/** These go after a while, and what they covered is there again. */
const FLEETING = new Set(["failed", "file_many", "files_not_ready", "edit_late"]);
const FLEETING_MS = 6000;
/** @type {Trouble | null} */
let shown = null;
/** @type {{trouble: Trouble, act: () => void} | null} */
let lasting = null;
/** @type {number | undefined} */
let timer;

/** @param {Trouble} trouble
 * @param {() => void} [act] what its button does; by default it loads what can be loaded now */
export function showBanner(trouble, act = () => (trouble === "switched" ? location.assign(fact("base")) : location.reload())) {
  const banner = find("#banner");
  if (!banner || shown === trouble || (shown && FINAL.has(shown))) return;
  shown = trouble;
  if (!FLEETING.has(trouble)) lasting = { trouble, act };
  const button = make("button", "button", text(labelOf(trouble)));
  button.addEventListener("click", act);
  banner.replaceChildren(make("span", "", text(trouble, { tenant: fact("tenantName") })));
  if (!PATIENT.has(trouble)) banner.append(button);
  banner.dataset.trouble = trouble;
  banner.hidden = false;
  clearTimeout(timer);
  if (FLEETING.has(trouble)) timer = window.setTimeout(() => hideBanner(trouble), FLEETING_MS);
}

/** The trouble is over; others stay.
 * @param {...Trouble} troubles */
export function hideBanner(...troubles) {
  if (lasting && troubles.includes(lasting.trouble)) lasting = null;
  if (!shown || !troubles.includes(shown)) return;
  shown = null;
  const banner = find("#banner");
  if (banner) banner.hidden = true;
  if (lasting) showBanner(lasting.trouble, lasting.act);
}

/** @param {Trouble} trouble */
function labelOf(trouble) {
  return trouble === "signed_out" ? "sign_in" : trouble === "recovering" ? "retry_now" : "reload";
}
