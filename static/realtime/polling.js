/**
 * The long-poll twin of the socket: the same bodies over HTTP, for networks that let no socket through. It knows no DOM.
 *
 * @import {Clock} from "./types.js"
 */

/** Seconds that the server may keep a request open while nothing happens. */
const WAIT_S = 25;
/** Seconds on top of that for the answer to get here. */
const PATIENCE_S = 10;
/** A browser has few connections to one host, so a tab that nobody looks at asks and does not wait. */
const HIDDEN_MS = 15_000;
/** After an answer that did not bring us further: a snapshot may be on its way, or the server about to go down. */
const STUCK_MS = 2_000;
/** "Nothing happened" comes this soon only from a server that does not wait. */
const SOON_MS = 1_000;
/** What a refusal means in the socket's words. */
const CODES = new Map(Object.entries({ session_expired: 4011, identity_changed: 4014, session_revoked: 4014, tenant_disabled: 4505 }));
const INVALID_TOKEN = 4500;
const FORBIDDEN = 4503;
const INSUFFICIENT_STATE = 4009;
const LOST = 1006;

/** @typedef {ReturnType<typeof createPoller>} Poller */

/** Begins to poll at once. The first request does not wait, so that one knows soon whether polling is possible.
 * @param {object} wiring
 * @param {(query: string, signal: AbortSignal) => Promise<Response>} wiring.ask rejects without an answer
 * @param {() => string | null} wiring.after the cursor
 * @param {() => boolean} wiring.isHidden
 * @param {(frame: any) => void} wiring.onFrame
 * @param {() => void} wiring.onAnswer before the frame that it brought
 * @param {(code: number, retryAfterS: number) => void} wiring.onEnd no more will be asked, for the reason of a close code
 * @param {Clock} wiring.clock */
export function createPoller({ ask, after, isHidden, onFrame, onAnswer, onEnd, clock }) {
  let isOver = false;
  let isPausing = false;
  /** @type {number | undefined} */
  let timer;
  /** @type {AbortController | undefined} */
  let request;

  /** @param {number} wait seconds */
  async function poll(wait) {
    isPausing = false;
    const cursor = after();
    const asked = clock.now();
    const answer = await requested(cursor, wait);
    const frame = answer?.status === 200 ? await bodyOf(answer) : null;
    clock.clear(timer);
    if (isOver) return;
    if (!answer || !(frame || answer.status === 204)) return void fail(answer);
    onAnswer();
    if (frame) onFrame(frame);
    const isStuck = frame ? after() === cursor : wait > 0 && clock.now() - asked < SOON_MS;
    if (!isOver) goOn(isStuck);
  }

  /** @param {string | null} cursor
   * @param {number} wait */
  function requested(cursor, wait) {
    const { signal } = (request = new AbortController());
    timer = clock.set(() => request?.abort(), (wait + PATIENCE_S) * 1000);
    const query = new URLSearchParams({ ...(cursor !== null && { after: cursor }), wait: String(wait) });
    return ask(String(query), signal).catch(() => null); // Handled: no answer is an answer, see `fail`.
  }

  /** @param {boolean} isStuck */
  function goOn(isStuck) {
    if (!isStuck && !isHidden()) return void poll(WAIT_S);
    isPausing = true;
    timer = clock.set(() => void poll(0), isHidden() ? HIDDEN_MS : STUCK_MS);
  }

  /** @param {Response | null} answer */
  async function fail(answer) {
    isOver = true;
    onEnd(answer ? await codeOf(answer) : LOST, Number(answer?.headers.get("Retry-After")) || 0);
  }

  void poll(0);
  return {
    /** Somebody looks: a pause ends. */
    hurry() {
      if (!isPausing) return;
      clock.clear(timer);
      void poll(0);
    },
    stop() {
      isOver = true;
      clock.clear(timer);
      request?.abort();
    },
  };
}

/** @param {Response} answer */
async function codeOf(answer) {
  if (answer.status === 403) return FORBIDDEN;
  if (answer.status === 409) return INSUFFICIENT_STATE;
  if (answer.status !== 401) return LOST;
  return CODES.get((await bodyOf(answer))?.errors?.[0]?.code) ?? INVALID_TOKEN;
}

/** @param {Response} answer
 * @returns {Promise<any>} null when it is not from us: some networks answer everything with a page of their own */
function bodyOf(answer) {
  return answer.json().catch(() => null);
}
