/**
 * Following the log over the socket or by polling: batches, holes, resyncs; typing dots both ways, and whether somebody
 * looks. Loaded when there is a log to follow.
 *
 * @import {Batch, LogState, Typist} from "./types.js"
 * @import {Clock} from "../realtime/types.js"
 * @import {Wiring} from "../realtime/socket.js"
 * @import {Request} from "./api.js"
 */

import { createAttention } from "../realtime/attention.js";
import { cursorOf, receive } from "../realtime/reducer.js";
import { createConnection } from "../realtime/socket.js";
import { createTypist, withoutTypist, withTyping } from "../realtime/typing.js";
import { isStored } from "./machine.js";

const HOLE_MS = 2_000;

/** @typedef {ReturnType<typeof createLive>} Live */
/** @typedef {Omit<Wiring, "onFrame" | "poll" | "isHidden"> & {ask: Request}} Ends */

/** A connection and what goes over it.
 * @param {Ends} ends
 * @param {Omit<Parameters<typeof createFollower>[0], "send">} log */
export function createLive(ends, log) {
  const connection = createConnection({
    ...ends,
    poll: (query, signal) => poll(query, signal, ends.hello()),
    isHidden: () => false, // The session closes the connection of a hidden tab.
    onFrame: (frame) => follower.hear(frame),
    onState(next) {
      if (next === "live") attention.again();
      ends.onState(next);
    },
  });
  const attention = createAttention((on) => connection.send({ t: "active", on }), log.clock);
  const follower = createFollower({ ...log, send: connection.send });

  /** @param {string} thread
   * @param {boolean} on */
  function tellTyping(thread, on) {
    if (!isStored(thread) || connection.send({ t: "typing", c: thread, on }) || connection.state !== "polling") return;
    void ends.ask("POST", `conversations/${thread}/typing`, { on }).catch(() => null); // Handled: only dots are lost.
  }

  return { connection, attention, typist: createTypist(tellTyping, log.clock), reset: follower.reset };
}

/** @param {string} query
 * @param {AbortSignal} signal
 * @param {Record<string, unknown>} hello */
function poll(query, signal, { auth, trace }) {
  const headers = { Authorization: `Bearer ${auth}`, "X-Trace-Id": String(trace) };
  return fetch(`/api/messenger/events?${query}`, { headers, signal, credentials: "omit" });
}

/**
 * @param {object} wiring
 * @param {() => LogState} wiring.log
 * @param {(log: LogState) => void} wiring.setLog
 * @param {(thread: string, act: (typists: Typist[]) => Typist[]) => void} wiring.changeTyping
 * @param {() => void} wiring.boot takes a new snapshot: a resync is a boot, there is no third way
 * @param {() => void} wiring.pause stops applying, with a banner
 * @param {(frame: object) => void} wiring.send
 * @param {(step: string, more?: object) => void} wiring.trace
 * @param {Clock} wiring.clock
 */
function createFollower({ log, setLog, changeTyping, boot, pause, send, trace, clock }) {
  let hasResynced = false;
  /** @type {number | undefined} */
  let holeTimer;

  /** @param {Batch} batch */
  function take(batch) {
    try {
      const { state, need } = receive(log(), batch);
      setLog(state);
      if (need === "snapshot") return boot();
      if (need === "resume") watchHole();
      else hasResynced = false;
    } catch (error) {
      trace("apply_failed", { error: String(error) });
      return applyFailed();
    }
    for (const { type, payload } of batch.items) {
      if (type === "stream.closed" || type === "contact.merged") boot();
      if (type === "message.created" && payload)
        changeTyping(payload.message.conversation_id, (now) => withoutTypist(now, payload.message.author));
    }
  }

  /** One resync, then a pause (rule 11). */
  function applyFailed() {
    if (hasResynced) return pause();
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
      else if (frame.t === "resync_required") boot();
      else if ((frame.t === "hb" || frame.t === "welcome") && frame.head > log().seq) watchHole();
      const types = frame.items?.map((/** @type {any} */ item) => item.type);
      if (frame.t !== "hb") trace(frame.t, { from: frame.from, to: frame.to, types });
    },
    /** A snapshot has come: there is no hole any more. */
    reset: () => clock.clear(holeTimer),
  };
}
