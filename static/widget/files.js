/**
 * Files: the ones that are being sent up below the text field, and the ones that messages carry. Loaded with the first.
 *
 * @import {Attachment, Picked} from "./types.js"
 * @import {ApiError} from "./api.js"
 * @import {Ui} from "./parts.js"
 */

import { useEffect, useLayoutEffect, useState } from "../vendor/hooks.js";
import { retryDelay } from "../realtime/outbox.js";
import { html, Icon, Round } from "./parts.js";

const MOST_BYTES = 10 * 1024 * 1024;
/** So often a file is sent up again by itself when the connection broke. */
const MOST_TRIES = 4;
const UNITS = ["byte", "kilobyte", "megabyte"];
/** What a refusal is called on the screen. @type {Record<string, string>} */
const PROBLEMS = { file_too_large: "fileTooLarge", file_type_unsupported: "fileType", file_content_mismatch: "fileType", file_empty: "fileType" };
/** Files that were fetched once, for as long as the page lives. @type {Map<string, Promise<string>>} */
const fetched = new Map();

/** The files that go with the next message: each is sent up as soon as it is picked.
 * @param {{ui: Ui, picked: Picked[], setPicked: (act: (now: Picked[]) => Picked[]) => void}} props */
export function Tray({ ui, picked, setPicked }) {
  const remove = (/** @type {string} */ key) => (setPicked((now) => now.filter((one) => one.key !== key)), ui.toField?.());
  const change = (/** @type {string} */ key, /** @type {Partial<Picked>} */ fields) =>
    setPicked((now) => now.map((one) => (one.key === key ? { ...one, ...fields } : one)));
  useEffect(() => {
    for (const one of picked) if (one.state === "picked") void sendUp(one);
  }, [picked]);

  /** @param {Picked} one */
  async function sendUp({ key, file }) {
    if (file.size > MOST_BYTES) return change(key, { state: "failed", problem: "fileTooLarge" });
    change(key, { state: "sending" });
    for (let tries = 1; ; tries++) {
      try {
        return change(key, { state: "kept", kept: await upload(ui, key, file) });
      } catch (error) {
        const { status, code, retryAfter } = /** @type {ApiError} */ (error);
        const isOver = tries >= MOST_TRIES || (status >= 400 && status < 500 && status !== 429);
        if (isOver) return change(key, { state: "failed", problem: PROBLEMS[code] ?? "fileFailed" });
        await new Promise((resolve) => setTimeout(resolve, retryDelay(tries, Math.random(), retryAfter)));
      }
    }
  }

  return html`
    <ul class="tray">
      ${picked.map(({ key, file, state, problem }) => html`<li key=${key} class=${state}>
        <span class="name">${file.name}</span>
        <small role="status">${state === "failed" ? ui.t(problem ?? "") : state === "kept" ? sizeOf(file.size, ui.lang) : ui.t("fileSending")}</small>
        ${state === "failed" && problem === "fileFailed" && html`<button class="plain" type="button" onClick=${() => change(key, { state: "picked" })}>${ui.t("retry")}</button>`}
        <${Round} icon="close" label=${ui.t("fileRemove", { name: file.name })} onClick=${() => remove(key)} />
      </li>`)}
    </ul>
  `;
}

/** What a message carries: pictures to look at, other files to save.
 * @param {{ui: Ui, files: Attachment[], onShown: () => void}} props */
export function Files({ ui, files, onShown }) {
  useLayoutEffect(onShown, []);
  return html`<ul class="files">${files.map((file) => html`<li key=${file.id}><${file.width ? Picture : Saved} ui=${ui} file=${file} onShown=${onShown} /></li>`)}</ul>`;
}

/** @param {{ui: Ui, file: Attachment, onShown: () => void}} props */
function Picture({ ui, file, onShown }) {
  const [address, setAddress] = useState("");
  const [isMissing, setMissing] = useState(false);
  useEffect(() => void addressOf(ui, file).then(setAddress, () => setMissing(true)), []);
  useLayoutEffect(onShown, [address]);
  if (isMissing) return html`<${Saved} ui=${ui} file=${file} />`;
  return html`<button class="picture" type="button" title=${file.name} onClick=${() => save(ui, file)}>
    <img src=${address || undefined} alt=${file.name} width=${file.width} height=${file.height} />
  </button>`;
}

/** @param {{ui: Ui, file: Attachment}} props */
function Saved({ ui, file }) {
  const [isBusy, setBusy] = useState(false);
  const [hasFailed, setFailed] = useState(false);
  async function pressed() {
    setBusy(true);
    setFailed(await save(ui, file).then(() => false, () => true));
    setBusy(false);
  }
  return html`<button class="saved" type="button" disabled=${isBusy} onClick=${pressed}>
    <${Icon} name="down" /><span><span class="name">${file.name}</span><small>${hasFailed ? ui.t("fileMissing") : sizeOf(file.size, ui.lang)}</small></span>
  </button>`;
}

/** An address within this page for a file that only this session may have.
 * @param {Ui} ui
 * @param {Attachment} file
 * @returns {Promise<string>} */
function addressOf(ui, { id }) {
  const known = fetched.get(id);
  if (known) return known;
  const asked = ui.session.ask("GET", `attachments/${id}`).then((/** @type {Blob} */ content) => URL.createObjectURL(content));
  fetched.set(id, asked);
  asked.catch(() => fetched.delete(id)); // Handled by whoever asked; the next one asks the server again.
  return asked;
}

/** The same key is the same file. Rejects with ApiError.
 * @param {Ui} ui
 * @param {string} key
 * @param {File} file
 * @returns {Promise<Attachment>} */
function upload({ session }, key, file) {
  const form = new FormData();
  form.append("client_upload_id", key);
  form.append("file", file);
  return session.ask("POST", "attachments", form);
}

/** @param {Ui} ui
 * @param {Attachment} file */
async function save(ui, file) {
  const link = document.createElement("a");
  link.href = await addressOf(ui, file);
  link.download = file.name;
  link.click();
}

/** @param {number} bytes
 * @param {string} lang */
function sizeOf(bytes, lang) {
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const options = { style: "unit", unit: UNITS[step], unitDisplay: "short", maximumFractionDigits: step > 1 ? 1 : 0 };
  return new Intl.NumberFormat(lang, /** @type {Intl.NumberFormatOptions} */ (options)).format(bytes / 1024 ** step);
}
