/**
 * A connection that stays: backoff, watchdog, sleep and close codes of the realtime protocol, and long-polling where no
 * socket gets through. It knows no DOM; the owner says when to connect, and calls `nudge` when the network or the tab is
 * back.
 *
 * @import {Poller} from "./polling.js"
 * @import {Clock} from "./types.js"
 */

import { createPoller } from "./polling.js";

/** @typedef {"idle" | "connecting" | "live" | "recovering" | "polling"} Connection */

/**
 * What the owner of a connection provides. `hello` is asked before each attempt; `renew` is called when the server wants
 * another token or a fresh bootstrap, `refused` when no retry can help.
 * @typedef {object} Wiring
 * @property {() => string} url
 * @property {() => {after: string | null, [more: string]: unknown}} hello
 * @property {(query: string, signal: AbortSignal) => Promise<Response>} poll asks for events over HTTP
 * @property {() => boolean} isHidden nobody looks at the tab
 * @property {(frame: any) => void} onFrame
 * @property {(state: Connection) => void} onState
 * @property {(code: number) => void} renew
 * @property {(code: number) => void} refused
 * @property {new (url: string) => WebSocket} WebSocket
 * @property {Clock} clock
 */

const SILENCE_MS = 35_000;
/** For a socket to be welcomed. Three that hang have to fit into 15 s. */
const IMPATIENT_MS = 4_000;
/** The same while polling, when there is no hurry. */
const WELCOME_MS = 10_000;
const STABLE_MS = 30_000;
const NUDGE_MS = 3_000;
const LONGEST_MS = 30_000;
const SHORTEST_MS = 500;
/** Failures in a row until polling begins. */
const ENOUGH = 3;
/** Between two attempts to get back from polling. */
const AGAIN_MS = 60_000;
/** A timer that is later than it was asked for by more than this has slept. */
const TICK_MS = 5_000;
/** New credentials that are refused again and again are a fault, not an end. */
const MOST_RENEWALS = 3;
const LOST = 1006;
/** The session is over, or has not begun: bootstrap first. */
const RENEW = new Set([4009, 4011, 4014, 4500]);
/** This browser has too many sockets already. Its other tabs may close theirs, and until then polling serves as well. */
const TOO_MANY = 4504;

/** Full jitter: anything from at once to the present ceiling.
 * @param {number} failures in a row, 0 for the first
 * @param {number} random 0 ≤ random < 1
 * @returns {number} milliseconds */
export function backoff(failures, random) {
  return random * Math.min(LONGEST_MS, SHORTEST_MS * 2 ** failures);
}

/** What a close code asks for.
 * @param {number} code
 * @returns {"retry" | "poll" | "renew" | "refused"} */
export function verdict(code) {
  if (RENEW.has(code)) return "renew";
  if (code === TOO_MANY) return "poll";
  return code >= 4500 && code < 5000 ? "refused" : "retry";
}

/** @param {Wiring} wiring */
export function createConnection(wiring) {
  const { clock } = wiring;
  /** @type {Connection} */
  let state = "idle";
  /** @type {WebSocket | null} */
  let socket = null;
  /** @type {Poller | null} */
  let poller = null;
  let failures = 0;
  /** Since the server last let us in. */
  let renewals = 0;
  /** The server itself did not answer, the last time that one polled. */
  let wasAway = false;
  /** It has, since polling began. */
  let hasAnswered = false;
  let triedAt = -Infinity;
  let heardAt = -Infinity;
  let tickedAt = 0;
  /** @type {Partial<Record<"retry" | "silence" | "stable" | "tick" | "nudge", number>>} */
  const timers = {};

  /** @param {Connection} next */
  function enter(next) {
    if (next === state) return;
    state = next;
    wiring.onState(next);
  }

  /** @param {keyof typeof timers} name
   * @param {() => void} run
   * @param {number} ms */
  function set(name, run, ms) {
    clock.clear(timers[name]);
    timers[name] = clock.set(run, ms);
  }

  function connect() {
    if (socket) return;
    clock.clear(timers.retry);
    triedAt = clock.now();
    if (state === "idle") tick();
    if (!poller) enter(state === "idle" ? "connecting" : "recovering");
    listenFor(poller ? WELCOME_MS : IMPATIENT_MS);
    try {
      open(new wiring.WebSocket(wiring.url()));
    } catch {
      lost(LOST); // Handled like any other failure: some policies forbid even the attempt.
    }
  }

  /** @param {WebSocket} opened */
  function open(opened) {
    socket = opened;
    opened.onopen = () => opened.send(JSON.stringify({ t: "hello", v: 1, ...wiring.hello() }));
    opened.onmessage = (event) => socket === opened && hear(JSON.parse(event.data));
    opened.onclose = (event) => socket === opened && lost(event.code);
  }

  /** @param {any} frame */
  function hear(frame) {
    listenFor(SILENCE_MS);
    if (frame.t === "welcome") welcomed();
    else if (frame.t === "hb") send({ t: "pong" }); // The server closes a socket that says nothing for a minute.
    wiring.onFrame(frame);
    if (frame.t === "bye") lost(frame.code, frame.retry_ms);
  }

  function welcomed() {
    stopPolling();
    clock.clear(timers.nudge);
    renewals = 0;
    set("stable", () => (failures = 0), STABLE_MS);
    enter("live");
  }

  /** No word for so long means that the connection is dead, whatever the browser thinks.
   * @param {number} ms */
  function listenFor(ms) {
    heardAt = clock.now();
    set("silence", () => lost(LOST), ms);
  }

  function drop() {
    const old = socket;
    socket = null;
    for (const name of /** @type {const} */ (["silence", "stable", "retry"])) clock.clear(timers[name]);
    old?.close();
  }

  function stopPolling() {
    poller?.stop();
    poller = null;
  }

  /** @param {number} code
   * @param {number} [pause] what a server that says goodbye asks for, in ms: going down is no failure */
  function lost(code, pause) {
    // An attempt that hung has waited already.
    const waited = state === "live" ? 0 : clock.now() - triedAt;
    drop();
    const what = verdict(code);
    if (what === "renew" || what === "refused") return giveUp(code, what);
    failures = what === "poll" ? ENOUGH : failures + Number(pause === undefined);
    if (poller) {
      if (hasAnswered) enter("polling");
      return set("retry", connect, AGAIN_MS);
    }
    enter("recovering");
    if (pause === undefined && failures >= ENOUGH) startPolling();
    else set("retry", connect, pause ?? Math.max(0, backoff(failures - 1, clock.random()) - waited));
  }

  /** @param {number} code
   * @param {"renew" | "refused"} what */
  function giveUp(code, what) {
    stopPolling();
    const isHopeless = what === "renew" && ++renewals > MOST_RENEWALS;
    // First, so that whoever sees the state below does not connect with what was just refused.
    wiring[isHopeless ? "refused" : what](code);
    stop();
  }

  function startPolling() {
    hasAnswered = false;
    poller = createPoller({
      ask: wiring.poll,
      after: () => wiring.hello().after,
      isHidden: wiring.isHidden,
      onFrame: wiring.onFrame,
      onAnswer: answered,
      onEnd: pollingEnded,
      clock,
    });
  }

  /** The server is there, and only a socket does not get through. One that was away may well take the next socket: only
   * when it does not, one is said to poll. */
  function answered() {
    if (hasAnswered) return;
    hasAnswered = true;
    failures = ENOUGH;
    renewals = 0;
    set("retry", connect, wasAway ? backoff(failures, clock.random()) : AGAIN_MS);
    if (!wasAway) enter("polling");
    wasAway = false;
  }

  /** @param {number} code
   * @param {number} retryAfterS */
  function pollingEnded(code, retryAfterS) {
    poller = null;
    if (verdict(code) !== "retry") return lost(code);
    wasAway = true;
    enter("recovering");
    if (!socket) set("retry", connect, Math.max(retryAfterS * 1000, backoff(failures, clock.random())));
  }

  /** Timers stand still while a computer sleeps, so the first one that is late tells that it did. */
  function tick() {
    const now = clock.now();
    const hasSlept = tickedAt && now - tickedAt > 2 * TICK_MS;
    tickedAt = now;
    set("tick", tick, TICK_MS);
    if (hasSlept) nudge();
  }

  function stop() {
    for (const name of /** @type {const} */ (["tick", "nudge"])) clock.clear(timers[name]);
    tickedAt = 0;
    enter("idle");
  }

  /** @param {boolean} [isOtherNetwork] */
  function nudge(isOtherNetwork = false) {
    if (state === "idle") return;
    const isDead = isOtherNetwork || clock.now() - heardAt > SILENCE_MS;
    poller?.hurry();
    if (state === "live" && !isDead) return;
    const wait = triedAt + NUDGE_MS - clock.now();
    if (wait > 0) return set("nudge", () => nudge(isOtherNetwork), wait);
    if (state === "live") drop();
    connect();
  }

  /** @param {object} frame of no importance, or it would go over HTTP
   * @returns {boolean} false: there is no socket, so it was dropped */
  function send(frame) {
    if (state !== "live") return false;
    socket?.send(JSON.stringify(frame));
    return true;
  }

  return {
    connect,
    send,
    /** Close for good, until the next `connect`. */
    close() {
      drop();
      stopPolling();
      stop();
    },
    /** The network or the tab is back: try at once, but not more often than every 3 s. A live connection is left alone
     * unless it is another network, or nothing was heard for too long. */
    nudge,
    /** The server has answered something else: no need to wait any longer. */
    reached: () => state === "recovering" && nudge(),
    get state() {
      return state;
    },
  };
}
