/** An agent's own settings: saved as they are changed, and in force at once. */
import { showBanner } from "./banner.js";
import { api } from "./http.js";
import { app, find } from "./page.js";
import { mayNotify, play } from "./notify.js";
import { text } from "./texts.js";

/** @type {Record<string, string>} */
const DARK_WHEN = { system: "(prefers-color-scheme: dark)", light: "not all", dark: "all" };

/** @param {HTMLInputElement | HTMLSelectElement} input */
async function changed(input) {
  const isSwitch = input instanceof HTMLInputElement;
  const value = isSwitch ? input.checked : input.value;
  if (input.name === "desktop" && value && !(await mayNotify())) return refuse(/** @type {HTMLInputElement} */ (input));
  const preferences = await api("PATCH", "me/preferences", { [input.name]: value });
  Object.assign(app().dataset, { preferences: JSON.stringify(preferences), sendKey: preferences.send_key });
  /** @type {HTMLLinkElement} */ (find("#dark")).media = DARK_WHEN[preferences.theme] ?? "";
  const saved = find("#saved");
  if (saved) saved.textContent = text("saved");
}

/** @param {HTMLInputElement} input */
function refuse(input) {
  input.checked = false;
  Object.assign(find("#desktop-refused") ?? {}, { hidden: false });
}

document.addEventListener("change", ({ target }) => {
  const input = /** @type {HTMLInputElement | HTMLSelectElement} */ (target);
  if (input.closest("#preferences")) void changed(input).catch(() => showBanner("failed")); // Handled: the reader is told.
});
document.addEventListener("click", ({ target }) => {
  if (/** @type {Element} */ (target).closest("[data-setting=try-sound]")) play();
});
