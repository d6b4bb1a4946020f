/**
 * The visitor API over fetch: errors with their code, one trace id for everything this page does, and the session.
 *
 * @import {Clock, Store} from "../realtime/types.js"
 * @import {Snapshot} from "./types.js"
 */

const TIMEOUT_MS = 20_000;
/** For a file on its way up or down. */
const PATIENCE_MS = 120_000;
/** Answers that are files, for people to look at or to save. */
const FILES = /^attachments\/|^conversations\/[^/]+\/transcript/;
/** A page that keeps giving proofs that are refused is asked less and less often, up to once a minute. */
const LONGEST_ASK_MS = 60_000;
const CALM_MS = 300_000;

/** An answer that is a refusal, or no answer at all (status 0). */
export class ApiError extends Error {
  /** @param {number} status
   * @param {string} code
   * @param {number} [retryAfter] seconds
   * @param {string} [attr] the field that it is about */
  constructor(status, code, retryAfter, attr) {
    super(`${status} ${code}`);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
    this.attr = attr;
  }
}

/** @typedef {(method: string, path: string, body?: object, token?: string | null) => Promise<any>} Request */

/** @param {string} traceId
 * @param {typeof fetch} [send]
 * @returns {Request} rejects with ApiError */
export function createApi(traceId, send = fetch.bind(globalThis)) {
  return async (method, path, body, token) => {
    const isForm = body instanceof FormData;
    const isFile = FILES.test(path);
    const headers = { ...(!isForm && { "Content-Type": "application/json" }), "X-Trace-Id": traceId, ...(token && { Authorization: `Bearer ${token}` }) };
    const signal = AbortSignal.timeout(isForm || isFile ? PATIENCE_MS : TIMEOUT_MS);
    // Signing out is often followed by another page at once.
    const keepalive = path === "shutdown";
    const options = { method, headers, signal, keepalive, credentials: /** @type {const} */ ("omit"), body: isForm ? body : body && JSON.stringify(body) };
    const response = await send(`/api/messenger/${path}`, options).catch(() => null);
    if (!response) throw new ApiError(0, "network");
    if (response.ok && isFile) return response.blob().catch(() => Promise.reject(new ApiError(0, "network")));
    const data = response.status === 204 ? null : await response.json().catch(() => null);
    if (response.ok) return data;
    const { code = "error", attr } = data?.errors?.[0] ?? {};
    throw new ApiError(response.status, code, Number(response.headers.get("Retry-After")) || undefined, attr);
  };
}

/** End a session on the server: by its token or, without a live one, by its device, of which the server ends whatever
 * there is. Rejects when the server has not said that it is over.
 * @param {Request} request
 * @param {object} device a bootstrap that announces nobody
 * @param {string | null} [token] */
export async function leave(request, device, token) {
  const end = (/** @type {string} */ used) => request("POST", "shutdown", undefined, used);
  try {
    if (token) return await end(token);
  } catch {
    // Handled: the token was a dead one. Without a server, what follows fails as well.
  }
  await end((await request("POST", "bootstrap", device)).session_token);
}

/**
 * The session's token: bootstrap, one at a time, and requests that are made again, once, when their session has ended.
 * Nothing that was asked for one person is answered to another: `edition` changes with every person.
 * @param {object} wiring
 * @param {Request} wiring.request
 * @param {Store} wiring.tabStore
 * @param {string} wiring.tokenKey
 * @param {() => object} wiring.body of the next bootstrap
 * @param {() => number} wiring.edition
 * @param {(snapshot: Snapshot) => void} wiring.begin
 * @param {(error: ApiError) => void} wiring.failed
 * @param {(code: string) => Promise<void>} wiring.renew the session has ended, for that reason: begin another
 * @param {() => boolean} wiring.isOver the visitor has signed out
 */
export function createEntry({ request, tabStore, tokenKey, body, edition, begin, failed, renew, isOver }) {
  /** @type {string | null} */
  let token = tabStore.get(tokenKey);
  /** @type {Promise<void> | null} */
  let booting = null;

  /** @param {Snapshot} snapshot */
  function take(snapshot) {
    token = snapshot.session_token;
    if (isOver()) return;
    tabStore.set(tokenKey, token);
    begin(snapshot);
  }

  /** @returns {Promise<void>} */
  async function attempt() {
    const at = edition();
    const answer = await request("POST", "bootstrap", body(), token).catch((error) => error);
    if (at !== edition() && !isOver()) return attempt(); // Meanwhile the page has announced somebody.
    if (!(answer instanceof Error)) return take(answer);
    if (!(answer instanceof ApiError)) throw answer;
    if (!isOver()) failed(answer);
  }

  /** @returns {Promise<void>} */
  function boot() {
    if (isOver()) return Promise.resolve();
    booting ??= attempt().finally(() => (booting = null));
    return booting;
  }

  return {
    boot,
    take,
    /** @type {Request} */
    async ask(method, path, content) {
      if (!token) await booting; // What is remembered can be used before there is a session.
      const at = edition();
      const used = token;
      const isCurrent = () => at === edition() && !isOver();
      let answer = await request(method, path, content, used).catch((error) => error);
      if (answer instanceof ApiError && answer.status === 401 && isCurrent()) {
        if (token === used) await renew(answer.code);
        if (isCurrent()) answer = await request(method, path, content, token).catch((error) => error);
      }
      if (!isCurrent()) throw new ApiError(0, "outdated");
      if (answer instanceof Error) throw answer;
      return answer;
    },
    forget() {
      tabStore.remove(tokenKey);
      const last = token;
      token = null;
      return last;
    },
    /** End the session on the server, the one that is just beginning too.
     * @param {string | null} last its token
     * @param {object} device */
    async leave(last, device) {
      if (!last) await booting;
      await leave(request, device, last ?? token);
    },
    get token() {
      return token;
    },
  };
}

/** Asks the host page for a proof of its user, for the reason of an error code.
 * @param {(message: {t: string, code: string}) => void} say
 * @param {Clock} clock */
export function createProofRequest(say, clock) {
  let asks = 0;
  let askedAt = -Infinity;
  /** @type {number | undefined} */
  let timer;
  const cancel = () => clock.clear(timer);
  return {
    cancel,
    /** @param {string} code */
    ask(code) {
      if (clock.now() - askedAt > CALM_MS) asks = 0;
      const wait = asks++ ? Math.min(LONGEST_ASK_MS, 1000 * 2 ** asks) : 0;
      askedAt = clock.now() + wait;
      cancel();
      timer = clock.set(() => say({ t: "auth_required", code }), wait);
    },
  };
}
