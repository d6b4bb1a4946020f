/**
 * Following the log over the socket or by polling: batches, holes, resyncs; typing dots both ways, and whether somebody
 * looks. Loaded when there is a log to follow.
 *
 * @import {Batch, LogState, Message, State, Typist} from "./types.js"
 * @import {Clock} from "../realtime/types.js"
 * @import {Request} from "./api.js"
 */

import { withDelta, withoutAnswer } from "../realtime/answering.js";
import { createAttention } from "../realtime/attention.js";
import { cursorOf, findOwn, receive } from "../realtime/reducer.js";
import { createConnection } from "../realtime/socket.js";
import { createTypist, withoutTypist, withTyping } from "../realtime/typing.js";
import { isStored } from "./machine.js";

const HOLE_MS = 2_000;
/** After so long in the background, a tab needs no connection. */
const HIDDEN_MS = 60_000;
/** A session that has run out, or that knew of no contact yet, is only begun again; with others somebody has left. */
const RAN_OUT = new Set([4009, 4011]);

/** @typedef {ReturnType<typeof createLive>} Live */

/**
 * What the connection needs of the session.
 * @typedef {object} Core
 * @property {() => State} state
 * @property {(act: (state: State) => State) => void} change
 * @property {(act: (log: LogState) => LogState) => void} changeLog
 * @property {() => void} syncConnection
 * @property {Request} ask
 * @property {() => void} boot takes a new snapshot: a resync is a boot, there is no third way
 * @property {(code: string) => void} renew
 * @property {(message: Message) => void} arrived the other side has said something
 * @property {() => string} url
 * @property {() => {auth: string | null, tab: string, trace: string}} hello
 * @property {new (url: string) => WebSocket} WebSocket
 * @property {(step: string, more?: object) => void} trace
 * @property {Clock} clock
 */

/** A connection and what goes over it.
 * @param {Core} core */
export function createLive(core) {
  const { state, change, clock, trace } = core;
  const follower = createFollower(core, (frame) => connection.send(frame));
  const attention = createAttention((on) => connection.send({ t: "active", on }), clock);
  let isHidden = false;
  /** @type {number | undefined} */
  let hiddenTimer;

  const connection = createConnection({
    url: core.url,
    hello: () => ({ ...core.hello(), after: cursorOf(state().log) }),
    poll: (query, signal) => poll(query, signal, core.hello()),
    isHidden: () => false, // The connection of a hidden tab is closed.
    onFrame: follower.hear,
    onState(next) {
      if (next === "live") attention.again();
      change((now) => ({ ...now, connection: next }));
      trace("connection", { state: next });
    },
    renew: (code) => core.renew(RAN_OUT.has(code) ? "session_expired" : String(code)),
    refused(code) {
      trace("refused", { code });
      change((now) => ({ ...now, isPaused: true }));
    },
    WebSocket: core.WebSocket,
    clock,
  });

  /** @param {boolean} value */
  function hide(value) {
    isHidden = value;
    core.syncConnection();
  }

  /** @param {string} thread
   * @param {boolean} on
   * @returns {boolean} false: there is no connection to tell it by */
  function tellTyping(thread, on) {
    if (!isStored(thread) || connection.send({ t: "typing", c: thread, on })) return true;
    if (connection.state !== "polling") return false;
    void core.ask("POST", `conversations/${thread}/typing`, { on }).catch(() => null); // Handled: only dots are lost.
    return true;
  }

  return {
    connection,
    typist: createTypist(tellTyping, clock),
    reset: follower.reset,
    isHidden: () => isHidden,
    /** Somebody looks at the tab, or nobody does any more.
     * @param {boolean} isOn */
    look(isOn) {
      clock.clear(hiddenTimer);
      attention.look(isOn);
      if (isOn) hide(false);
      else hiddenTimer = clock.set(() => hide(true), HIDDEN_MS);
    },
  };
}

/** @param {string} query
 * @param {AbortSignal} signal
 * @param {{auth: string | null, trace: string}} hello */
function poll(query, signal, { auth, trace }) {
  const headers = { Authorization: `Bearer ${auth}`, "X-Trace-Id": trace };
  return fetch(`/api/messenger/events?${query}`, { headers, signal, credentials: "omit" });
}

/** Applies what the connection brings.
 * @param {Core} core
 * @param {(frame: object) => void} send */
function createFollower({ state, change, changeLog, boot, arrived, trace, clock }, send) {
  const log = () => state().log;
  let hasResynced = false;
  /** @type {number | undefined} */
  let holeTimer;

  /** @param {Batch} batch */
  function take(batch) {
    try {
      const { state: next, need } = receive(log(), batch);
      changeLog(() => next);
      if (need === "snapshot") return boot();
      if (need === "resume") watchHole();
      else hasResynced = false;
    } catch (error) {
      trace("apply_failed", { error: String(error) });
      return applyFailed();
    }
    for (const { type, payload } of batch.items) {
      if (type === "stream.closed" || type === "contact.merged") boot();
      if (type === "message.created" && payload) hasSaid(payload.message);
    }
  }

  /** @param {Message} message */
  function hasSaid(message) {
    changeTyping(message.conversation_id, (now) => withoutTypist(withoutAnswer(now, message), message.author));
    if (message.kind === "message" && message.author.kind !== "contact") arrived(message);
  }

  /** @param {string} thread
   * @param {(typists: Typist[]) => Typist[]} act */
  function changeTyping(thread, act) {
    change((now) => ({ ...now, typing: { ...now.typing, [thread]: act(now.typing[thread] ?? []) } }));
  }

  /** What the assistant has written so far; nothing once its message is here.
   * @param {any} frame */
  function grow(frame) {
    if (!findOwn(log(), frame.turn)) changeTyping(frame.c, (now) => withDelta(now, frame, clock.now()));
  }

  /** One resync, then a pause with a banner (rule 11). */
  function applyFailed() {
    if (hasResynced) return change((now) => ({ ...now, isPaused: true }));
    hasResynced = true;
    boot();
  }

  /** What is missing gets two seconds to come by itself (rule 1). */
  function watchHole() {
    clock.clear(holeTimer);
    const before = cursorOf(log());
    holeTimer = clock.set(() => {
      if (cursorOf(log()) === before) send({ t: "resume", after: before });
    }, HOLE_MS);
  }

  return {
    /** @param {any} frame */
    hear(frame) {
      if (frame.t === "evs") take(frame);
      else if (frame.t === "eph" && frame.k === "typing") changeTyping(frame.c, (now) => withTyping(now, frame, clock.now()));
      else if (frame.t === "eph" && frame.k === "assistant.delta") grow(frame);
      else if (frame.t === "resync_required") boot();
      else if ((frame.t === "hb" || frame.t === "welcome") && frame.head > log().seq) watchHole();
      const types = frame.items?.map((/** @type {any} */ item) => item.type);
      if (frame.t !== "hb") trace(frame.t, { from: frame.from, to: frame.to, types });
    },
    /** A snapshot has come: there is no hole any more. */
    reset: () => clock.clear(holeTimer),
  };
}
