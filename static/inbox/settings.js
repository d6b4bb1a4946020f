/** An agent's own settings: saved as they are changed, and in force at once. */
import { showBanner } from "./banner.js";
import { api } from "./http.js";
import { app, find } from "./page.js";
import { mayNotify, play } from "./notify.js";
import { text } from "./texts.js";

/** @type {Record<string, string>} */
const DARK_WHEN = { system: "(prefers-color-scheme: dark)", light: "not all", dark: "all" };

/** Saves follow each other: each answers with all preferences. @type {Promise<void>} */
let saving = Promise.resolve();
let changes = 0;

/** @param {HTMLInputElement | HTMLSelectElement} input */
function changed(input) {
  const number = ++changes;
  say(""); // What it said was of the wish before.
  const isAllowed = input.name === "desktop" && isOn(input) ? mayNotify() : true; // Asked while the click counts.
  saving = saving
    .then(async () => ((await isAllowed) ? save(input) : refuse(/** @type {HTMLInputElement} */ (input))))
    .then((isSaved) => (isSaved && number === changes ? say(text("saved")) : undefined))
    .catch(() => showBanner("failed")); // Handled: the reader is told.
}

/** @param {HTMLInputElement | HTMLSelectElement} input */
function isOn(input) {
  return input instanceof HTMLInputElement && input.checked;
}

/** @param {HTMLInputElement | HTMLSelectElement} input */
async function save(input) {
  const value = input instanceof HTMLInputElement ? input.checked : input.value;
  const preferences = await api("PATCH", "me/preferences", { [input.name]: value });
  Object.assign(app().dataset, { preferences: JSON.stringify(preferences), sendKey: preferences.send_key });
  /** @type {HTMLLinkElement} */ (find("#dark")).media = DARK_WHEN[preferences.theme] ?? "";
  return true;
}

/** @param {string} state */
function say(state) {
  const saved = find("#saved");
  if (saved) saved.textContent = state;
}

/** @param {HTMLInputElement} input */
function refuse(input) {
  input.checked = false;
  Object.assign(find("#desktop-refused") ?? {}, { hidden: false });
  return false;
}

document.addEventListener("change", ({ target }) => {
  const input = /** @type {HTMLInputElement | HTMLSelectElement} */ (target);
  if (input.closest("#preferences")) changed(input);
});
document.addEventListener("click", ({ target }) => {
  if (/** @type {Element} */ (target).closest("[data-setting=try-sound]")) play();
});
