/** Requests of the page: parts of screens from /inbox/, and the agent API. All name the tenant and the page's trace. */
import { hex } from "../widget/browser.js";
import { fact } from "./page.js";

/** One trace for all that this page does; it is in the server's logs. */
export const TRACE = hex(12);
const PATIENCE_MS = 15_000;

/** An answer that is not a success, or none (status 0). */
export class Refused extends Error {
  /** @param {number} status
   * @param {string} code
   * @param {number} [retryAfter] seconds
   * @param {any} [body] all that the API said */
  constructor(status, code, retryAfter, body) {
    super(`${status} ${code}`);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
    this.body = body;
  }
}

/** Get a page or a part of one. Rejects with Refused.
 * @param {string} url
 * @returns {Promise<string>} */
export async function html(url) {
  const answer = await request(url, {});
  if (!answer.ok) throw new Refused(answer.status, "");
  return answer.text();
}

/** Call the agent API. Rejects with Refused.
 * @param {"GET" | "POST" | "PUT" | "PATCH" | "DELETE"} method
 * @param {string} path below /api/inbox/
 * @param {object} [body]
 * @param {AbortSignal} [signal] when one waits no longer, instead of 15 s from now
 * @returns {Promise<any>} */
export async function api(method, path, body, signal) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
  const answer = await request(`/api/inbox/${path}`, { method, headers, signal, body: body && JSON.stringify(body) });
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  const error = await answer.json().catch(() => null); // Handled: not from us, so there is no code in it.
  throw new Refused(answer.status, error?.errors?.[0]?.code ?? "", Number(answer.headers.get("Retry-After")) || undefined, error);
}

/** Send a form to a screen. Rejects with Refused.
 * @param {string} url
 * @param {Record<string, string>} fields
 * @returns {Promise<any>} */
export async function post(url, fields) {
  const body = new URLSearchParams(fields);
  const answer = await request(url, { method: "POST", headers: { "X-CSRFToken": csrfToken(), "HX-Request": "true" }, body });
  if (!answer.ok) throw new Refused(answer.status, "");
  return answer.json();
}

/** Send a file up. Rejects with Refused.
 * @param {string} path below /api/inbox/
 * @param {FormData} form
 * @param {(share: number) => void} tell how much of it is there, from 0 to 1
 * @param {AbortSignal} signal
 * @returns {Promise<any>} */
export function upload(path, form, tell, signal) {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest(); // `fetch` does not tell how far it is.
    sending.open("POST", `/api/inbox/${path}`);
    for (const [name, value] of Object.entries({ ...names(), "X-CSRFToken": csrfToken() })) sending.setRequestHeader(name, value);
    sending.responseType = "json";
    sending.upload.onprogress = ({ loaded, total }) => tell(total ? loaded / total : 0);
    sending.onerror = () => reject(new Refused(0, "network"));
    sending.onload = () =>
      sending.status < 300 ? resolve(sending.response) : reject(new Refused(sending.status, sending.response?.errors?.[0]?.code ?? ""));
    signal.addEventListener("abort", () => sending.abort());
    sending.send(form);
  });
}

/** Ask for events, for as long as the signal allows. Rejects without an answer.
 * @param {string} query
 * @param {AbortSignal} signal */
export function poll(query, signal) {
  return fetch(`/api/inbox/events?${query}`, { headers: names(), signal });
}

/** @param {string} url
 * @param {RequestInit} options */
async function request(url, options) {
  const headers = { ...options.headers, ...names() };
  try {
    return await fetch(url, { ...options, headers, signal: options.signal ?? AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    throw new Refused(0, "network");
  }
}

function names() {
  return { "X-Curbe-Tenant": fact("tenant"), "X-Trace-Id": TRACE };
}

function csrfToken() {
  return /** @type {HTMLMetaElement | null} */ (document.querySelector("meta[name=csrf-token]"))?.content ?? "";
}
