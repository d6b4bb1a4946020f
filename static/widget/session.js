/**
 * A visitor's session: bootstrap, the log over the socket, the outbox, reading and typing. It holds the state and tells
 * its listener when that changes; what it needs of the browser is given to it.
 *
 * @import {Entry, Init, Snapshot, State} from "./types.js"
 * @import {Clock, Store} from "../realtime/types.js"
 * @import {ApiError, Request} from "./api.js"
 */

import { createOutbox, maySend } from "../realtime/outbox.js";
import { cursorOf, findOwn, withConversations, withCursor, withMessages, withRead } from "../realtime/reducer.js";
import { backoff, createConnection } from "../realtime/socket.js";
import { createTypist } from "../realtime/typing.js";
import { createEntry } from "./api.js";
import { createFollower } from "./follow.js";
import {
  booted, clientConversationId, INITIAL, introduction, isStored, newThread, OPEN, retargeted, wantsSocket, went,
} from "./machine.js";

const PAGE = 50;

/**
 * @typedef {object} Wiring
 * @property {string} widgetId
 * @property {string} traceId
 * @property {Init} init
 * @property {Request} request
 * @property {Store} store durable, of this origin
 * @property {Store} tabStore for as long as the tab lives
 * @property {Clock} clock
 * @property {() => string} uuid
 * @property {new (url: string) => WebSocket} WebSocket
 * @property {(state: State) => void} onChange
 * @property {(step: string, more?: object) => void} trace
 */

/** @typedef {ReturnType<typeof createSession>} Session */

/** @param {Wiring} wiring */
export function createSession(wiring) {
  const { widgetId, traceId, init, request, store, tabStore, clock, uuid, onChange, trace } = wiring;
  const draftPrefix = `curbe_draft:${init.tenant_id}:`;
  const tab = uuid();
  let state = INITIAL;
  let socketUrl = "";
  let isHidden = false;
  /** No socket with the present token: the server refused it, or its snapshot is on the way. */
  let isStale = false;
  let bootFailures = 0;
  /** The furthest that was asked to be marked as read, per conversation. @type {Record<string, number>} */
  const reading = {};

  /** @param {(state: State) => State} act */
  function change(act) {
    const before = state;
    state = act(state);
    if (state === before) return;
    onChange(state);
    syncConnection();
  }

  /** @param {(log: State["log"]) => State["log"]} act */
  function changeLog(act) {
    change((now) => ({ ...now, log: act(now.log) }));
    outbox.settle((key) => findOwn(state.log, key));
  }

  const follower = createFollower({
    log: () => state.log,
    setLog: (log) => changeLog(() => log),
    changeTyping: (thread, act) =>
      change((now) => ({ ...now, typing: { ...now.typing, [thread]: act(now.typing[thread] ?? []) } })),
    boot: () => void boot(),
    pause: () => change((now) => ({ ...now, isPaused: true })),
    send: (frame) => connection.send(frame),
    trace,
    clock,
  });

  const outbox = createOutbox({
    scope: init.tenant_id,
    store,
    deliver,
    mayDeliver: (author) => state.phase === "ready" && maySend(author, state.log.contact, state.log.mergedFrom),
    onChange: () => change((now) => ({ ...now, entries: outbox.entries })),
    clock,
  });

  const connection = createConnection({
    url: () => socketUrl,
    hello: () => ({ auth: entry.token, after: cursorOf(state.log), tab, trace: traceId }),
    onFrame: follower.hear,
    onState: (next) => {
      change((now) => ({ ...now, connection: next }));
      trace("connection", { state: next });
    },
    renew() {
      isStale = true;
      void boot();
    },
    refused(code) {
      trace("refused", { code });
      change((now) => ({ ...now, isPaused: true }));
    },
    WebSocket: wiring.WebSocket,
    clock,
  });

  const typist = createTypist((thread, on) => {
    if (isStored(thread)) connection.send({ t: "typing", c: thread, on });
  }, clock);

  function syncConnection() {
    const isConnected = connection.state !== "idle";
    const isWanted = wantsSocket(state, isHidden) && !isStale;
    if (isWanted && !isConnected) connection.connect();
    else if (!isWanted && isConnected) connection.close();
  }

  // Bootstrap

  const entry = createEntry({
    request,
    tabStore,
    tokenKey: `curbe_session:${init.tenant_id}`,
    body() {
      trace("bootstrap", { before: true });
      return introduction(widgetId, init);
    },
    begin,
    failed: bootFailed,
    isOver: () => state.phase === "ended",
  });
  const { boot, ask } = entry;

  /** @param {Snapshot} snapshot */
  function begin(snapshot) {
    socketUrl = snapshot.realtime.url;
    bootFailures = 0;
    follower.reset();
    isStale = true; // Until the old socket is gone, and the new one begins at the snapshot's cursor.
    change((now) => booted(now, snapshot));
    connection.close();
    isStale = false;
    syncConnection();
    trace("bootstrap", { conversation_ids: snapshot.conversations.map((one) => one.id) });
    outbox.settle((key) => findOwn(state.log, key));
    change((now) => ({ ...now, entries: outbox.entries }));
    outbox.flush();
    if (state.thread) void loadThread(state.thread);
  }

  /** @param {ApiError} error */
  function bootFailed({ status, code }) {
    trace("bootstrap_failed", { status, code });
    if (status === 401) return change((now) => ({ ...now, phase: "refused" }));
    fail(code, "boot");
    if (state.phase !== "ready") change((now) => ({ ...now, phase: "unavailable" }));
    if (status === 0 || status === 429 || status >= 500) clock.set(() => void boot(), 1000 + backoff(++bootFailures, clock.random()));
  }

  /** @param {string} code
   * @param {"start" | "boot" | null} retry */
  function fail(code, retry) {
    change((now) => ({ ...now, problem: { code, trace_id: traceId, retry } }));
  }

  // Conversations

  /** Carry an entry to the server. Resolves with the conversation that it went to.
   * @param {Entry} entry */
  async function deliver({ id, thread, body }) {
    const message = { client_message_id: id, body };
    if (!isStored(thread)) return start(thread, message);
    const sent = await ask("POST", `conversations/${thread}/messages`, message);
    changeLog((log) => withMessages(log, [sent]));
    move(thread, sent.conversation_id);
    return sent.conversation_id;
  }

  /** Get-or-open, or the explicit new conversation that the thread's key stands for.
   * @param {string} thread
   * @param {object} [message]
   * @returns {Promise<string>} the conversation */
  async function start(thread, message) {
    const client_conversation_id = clientConversationId(thread) ?? undefined;
    trace("chat_start", { before: true, thread });
    const answer = await ask("POST", "conversations", { new: Boolean(client_conversation_id), client_conversation_id, message });
    const isFirst = state.log.epoch === null;
    changeLog((log) => {
      const known = isFirst ? withCursor({ ...log, contact: answer.contact }, answer.cursor) : log;
      return withMessages(withConversations(known, [answer.conversation]), answer.message ? [answer.message] : []);
    });
    const { id, last_seq } = answer.conversation;
    move(thread, id);
    trace("chat_start", { conversation_id: id });
    // Another tab has begun before us: what it said lies before the cursor that we begin at.
    if (isFirst && (state.log.messages[id] ?? []).length < last_seq) void boot();
    return id;
  }

  /** @param {string} from
   * @param {string} to */
  function move(from, to) {
    outbox.retarget(from, to);
    store.remove(draftPrefix + from);
    change((now) => retargeted(now, from, to));
  }

  /** @param {string} thread
   * @param {number} [before] */
  async function load(thread, before) {
    if (!isStored(thread) || state.loading[thread]) return;
    change((now) => ({ ...now, loading: { ...now.loading, [thread]: true } }));
    const path = `conversations/${thread}`;
    try {
      if (!state.log.conversations[thread]) {
        const conversation = await ask("GET", path);
        changeLog((log) => withConversations(log, [conversation]));
      }
      const page = await ask("GET", `${path}/messages?limit=${PAGE}${before ? `&before=${before}` : ""}`);
      changeLog((log) => withMessages(log, page.items));
    } catch (error) {
      trace("load_failed", { thread, error: String(error) }); // Handled: scrolling or opening asks again.
    }
    change((now) => ({ ...now, loading: { ...now.loading, [thread]: false } }));
  }

  /** Whatever of the thread the snapshot did not bring.
   * @param {string} thread */
  async function loadThread(thread) {
    const conversation = state.log.conversations[thread];
    const isMissing = !conversation || (conversation.last_seq > 0 && !state.log.messages[thread]?.length);
    if (state.phase === "ready" && isMissing) await load(thread);
  }

  return {
    boot,
    change,
    get state() {
      return state;
    },

    /** @param {State["space"]} space
     * @param {string | null} [thread] */
    go(space, thread = null) {
      typist.stop();
      change((now) => ({ ...went(now, space, thread), problem: null }));
      if (thread) void loadThread(thread);
    },

    /** "New conversation", asked for: it exists at once, with its participants, or the visitor is told. */
    async startNew() {
      const thread = newThread(uuid());
      this.go("conversation", thread);
      await this.retryStart();
    },

    async retryStart() {
      const { thread } = state;
      if (!thread || !clientConversationId(thread)) return;
      change((now) => ({ ...now, problem: null }));
      try {
        await start(thread);
      } catch (error) {
        const { code } = /** @type {ApiError} */ (error);
        trace("chat_start_failed", { code });
        if (state.thread === thread) fail(code, code === "network" ? "start" : null);
      }
    },

    /** @param {string} body
     * @returns {string | null} the key of the message */
    send(body) {
      if (!state.thread || !body.trim()) return null;
      typist.stop();
      store.remove(draftPrefix + state.thread);
      const author = state.log.contact?.id ?? null;
      return outbox.add({ id: uuid(), thread: state.thread, body, author }).id;
    },
    retry: outbox.retry,
    discard: outbox.discard,
    /** @param {number} before seq */
    loadOlder: (before) => load(state.thread ?? OPEN, before),

    /** Everything up to `seq` is on the screen of somebody who looks at it.
     * @param {string} thread
     * @param {number} seq */
    async read(thread, seq) {
      const conversation = state.log.conversations[thread];
      if (!conversation || seq <= Math.max(conversation.last_read_seq, reading[thread] ?? 0)) return;
      reading[thread] = seq;
      try {
        const answer = await ask("PUT", `conversations/${thread}/read`, { up_to: seq });
        changeLog((log) => withRead(log, thread, answer.last_read_seq, answer.unread));
      } catch {
        delete reading[thread]; // Handled: the next look reports it again.
      }
    },

    /** @param {string} text */
    typed(text) {
      if (!state.thread) return;
      if (text) store.set(draftPrefix + state.thread, text);
      else store.remove(draftPrefix + state.thread);
      typist.typed(state.thread, text);
    },
    stopTyping: typist.stop,
    /** @param {string} thread */
    draft: (thread) => store.get(draftPrefix + thread) ?? "",

    /** @param {Init["page"]} page */
    async visit(page) {
      init.page = page;
      if (state.phase === "ready") await ask("POST", "visits", { page }).catch(() => null); // Handled: only context is lost.
    },

    /** @param {boolean} value for longer than a minute */
    setHidden(value) {
      isHidden = value;
      syncConnection();
    },

    /** The network, or the visitor, is back. */
    wake() {
      change((now) => ({ ...now, isOffline: false }));
      connection.nudge();
      outbox.hurry();
      if (state.phase === "unavailable") void boot();
    },

    /** Forget this session in this browser. */
    end() {
      change((now) => ({ ...INITIAL, phase: "ended", widget: now.widget }));
      connection.close();
      outbox.wipe();
      entry.forget();
      for (const key of store.keys(draftPrefix)) store.remove(key);
    },
  };
}
