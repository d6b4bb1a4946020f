/**
 * A visitor's session: who is here, the log over the socket, the outbox, reading and typing. It holds the state and tells
 * its listener when that changes; what it needs of the browser is given to it.
 *
 * @import {Attachment, Init, Message, Snapshot, State} from "./types.js"
 * @import {Clock, Store} from "../realtime/types.js"
 * @import {Request} from "./api.js"
 * @import {createLive, Live} from "./follow.js"
 */

import { createOutbox, isPermanent, maySend, retryDelay } from "../realtime/outbox.js";
import { findOwn } from "../realtime/reducer.js";
import { ApiError, createEntry, createProofRequest } from "./api.js";
import { cacheKey, draftsOf } from "./browser.js";
import {
  announcedBy, authorOf, booted, identityFrom, INITIAL, introduction, isSamePerson, looksOf, mayPost, newThread, OPEN,
  recalled, retargeted, vacated, wantsSocket, went,
} from "./machine.js";
import { createTalk } from "./talk.js";

/** For another tab to store the device id that it has just been given. */
const AGREE_MS = 500;

/**
 * @typedef {object} Wiring
 * @property {string} widgetId
 * @property {string} traceId
 * @property {Init} init
 * @property {Request} request
 * @property {Store} store durable, of this origin
 * @property {Store} tabStore for as long as the tab lives
 * @property {Clock} clock
 * @property {Parameters<typeof createOutbox>[0]["alone"]} [alone]
 * @property {() => string} uuid
 * @property {new (url: string) => WebSocket} WebSocket
 * @property {() => Promise<{createLive: typeof createLive}>} live loads what follows the log
 * @property {(state: State) => void} onChange
 * @property {(message: Message) => void} arrived the other side has said something just now
 * @property {{user: string, proof: string}} departed who was signed out of this page from elsewhere, outlives the session:
 *   that proof has served its time
 * @property {(message: {t: string, [more: string]: any}) => void} say to the host page
 * @property {(step: string, more?: object) => void} trace
 */

/** @typedef {ReturnType<typeof createSession>} Session */

/** @param {Wiring} wiring */
export function createSession(wiring) {
  const { widgetId, traceId, init, request, store, tabStore, clock, uuid, onChange, departed, say, trace } = wiring;
  const tab = uuid();
  let state = INITIAL;
  let socketUrl = "";
  let isLooking = true;
  /** No socket with the present token: the server refused it, or its snapshot is on the way. */
  let isStale = false;
  let bootFailures = 0;
  /** @type {Live | null} */
  let live = null;
  let isLoadingLive = false;
  /** What follows the log could not be loaded, and browsers do not ask again for a module that failed. */
  let isLacking = false;
  /** Changes whenever an answer to what was asked before would be an answer for somebody else. */
  let edition = 0;
  /** What the page says of the person. @type {ReturnType<typeof identityFrom>} */
  let identity;
  /** It was not said yet in this session. Said again without need, it would take the browser from whoever came after. */
  let isNews = true;
  const proof = createProofRequest(say, clock);

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

  const drafts = draftsOf(store, init.tenant_id, () => (state.log.contact?.type === "user" ? state.log.contact.id : null));

  /** The visitor has answered the pre-chat form, or gone past it. */
  const excuse = `curbe_prechat:${init.tenant_id}`;
  change((now) => ({ ...now, isExcused: Boolean(store.get(excuse)) }));

  const isOwn = (/** @type {string | null} */ author) => maySend(author, state.log.contact, state.log.mergedFrom);
  const outbox = createOutbox({
    scope: init.tenant_id,
    store,
    async deliver(message) {
      const thread = await talk.deliver(message);
      live?.connection.reached();
      return thread;
    },
    mayDeliver: (author) => mayPost(state) && isOwn(author),
    maySee: (author) => author === authorOf(state) || (state.phase === "ready" && isOwn(author)),
    onChange: showEntries,
    alone: wiring.alone,
    clock,
  });

  function showEntries() {
    change((now) => ({ ...now, entries: outbox.entries }));
  }

  function syncConnection() {
    const isWanted = wantsSocket(state, live?.isHidden()) && !isStale;
    if (!live) return isWanted && void goLive();
    const isConnected = live.connection.state !== "idle";
    if (isWanted && !isConnected) live.connection.connect();
    else if (!isWanted && isConnected) live.connection.close();
  }

  async function goLive() {
    if (isLoadingLive) return;
    isLoadingLive = true;
    const loaded = await wiring.live().catch(() => null);
    isLacking = !loaded;
    // Handled: when the server is back, the host makes the frame anew.
    if (!loaded) return bootFailed(new ApiError(0, "network"));
    live = loaded.createLive(core);
    live.look(isLooking);
    syncConnection();
  }

  // Who is here

  const entry = createEntry({
    request,
    tabStore,
    tokenKey: `curbe_session:${init.tenant_id}`,
    body() {
      trace("bootstrap", { before: true });
      return introduction(widgetId, init, isNews ? identity : undefined);
    },
    edition: () => edition,
    begin,
    failed: bootFailed,
    renew,
    isOver: () => state.phase === "ended",
  });
  const { boot, ask } = entry;

  /** What the session's other halves work with: its conversations, and the connection. */
  const core = {
    ...wiring,
    state: () => state,
    change,
    changeLog,
    syncConnection,
    ask,
    boot: () => void boot(),
    renew: (/** @type {string} */ code) => void renew(code),
    moved,
    fail,
    url: () => socketUrl,
    hello: () => ({ auth: entry.token, tab, trace: traceId }),
  };

  /** Take what the page says of the person. Whatever is written from here on is the announced user's.
   * @param {Record<string, any>} settings
   * @param {boolean} isOnPurpose a proof that has served its time may be used again
   * @returns {boolean} whether it is news */
  function accept(settings, isOnPurpose) {
    const { user, proof: given } = announcedBy(settings);
    const isOld = !isOnPurpose && user && user === departed.user && (!given || given === departed.proof);
    init.settings = isOld ? looksOf(settings) : settings;
    const next = identityFrom(init.settings);
    if (JSON.stringify(next) === JSON.stringify(identity)) return false;
    [identity, isNews] = [next, true];
    edition++;
    proof.cancel();
    const announced = isOld ? null : user || null;
    change((now) => ({ ...now, announced, isPending: announced !== null }));
    live?.typist.stop(); // The socket is closed by now, so nothing of it is said.
    showEntries();
    return true;
  }

  /** @param {Snapshot} snapshot */
  function begin(snapshot) {
    if (isLacking) say({ t: "lacking" });
    const { contact } = snapshot;
    const isLogin = contact?.type === "user" && authorOf(state)?.startsWith("user:");
    const { thread } = state;
    const wasUser = state.log.contact?.type === "user";
    if (wasUser && !isNews && !isSamePerson(state, snapshot)) depart("session_revoked");
    if (state.log.contact?.id !== contact?.id) edition++;
    if (isLogin) outbox.adopt([null, authorOf(state)], contact.id);
    socketUrl = snapshot.realtime.url;
    [bootFailures, isNews] = [0, false];
    live?.reset();
    isStale = true; // Until the old socket is gone, and the new one begins at the snapshot's cursor.
    // Where another frame has no more luck, one can write all the same, and is told to load the page again.
    change((now) => booted({ ...now, isPaused: now.isPaused || isLacking }, snapshot));
    live?.connection.close();
    isStale = false;
    syncConnection();
    if (isLogin && !wasUser) drafts.carry();
    if (thread === OPEN && state.thread) moved(OPEN, state.thread);
    trace("bootstrap", { conversation_ids: snapshot.conversations.map((one) => one.id) });
    outbox.settle((key) => findOwn(state.log, key));
    showEntries();
    if (isLogin) outbox.hurry();
    else outbox.flush();
    if (state.thread) void talk.complete(state.thread);
  }

  /** @param {ApiError} error */
  function bootFailed({ status, code, retryAfter }) {
    trace("bootstrap_failed", { status, code });
    if (code === "session_revoked") return successor();
    if (status === 401) return refuse(code);
    if (status === 422 && identity?.attributes) return withoutTraits();
    // There is no chat here any more, and what is remembered of it would look like one.
    if (isPermanent(status)) {
      store.remove(cacheKey(init.tenant_id));
      if (state.phase === "starting") change(vacated);
    }
    fail(code, "boot");
    if (state.phase !== "ready") change((now) => ({ ...now, phase: "unavailable" }));
    const wait = retryDelay(++bootFailures, clock.random(), retryAfter);
    if (status === 0 || status === 429 || status >= 500) clock.set(() => void boot(), wait);
  }

  /** The user's proof was not accepted: what was written for them waits, and nobody else is let in. @param {string} code */
  function refuse(code) {
    edition++;
    store.remove(cacheKey(init.tenant_id));
    // Another proof may follow, of the same person: what the page wants of them stays.
    const { space, thread, hasChosen, wish, saying, prefill } = state;
    change((now) => ({ ...vacated(now), space, thread, hasChosen, wish, saying, prefill, phase: "refused", isPending: false }));
    showEntries();
    proof.ask(code);
  }

  /** Something that the page said of the person cannot be kept: their proof counts, the rest does not. */
  function withoutTraits() {
    const { token, user_id, user_hash } = identity ?? {};
    identity = { token, user_id, user_hash };
    clock.set(() => void boot(), 0);
  }

  /** This device was given up elsewhere: go on as the one that this browser has agreed on. */
  function successor() {
    clock.set(() => say({ t: "again", device_id: init.device_id }), AGREE_MS);
  }

  /** The session has ended. A guest begins again with what there is. A user does not, because the page's word for them may
   * be older than the end: two tabs of two users would take the browser from each other in turns.
   * @param {string} code */
  async function renew(code) {
    isStale = true;
    const isHere = state.phase === "ready"; // Not just remembered.
    if (isHere && state.log.contact?.type === "user" && code !== "session_expired") depart(code);
    else isNews = true;
    await boot();
  }

  /** Nothing of this browser's person stays in it. */
  function wipe() {
    outbox.wipe();
    drafts.wipe();
    for (const key of [cacheKey(init.tenant_id), excuse]) store.remove(key);
  }

  /** The user is not here any more: the page is told, and whoever comes next begins with nothing of theirs.
   * @param {string} code */
  function depart(code) {
    drafts.wipeOwn();
    store.remove(cacheKey(init.tenant_id));
    vacate();
    proof.ask(code);
  }

  function vacate() {
    Object.assign(departed, announcedBy(init.settings));
    init.settings = looksOf(init.settings);
    [identity, isNews] = [undefined, false];
    edition++;
    change((now) => ({ ...vacated(now), phase: "starting", announced: null, isPending: false }));
    showEntries();
    say({ t: "departed", settings: init.settings });
  }

  /** @param {string} code
   * @param {"start" | "boot" | null} retry */
  function fail(code, retry) {
    change((now) => ({ ...now, problem: { code, trace_id: traceId, retry } }));
  }

  // What they do

  function stopTyping() {
    live?.typist.stop();
  }

  /** @param {string} from
   * @param {string} to */
  function moved(from, to) {
    if (from === to) return;
    outbox.retarget(from, to);
    drafts.move(from, to); // Somebody may have written on while the first message was under way.
    change((now) => retargeted(now, from, to));
  }

  const talk = createTalk(core);
  accept(init.settings, init.is_boot);

  return {
    boot,
    change,
    changeLog,
    /** Somebody else may be here by now: another tab thinks so. */
    check: () => (state.log.contact ? ask("GET", "history?limit=1").catch(() => null) : boot()),
    get state() {
      return state;
    },

    /** The page says something new of the person.
     * @param {Record<string, any>} settings
     * @param {boolean} isOnPurpose
     * @returns {boolean} false: that is somebody else, who needs a session of their own */
    announce(settings, isOnPurpose) {
      const [{ user: before }, { user }] = [announcedBy(init.settings), announcedBy(settings)];
      if (before && user && before !== user) return false;
      if (accept(settings, isOnPurpose)) void boot();
      return true;
    },

    /** @param {State["space"]} space
     * @param {string | null} [thread]
     * @param {string | null} [article] */
    go(space, thread, article) {
      stopTyping();
      change((now) => ({ ...went(now, space, thread, article), problem: null, saying: [] }));
      if (thread) void talk.complete(thread);
    },

    /** "New conversation", asked for: it exists at once, with its participants, or the visitor is told. */
    async startNew() {
      this.go("conversation", newThread(uuid()));
      await talk.begin();
    },
    retryStart: talk.begin,

    /** What was written, of which no draft is needed any more.
     * @param {string} body
     * @param {Attachment[]} [files] sent up before
     * @returns {string | null} the key of the message */
    send(body, files = []) {
      const key = this.say(body, files);
      if (key && state.thread) drafts.keep(state.thread);
      return key;
    },

    /** @param {string} body
     * @param {Attachment[]} [files]
     * @returns {string | null} the key of the message */
    say(body, files = []) {
      if (!state.thread || !(body.trim() || files.length)) return null;
      stopTyping();
      return outbox.add({ id: uuid(), thread: state.thread, body, author: authorOf(state), ...(files.length && { files }) }).id;
    },
    /** Another tab has changed what is stored under this key: an entry of the outbox, or the draft of the open thread.
     * @param {string} key
     * @param {string | null} value */
    hearStored(key, value) {
      outbox.hear(key);
      if (key === drafts.keyOf(state.thread ?? "")) change((now) => ({ ...now, prefill: value ?? "" }));
    },
    retry: outbox.retry,
    discard: outbox.discard,
    /** @param {number} before seq */
    loadOlder: (before) => talk.load(state.thread ?? OPEN, before),

    read: talk.read,
    ask,
    visit: talk.visit,

    /** Paint what this browser remembers, unless the server was faster.
     * @param {Parameters<typeof recalled>[1]} kept */
    recall: (kept) => change((now) => recalled(now, kept)),

    /** The pre-chat form is done with. */
    excuse() {
      store.set(excuse, "1");
      change((now) => ({ ...now, isExcused: true }));
    },

    /** Whether somebody answers may have changed since. */
    async refresh() {
      const widget = await request("GET", `widgets/${widgetId}`).catch(() => null); // Handled: what is known stays.
      if (widget) change((now) => ({ ...now, widget, availability: widget.availability }));
    },

    /** @param {string} text */
    typed(text) {
      if (!state.thread) return;
      drafts.keep(state.thread, text);
      live?.typist.typed(state.thread, text);
    },
    stopTyping,
    draft: drafts.get,

    /** Somebody looks at the tab, or nobody does any more.
     * @param {boolean} isOn */
    look(isOn) {
      isLooking = isOn;
      live?.look(isOn);
      if (isOn) this.wake();
    },

    /** The network, or the visitor, is back.
     * @param {boolean} [isOtherNetwork] */
    wake(isOtherNetwork) {
      change((now) => ({ ...now, isOffline: false }));
      syncConnection();
      live?.connection.nudge(isOtherNetwork);
      outbox.hurry();
      if (state.phase === "unavailable") void boot();
    },

    /** Start over as a guest of whom nothing is known. Of a user, nothing changes.
     * @param {string} device_id the new one */
    async reset(device_id) {
      if (state.phase !== "ready") await boot();
      const snapshot = await ask("POST", "reset", { device_id });
      init.device_id = device_id;
      wipe();
      vacate();
      entry.take(snapshot);
      say({ t: "device", device_id });
    },

    /** Forget this session in this browser and end it on the server, unless another tab has done that already. Rejects
     * when the server has not said that it is over.
     * @param {boolean} [isElsewhere] */
    async end(isElsewhere) {
      if (state.phase === "ended" && isElsewhere) return;
      const token = entry.forget();
      change((now) => ({ ...INITIAL, phase: "ended", widget: now.widget, isOpen: now.isOpen }));
      live?.connection.close();
      wipe();
      proof.cancel();
      if (isElsewhere) Object.assign(departed, announcedBy(init.settings));
      if (isElsewhere) say({ t: "again", device_id: init.device_id, settings: looksOf(init.settings) });
      else await entry.leave(token, { widget_id: widgetId, device_id: init.device_id });
    },
  };
}
