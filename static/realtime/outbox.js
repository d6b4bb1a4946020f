/**
 * Messages on their way: durable before the first request, one in flight per thread whichever tab sends it, sent again
 * until the server's own copy has arrived. What is stored is the truth for all tabs: what another tab has removed is gone,
 * and what a closed tab has left is sent by the next. It knows no DOM and no HTTP; `deliver` does the sending.
 *
 * @import {Attachment, Clock, Contact, Entry, Message, Store} from "./types.js"
 */

const PREFIX = "curbe_outbox:";
const LONGEST_MS = 30_000;

/** An answer that no retry with the same content can change.
 * @param {number} status HTTP status; 0 when there was no answer */
export function isPermanent(status) {
  return status >= 400 && status < 500 && ![401, 408, 425, 429].includes(status);
}

/** @param {number} tries made so far
 * @param {number} random 0 ≤ random < 1
 * @param {number} [retryAfterS] what the server asked for
 * @returns {number} milliseconds */
export function retryDelay(tries, random, retryAfterS) {
  if (retryAfterS) return retryAfterS * 1000 * (1 + random / 4);
  return 250 + random * Math.min(LONGEST_MS, 500 * 2 ** tries);
}

/** Whether a session of this contact may send what that author wrote. An entry from before there was a contact belongs
 * to this browser's guest, never to a signed-in user.
 * @param {string | null} author
 * @param {Contact | null} contact
 * @param {string[]} mergedFrom */
export function maySend(author, contact, mergedFrom) {
  if (author === null) return contact === null || contact.type !== "user";
  return contact !== null && (author === contact.id || mergedFrom.includes(author));
}

/** The entries whose turn it is: the oldest unfinished one of each thread, when it is due. One that is being sent is among
 * them, because whoever sends it may be gone.
 * @param {Entry[]} entries
 * @param {number} now
 * @returns {Entry[]} */
export function nextUp(entries, now) {
  /** @type {Map<string, Entry>} */
  const first = new Map();
  for (const entry of entries) {
    const isWaiting = entry.state === "queued" || entry.state === "sending";
    if (isWaiting && !first.has(entry.thread)) first.set(entry.thread, entry);
  }
  return [...first.values()].filter((entry) => entry.due <= now);
}

/**
 * @param {object} wiring
 * @param {string} wiring.scope whose outbox it is: a tenant's id
 * @param {Store} wiring.store
 * @param {(entry: Entry) => Promise<string>} wiring.deliver resolves with the conversation that the message went to;
 *   rejects with an error that has `status`, `code` and perhaps `retryAfter` (seconds)
 * @param {(author: string | null) => boolean} wiring.mayDeliver
 * @param {(author: string | null) => boolean} [wiring.maySee] whose entries are shown, if that is more than may be sent
 * @param {() => void} wiring.onChange
 * @param {(name: string, act: () => Promise<void>) => Promise<void>} [wiring.alone] runs in one tab at a time; without it
 *   two tabs may send the same message, which the server stores once
 * @param {Clock} wiring.clock
 */
export function createOutbox({ scope, store, deliver, mayDeliver, maySee = mayDeliver, onChange, alone = (_, act) => act(), clock }) {
  const prefix = `${PREFIX}${scope}:`;
  let entries = stored().map((entry) => (entry.state === "failed" ? entry : save({ ...entry, state: "queued", due: 0 })));
  /** Of which this tab sends something, or waits until another has.
   * @type {Set<string>} */
  const claimed = new Set();
  /** @type {number | undefined} */
  let timer;

  function stored() {
    return store.keys(prefix).flatMap((key) => parsed(store.get(key))).sort((a, b) => a.at - b.at);
  }

  /** @param {Entry} entry */
  function save(entry) {
    return { ...entry, saved: store.set(prefix + entry.id, JSON.stringify({ ...entry, saved: true })) };
  }

  /** Take over what all tabs have done. */
  function refresh() {
    const here = entries.filter((entry) => !entry.saved);
    entries = [...stored().filter(({ id }) => !here.some((one) => one.id === id)), ...here].sort((a, b) => a.at - b.at);
    onChange();
  }

  /** @param {string} id
   * @param {Partial<Entry>} fields */
  function change(id, fields) {
    const isGone = (/** @type {Entry} */ { saved }) => saved && store.get(prefix + id) === null;
    entries = entries.flatMap((one) => (one.id !== id ? one : isGone(one) ? [] : save({ ...one, ...fields })));
    onChange();
  }

  /** @param {(entry: Entry) => boolean} isGone */
  function removeWhere(isGone) {
    const gone = entries.filter(isGone);
    if (!gone.length) return;
    for (const entry of gone) store.remove(prefix + entry.id);
    entries = entries.filter((entry) => !gone.includes(entry));
    onChange();
  }

  function own() {
    return entries.filter((entry) => mayDeliver(entry.author));
  }

  function flush() {
    clock.clear(timer);
    // One look at the clock: an entry that fell due between two would be neither tried nor waited for.
    const now = clock.now();
    for (const { thread } of nextUp(own(), now)) if (!claimed.has(thread)) void claim(thread);
    const due = own().filter((entry) => entry.state === "queued" && entry.due > now).map((entry) => entry.due);
    if (due.length) timer = clock.set(flush, Math.min(...due) - now);
  }

  /** @param {string} thread */
  async function claim(thread) {
    claimed.add(thread);
    await alone(prefix + thread, () => sendNext(thread)).finally(() => claimed.delete(thread));
    flush();
  }

  /** @param {string} thread */
  async function sendNext(thread) {
    refresh();
    const entry = nextUp(own(), clock.now()).find((one) => one.thread === thread);
    if (!entry) return;
    change(entry.id, { state: "sending", tries: entry.tries + 1 });
    try {
      const conversation = await deliver(entry);
      change(entry.id, { state: "sent", error: null });
      retarget(thread, conversation);
    } catch (error) {
      failed(entry, /** @type {any} */ (error));
    }
  }

  /** @param {Entry} entry
   * @param {{status?: number, code?: string, retryAfter?: number}} error */
  function failed(entry, { status = 0, code = "network", retryAfter }) {
    if (isPermanent(status)) return change(entry.id, { state: "failed", error: code });
    const delay = retryDelay(entry.tries, clock.random(), retryAfter);
    change(entry.id, { state: "queued", due: clock.now() + delay, error: code });
  }

  /** What waits behind a local key goes where the first of it went.
   * @param {string} from
   * @param {string} to */
  function retarget(from, to) {
    if (from === to) return;
    for (const entry of entries) if (entry.thread === from) change(entry.id, { thread: to });
  }

  return {
    /** Queue a message under a new key. Returns its entry.
     * @param {{id: string, thread: string, body: string, files?: Attachment[], author: string | null}} message
     * @returns {Entry} */
    add(message) {
      const at = Math.max(clock.now(), (entries.at(-1)?.at ?? 0) + 1); // Their order, even within a millisecond.
      const rest = { at, tries: 0, due: 0, error: null, saved: false };
      const entry = save({ ...message, ...rest, state: "queued" });
      entries = [...entries, entry];
      onChange();
      flush();
      return entry;
    },
    flush,
    retarget,
    /** Another tab has changed what is stored under this key.
     * @param {string} key */
    hear(key) {
      if (!key.startsWith(prefix)) return;
      refresh();
      flush();
    },
    /** The network is back: whatever waits for a retry goes now. */
    hurry() {
      for (const { id, state, due } of entries) if (state === "queued" && due) change(id, { due: 0 });
      flush();
    },
    /** Try a failed one again, under the same key.
     * @param {string} id */
    retry(id) {
      change(id, { state: "queued", due: 0, tries: 0, error: null });
      flush();
    },
    /** @param {string} id */
    discard(id) {
      removeWhere((entry) => entry.id === id);
      flush();
    },
    /** Forget the ones whose stored message is in the state.
     * @param {(key: string) => Message | undefined} find */
    settle(find) {
      removeWhere((entry) => find(entry.id) !== undefined);
    },
    /** What these authors wrote is somebody's now: they turned out to be them.
     * @param {(string | null)[]} authors
     * @param {string} author */
    adopt(authors, author) {
      for (const entry of entries) if (authors.includes(entry.author)) change(entry.id, { author });
    },
    /** Signed out: nothing that was written stays behind, in whichever tab it was. */
    wipe() {
      removeWhere(() => true);
      for (const key of store.keys(prefix)) store.remove(key);
    },
    /** What this session may show, oldest first. */
    get entries() {
      return entries.filter((entry) => maySee(entry.author));
    },
  };
}

/** @param {string | null} text
 * @returns {Entry[]} */
function parsed(text) {
  try {
    const entry = JSON.parse(text ?? "");
    return entry?.id ? [entry] : [];
  } catch {
    return []; // Handled: what cannot be read was not written by us.
  }
}
