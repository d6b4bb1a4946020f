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
   * @param {number} [retryAfter] seconds */
  constructor(status, code, retryAfter) {
    super(`${status} ${code}`);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
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
 * @param {"POST" | "PUT"} method
 * @param {string} path below /api/inbox/
 * @param {object} body
 * @returns {Promise<any>} */
export async function api(method, path, body) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
  const answer = await request(`/api/inbox/${path}`, { method, headers, body: JSON.stringify(body) });
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  const error = await answer.json().catch(() => null); // Handled: not from us, so there is no code in it.
  throw new Refused(answer.status, error?.errors?.[0]?.code ?? "", Number(answer.headers.get("Retry-After")) || undefined);
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
    return await fetch(url, { ...options, headers, signal: AbortSignal.timeout(PATIENCE_MS) });
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
