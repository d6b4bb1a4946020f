/** The files that go with the next message: each is sent up as soon as it is chosen, pasted or dropped. */
import { retryDelay } from "../realtime/outbox.js";
import { uuid } from "../widget/browser.js";
import { showBanner } from "./banner.js";
import { upload } from "./http.js";
import { find, make, openConversation } from "./page.js";
import { announce } from "./tabs.js";
import { text } from "./texts.js";

/** @typedef {{id: string, name: string}} Sent */
/** @typedef {{key: string, file: File, conversation: string, stop: AbortController, share: number, problem: string, sent: Sent | null}} Picked */

const MOST_BYTES = 25 * 1024 * 1024;
const MOST_FILES = 5;
/** So often a file is sent up again by itself when the connection broke. */
const MOST_TRIES = 4;
/** @type {Record<string, string>} */
const PROBLEMS = { file_too_large: "file_too_large", file_type_unsupported: "file_kind", file_content_mismatch: "file_kind", file_empty: "file_kind" };
/** @type {Picked[]} */
let picked = [];

/** Files for the open conversation.
 * @param {Iterable<File>} files */
export function pickFiles(files) {
  const conversation = openConversation();
  for (const file of files) {
    if (here().length >= MOST_FILES) return showBanner("file_many");
    const one = { key: uuid(), file, conversation, stop: new AbortController(), share: 0, problem: "", sent: null };
    picked = [...picked, one];
    void sendUp(one);
  }
}

/** Another thread is on the screen: its files are in the tray. */
export function showTray() {
  find("#tray")?.replaceChildren(...here().map(row));
}

/** Whether the message may go: nothing is on its way up, or has failed to get there. */
export function isReady() {
  return here().every((one) => one.sent);
}

/** @returns {boolean} */
export function hasFiles() {
  return here().length > 0;
}

/** Hand over the files of the open conversation: they belong to a message now.
 * @returns {Sent[]} */
export function takeFiles() {
  const taken = here().flatMap((one) => one.sent ?? []);
  picked = picked.filter((one) => one.conversation !== openConversation());
  showTray();
  return taken;
}

function here() {
  return picked.filter((one) => one.conversation === openConversation());
}

/** @param {Picked} one */
async function sendUp(one) {
  Object.assign(one, { problem: "", share: 0 });
  if (one.file.size > MOST_BYTES) one.problem = "file_too_large";
  showTray();
  if (one.problem) return;
  const form = new FormData();
  form.append("client_upload_id", one.key);
  form.append("file", one.file);
  for (let tries = 1; !one.sent && !one.problem && picked.includes(one); tries++) await tryOnce(one, form, tries);
  showTray();
  announce(`${one.file.name}: ${stateOf(one)}`);
}

/** @param {Picked} one
 * @param {FormData} form
 * @param {number} tries */
async function tryOnce(one, form, tries) {
  try {
    one.sent = await upload("attachments", form, (share) => progress(one, share), one.stop.signal);
  } catch (error) {
    const { status, code } = /** @type {import("./http.js").Refused} */ (error);
    const isOver = tries >= MOST_TRIES || (status >= 400 && status < 500 && status !== 429);
    if (isOver) one.problem = PROBLEMS[code] ?? "file_failed";
    else await new Promise((resolve) => setTimeout(resolve, retryDelay(tries, Math.random())));
  }
}

/** @param {Picked} one
 * @param {number} share */
function progress(one, share) {
  one.share = share;
  const bar = /** @type {HTMLProgressElement | null} */ (find(`#file-${one.key} progress`));
  if (bar) bar.value = share;
}

/** @param {Picked} one */
function stateOf({ problem, sent }) {
  return problem ? text(problem) : sent ? text("file_ready") : text("sending");
}

/** @param {Picked} one */
function row(one) {
  const line = make("li", one.problem ? "failed" : one.sent ? "ready" : "going");
  line.id = `file-${one.key}`;
  line.append(make("span", "name", one.file.name), make("small", "", stateOf(one)));
  if (!one.problem && !one.sent) {
    const bar = /** @type {HTMLProgressElement} */ (make("progress", ""));
    bar.value = one.share;
    bar.setAttribute("aria-label", one.file.name);
    line.append(bar);
  }
  if (one.problem === "file_failed") line.append(button(text("retry"), () => void sendUp(one)));
  line.append(button(text("file_remove", { name: one.file.name }), () => remove(one), "×"));
  return line;
}

/** @param {Picked} one */
function remove(one) {
  one.stop.abort();
  picked = picked.filter((other) => other !== one);
  showTray();
  find("#draft")?.focus();
}

/** @param {string} label
 * @param {() => void} act
 * @param {string} [sign] shown instead of the label */
function button(label, act, sign) {
  const element = /** @type {HTMLButtonElement} */ (make("button", "", sign ?? label));
  element.type = "button";
  if (sign) element.ariaLabel = element.title = label;
  element.addEventListener("click", act);
  return element;
}
