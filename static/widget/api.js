/**
 * The visitor API over fetch: errors with their code, one trace id for everything this page does, and the session.
 *
 * @import {Store} from "../realtime/types.js"
 * @import {Snapshot} from "./types.js"
 */

const TIMEOUT_MS = 20_000;

/** An answer that is a refusal, or no answer at all (status 0). */
export class ApiError extends Error {
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

/** @typedef {(method: string, path: string, body?: object, token?: string | null) => Promise<any>} Request */

/** @param {string} traceId
 * @param {typeof fetch} [send]
 * @returns {Request} rejects with ApiError */
export function createApi(traceId, send = fetch.bind(globalThis)) {
  return async (method, path, body, token) => {
    const headers = { "Content-Type": "application/json", "X-Trace-Id": traceId, ...(token && { Authorization: `Bearer ${token}` }) };
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const options = { method, headers, signal, credentials: /** @type {const} */ ("omit"), body: body && JSON.stringify(body) };
    const response = await send(`/api/messenger/${path}`, options).catch(() => null);
    if (!response) throw new ApiError(0, "network");
    const data = response.status === 204 ? null : await response.json().catch(() => null);
    if (response.ok) return data;
    throw new ApiError(response.status, data?.errors?.[0]?.code ?? "error", Number(response.headers.get("Retry-After")) || undefined);
  };
}

/**
 * The session's token: bootstrap, one at a time, and requests that bootstrap again, once, when their session has ended.
 * @param {object} wiring
 * @param {Request} wiring.request
 * @param {Store} wiring.tabStore
 * @param {string} wiring.tokenKey
 * @param {() => object} wiring.body of the next bootstrap
 * @param {(snapshot: Snapshot) => void} wiring.begin
 * @param {(error: ApiError) => void} wiring.failed
 * @param {() => boolean} wiring.isOver the visitor has signed out
 */
export function createEntry({ request, tabStore, tokenKey, body, begin, failed, isOver }) {
  /** @type {string | null} */
  let token = tabStore.get(tokenKey);
  /** @type {Promise<void> | null} */
  let booting = null;

  async function attempt() {
    try {
      const snapshot = await request("POST", "bootstrap", body(), token);
      if (isOver()) return;
      token = snapshot.session_token;
      tabStore.set(tokenKey, snapshot.session_token);
      begin(snapshot);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      failed(error);
    }
  }

  /** @returns {Promise<void>} */
  function boot() {
    if (isOver()) return Promise.resolve();
    booting ??= attempt().finally(() => (booting = null));
    return booting;
  }

  return {
    boot,
    /** @type {Request} */
    async ask(method, path, content) {
      const used = token;
      try {
        return await request(method, path, content, used);
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 401 || isOver()) throw error;
      }
      if (token === used) await boot();
      return request(method, path, content, token);
    },
    forget() {
      tabStore.remove(tokenKey);
      token = null;
    },
    get token() {
      return token;
    },
  };
}
