/** The command bar: everything that can be done on this page, every list, and people and conversations by their names. */
import { html } from "./http.js";
import { folded } from "./menus.js";
import { find, findAll, make, parsed } from "./page.js";

/** @typedef {{label: string, key?: string, run: () => void}} Command */

/** With a name typed, so many commands leave room for what is found. */
const [MOST, MOST_ASKED] = [14, 6];
/** From here on a name has what was asked for in it, letter by letter. */
const IN_ONE = 900;
const TYPING_MS = 180;
/** @type {WeakMap<Element, () => void>} */
const runs = new WeakMap();
/** What a key does, for the commands that have no button.
 * @type {(key: string) => void} */
let press = () => {};
/** Where "g" and another key lead, by that key.
 * @type {Record<string, string>} */
let places = {};
/** @type {number | undefined} */
let timer;
let active = 0;

function bar() {
  return /** @type {HTMLDialogElement | null} */ (find("#commands"));
}

function field() {
  return /** @type {HTMLInputElement} */ (find("#command"));
}

function list() {
  return /** @type {HTMLElement} */ (find("#command-list"));
}

/** @param {(key: string) => void} pressKey
 * @param {Record<string, string>} led to, by the key after "g": entries of the rail */
export function startCommands(pressKey, led) {
  press = pressKey;
  places = led;
  field()?.addEventListener("input", () => show());
  field()?.addEventListener("keydown", keyDown);
  list()?.addEventListener("click", ({ target }) => run(/** @type {Element} */ (target).closest("[role=option]")));
  bar()?.addEventListener("click", ({ target }) => target === bar() && bar()?.close());
}

/** Open the bar, or close it again. */
export function toggleCommands() {
  const dialog = bar();
  if (!dialog || dialog.open) return dialog?.close();
  field().value = "";
  dialog.showModal();
  show();
}

function show() {
  const asked = field().value.trim();
  const fitting = commands()
    .map((one) => ({ ...one, score: score(folded(one.label), folded(asked)) }))
    .filter((one) => one.score > 0)
    .sort((one, other) => other.score - one.score);
  const exact = asked ? fitting.filter((one) => one.score > IN_ONE) : fitting;
  list().replaceChildren(...(exact.length ? exact : fitting).slice(0, asked ? MOST_ASKED : MOST).map(option));
  light(0);
  clearTimeout(timer);
  if (asked.length > 1) timer = window.setTimeout(() => void look(asked), TYPING_MS);
}

/** What the page offers, each once, the commands of its own first.
 * @returns {Command[]} */
function commands() {
  const own = /** @type {HTMLTemplateElement} */ (find("#own-commands")).content;
  const possible = findAll("button", own).filter(({ dataset: { needs } }) => !needs || find(needs));
  const keyed = possible.map(({ textContent, dataset: { key = "" } }) => ({ label: textContent ?? "", key, run: () => press(key) }));
  const shown = findAll("[data-command]").map((one) => ({ label: one.dataset.command ?? "", key: wayTo(one), run: () => one.click() }));
  const byLabel = new Map([...keyed, ...shown].map((one) => [one.label, one]));
  return [...byLabel.values()];
}

/** The keys that lead to an entry of the rail, such as "g m"; none for most.
 * @param {HTMLElement} entry */
function wayTo({ id }) {
  const [key] = Object.entries(places).find(([, place]) => id === `view-${place}`) ?? [];
  return key && `g ${key}`;
}

/** How well a name fits: its letters in this order, the better the closer and the earlier; 0 when it does not.
 * @param {string} name
 * @param {string} asked */
export function score(name, asked) {
  if (!asked) return 1;
  const at = name.indexOf(asked);
  if (at >= 0) return 1000 - at - name.length / 100 + (at === 0 || name[at - 1] === " " ? 500 : 0);
  let [from, gaps] = [0, 0];
  for (const letter of asked.replaceAll(" ", "")) {
    const next = name.indexOf(letter, from);
    if (next < 0) return 0;
    gaps += next - from;
    from = next + 1;
  }
  return 100 / (1 + gaps);
}

/** @param {Command} command
 * @param {number} number */
function option({ label, key, run: act }, number) {
  const item = make("li", "", label);
  if (key) {
    item.append(...key.split(" ").map((one) => make("kbd", "", one)));
    // Keys one after another have no notation there.
    if (key.length === 1) item.setAttribute("aria-keyshortcuts", key);
  }
  item.id = `command-${number}`;
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  runs.set(item, act);
  return item;
}

/** Ask the server for people and conversations of this name.
 * @param {string} asked */
async function look(asked) {
  const url = `${bar()?.dataset.find}?q=${encodeURIComponent(asked)}`;
  const found = findAll("[role=option]", parsed(await html(url).catch(() => ""))); // Handled: the commands are there.
  if (asked !== field().value.trim()) return;
  for (const item of found) list().append(document.importNode(item, true));
  light(active);
}

/** @param {KeyboardEvent} event */
function keyDown(event) {
  const all = findAll("[role=option]", list());
  const next = { ArrowDown: active + 1, ArrowUp: active - 1 }[event.key];
  if (next !== undefined) light((next + all.length) % (all.length || 1));
  else if (event.key === "Enter" && !event.isComposing) run(all[active] ?? null);
  else return;
  event.preventDefault();
}

/** @param {number} number */
function light(number) {
  active = number;
  const all = findAll("[role=option]", list());
  all.forEach((item, i) => item.setAttribute("aria-selected", String(i === number)));
  field().setAttribute("aria-activedescendant", all[number]?.id ?? "");
  all[number]?.scrollIntoView({ block: "nearest" });
  const nothing = find("#no-command");
  if (nothing) nothing.hidden = all.length > 0;
}

/** @param {Element | null} item */
function run(item) {
  if (!item) return;
  bar()?.close();
  const href = /** @type {HTMLElement} */ (item).dataset.href;
  if (href) location.assign(href);
  else runs.get(item)?.();
}
