/**
 * Typing dots, both ways. They are never stored: each side forgets them by itself.
 *
 * @import {Clock, Typist} from "./types.js"
 */

const EVERY_MS = 3_000;

/** Somebody types, or has stopped.
 * @param {Typist[]} typists
 * @param {{by: {kind: string, id: string | null, name: string}, on: boolean, ttl?: number}} frame `ttl` in seconds
 * @param {number} now ms since the epoch
 * @returns {Typist[]} */
export function withTyping(typists, { by, on, ttl = 6 }, now) {
  const others = withoutTypist(typists, by);
  return on ? [...others, { kind: by.kind, id: by.id, name: by.name, until: now + ttl * 1000 }] : others;
}

/** Their message is here, so the dots have to go.
 * @param {Typist[]} typists
 * @param {{kind: string, id: string | null}} by
 * @returns {Typist[]} */
export function withoutTypist(typists, by) {
  return typists.filter((one) => one.kind !== by.kind || one.id !== by.id);
}

/** @param {Typist[]} typists
 * @param {number} now
 * @returns {Typist[]} */
export function stillTyping(typists, now) {
  return typists.filter((one) => one.until > now);
}

/** Tells the other side that one types: at most every 3 s, and at once when one stops.
 * @param {(thread: string, on: boolean) => unknown} send false: it was not sent, and is said again with the next key
 * @param {Clock} clock */
export function createTypist(send, clock) {
  /** @type {string | null} */
  let thread = null;
  let saidAt = -Infinity;
  /** @type {number | undefined} */
  let timer;

  function stop() {
    clock.clear(timer);
    if (thread !== null) send(thread, false);
    thread = null;
    saidAt = -Infinity;
  }

  return {
    /** A key changed the text; an empty text, and a pause of two periods, mean that one has stopped.
     * @param {string} where the thread
     * @param {string} text */
    typed(where, text) {
      if (where !== thread) stop();
      if (!text.trim()) return stop();
      thread = where;
      clock.clear(timer);
      timer = clock.set(stop, 2 * EVERY_MS);
      if (clock.now() - saidAt < EVERY_MS) return;
      if (send(where, true) !== false) saidAt = clock.now();
    },
    stop,
  };
}
