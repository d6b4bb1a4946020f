/** The bar above the list: what is chosen there is asked for at once, without leaving the open conversation. */
import { showBanner } from "./banner.js";
import { html } from "./http.js";
import { forgetWaiting, markRows } from "./list.js";
import { touchAgain } from "./live.js";
import { app, fact, find, morph, openConversation, parsed, process } from "./page.js";
import { showTimes } from "./times.js";

const TYPING_MS = 250;
/** @type {number | undefined} */
let timer;
/** Only the last answer counts. */
let asked = 0;

export function startFilters() {
  document.addEventListener("change", ({ target }) => isOfBar(target, "select") && ask());
  document.addEventListener("input", ({ target }) => isOfBar(target, "input") && ask(TYPING_MS));
  document.addEventListener("submit", (event) => {
    if (/** @type {HTMLElement} */ (event.target).id !== "narrow") return;
    event.preventDefault();
    ask();
  });
}

/** @param {EventTarget | null} target
 * @param {string} kind */
function isOfBar(target, kind) {
  return target instanceof HTMLElement && target.matches(`#narrow ${kind}`);
}

function ask(ms = 0) {
  clearTimeout(timer);
  const number = ++asked; // What is still on its way would take back what was chosen now.
  timer = window.setTimeout(() => void show(address(), number), ms);
}

/** The page's address with what the bar says. */
function address() {
  const form = /** @type {HTMLFormElement} */ (find("#narrow"));
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) query.set(name, String(value));
  const open = openConversation();
  return `${fact("base")}${open ? `c/${open}/` : ""}?${query}`;
}

/** @param {string} url
 * @param {number} number */
async function show(url, number) {
  const since = performance.now();
  find("#list")?.setAttribute("aria-busy", "true");
  try {
    const answer = parsed(await html(url));
    if (number === asked) take(answer, url);
    touchAgain(since);
  } catch {
    showBanner("failed"); // Handled: the reader is told, and the list is as it was.
  }
  if (number === asked) find("#list")?.removeAttribute("aria-busy");
}

/** @param {Document} answer
 * @param {string} url */
function take(answer, url) {
  const [old, fresh] = [find("#list"), find("#list", answer)];
  const [rail, newRail] = [find("#views > ul"), find("#views > ul", answer)];
  if (!old || !fresh) return;
  history.replaceState({ htmx: true }, "", url);
  forgetWaiting();
  morph(old, fresh);
  if (rail && newRail) morph(rail, newRail);
  process(app());
  showTimes();
  markRows();
  app().dispatchEvent(new CustomEvent("curbe:rows", { bubbles: true }));
}
