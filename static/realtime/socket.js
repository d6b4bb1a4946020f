/**
 * A socket that stays connected: backoff, watchdog and close codes of the realtime protocol. It knows no DOM; the
 * owner says when to connect, and calls `nudge` when the network or the tab is back.
 *
 * @import {Clock} from "./types.js"
 */

/** @typedef {"idle" | "connecting" | "live" | "recovering"} Connection */

/**
 * What the owner of a connection provides. `hello` is asked before each attempt; `renew` is called when the server wants
 * another token or a fresh bootstrap, `refused` when no retry can help.
 * @typedef {object} Wiring
 * @property {() => string} url
 * @property {() => Record<string, unknown>} hello
 * @property {(frame: any) => void} onFrame
 * @property {(state: Connection) => void} onState
 * @property {(code: number) => void} renew
 * @property {(code: number) => void} refused
 * @property {new (url: string) => WebSocket} WebSocket
 * @property {Clock} clock
 */

const SILENCE_MS = 35_000;
const WELCOME_MS = 10_000;
const STABLE_MS = 30_000;
const NUDGE_MS = 3_000;
const LONGEST_MS = 30_000;
const SHORTEST_MS = 500;
/** The session is over, or has not begun: bootstrap first. */
const RENEW = new Set([4009, 4011, 4014, 4500]);

/** Full jitter: anything from at once to the present ceiling.
 * @param {number} failures in a row, 0 for the first
 * @param {number} random 0 ≤ random < 1
 * @returns {number} milliseconds */
export function backoff(failures, random) {
  return random * Math.min(LONGEST_MS, SHORTEST_MS * 2 ** failures);
}

/** What a close code asks for.
 * @param {number} code
 * @returns {"retry" | "renew" | "refused"} */
export function verdict(code) {
  if (RENEW.has(code)) return "renew";
  return code >= 4500 && code < 5000 ? "refused" : "retry";
}

/** @param {Wiring} wiring */
export function createConnection(wiring) {
  const { clock } = wiring;
  /** @type {Connection} */
  let state = "idle";
  /** @type {WebSocket | null} */
  let socket = null;
  let failures = 0;
  let triedAt = -Infinity;
  /** @type {number | undefined} of the bye frame, for the next attempt */
  let askedDelay;
  /** @type {number | undefined} */
  let retryTimer;
  /** @type {number | undefined} */
  let silenceTimer;
  /** @type {number | undefined} */
  let stableTimer;

  /** @param {Connection} next */
  function enter(next) {
    if (next === state) return;
    state = next;
    wiring.onState(next);
  }

  function connect() {
    if (socket) return;
    clock.clear(retryTimer);
    triedAt = clock.now();
    enter(state === "idle" ? "connecting" : "recovering");
    const opened = new wiring.WebSocket(wiring.url());
    socket = opened;
    opened.onopen = () => opened.send(JSON.stringify({ t: "hello", v: 1, ...wiring.hello() }));
    opened.onmessage = (event) => socket === opened && hear(JSON.parse(event.data));
    opened.onclose = (event) => socket === opened && lost(event.code);
    listenFor(WELCOME_MS);
  }

  /** @param {any} frame */
  function hear(frame) {
    listenFor(SILENCE_MS);
    if (frame.t === "welcome") welcomed();
    else if (frame.t === "hb") send({ t: "pong" }); // The server closes a socket that says nothing for a minute.
    else if (frame.t === "bye") askedDelay = frame.retry_ms;
    wiring.onFrame(frame);
  }

  function welcomed() {
    stableTimer = clock.set(() => (failures = 0), STABLE_MS);
    enter("live");
  }

  /** No word for so long means that the connection is dead, whatever the browser thinks.
   * @param {number} ms */
  function listenFor(ms) {
    clock.clear(silenceTimer);
    silenceTimer = clock.set(() => lost(1006), ms);
  }

  function drop() {
    const old = socket;
    socket = null;
    for (const timer of [silenceTimer, stableTimer, retryTimer]) clock.clear(timer);
    old?.close();
  }

  /** @param {number} code */
  function lost(code) {
    drop();
    const what = verdict(code);
    if (what === "retry") return retryLater();
    wiring[what](code); // First, so that whoever sees the state below does not connect with what was just refused.
    enter("idle");
  }

  function retryLater() {
    enter("recovering");
    retryTimer = clock.set(connect, askedDelay ?? backoff(failures, clock.random()));
    askedDelay = undefined;
    failures += 1;
  }

  /** @param {object} frame dropped unless the connection is live: nothing of importance is sent here */
  function send(frame) {
    if (state === "live") socket?.send(JSON.stringify(frame));
  }

  return {
    connect,
    send,
    /** Close for good, until the next `connect`. */
    close() {
      drop();
      failures = 0;
      enter("idle");
    },
    /** The network or the tab is back: try at once, but not more often than every 3 s. */
    nudge() {
      if (state === "recovering" && !socket && clock.now() - triedAt >= NUDGE_MS) connect();
    },
    get state() {
      return state;
    },
  };
}
