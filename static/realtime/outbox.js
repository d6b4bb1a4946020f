/**
 * Messages on their way: durable before the first request, one in flight per thread, sent again until the server's own
 * copy has arrived. It knows no DOM and no HTTP; `deliver` does the sending.
 *
 * @import {Clock, Contact, Entry, Message, Store} from "./types.js"
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

/** The entries whose turn it is: the oldest unfinished one of each thread, when it is due and none is in flight.
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
  return [...first.values()].filter((entry) => entry.state === "queued" && entry.due <= now);
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
 * @param {Clock} wiring.clock
 */
export function createOutbox({ scope, store, deliver, mayDeliver, maySee = mayDeliver, onChange, clock }) {
  const prefix = `${PREFIX}${scope}:`;
  let entries = load(store, prefix);
  /** @type {number | undefined} */
  let timer;

  /** @param {Entry} entry */
  function save(entry) {
    return { ...entry, saved: store.set(prefix + entry.id, JSON.stringify(entry)) };
  }

  /** @param {string} id
   * @param {Partial<Entry>} fields */
  function change(id, fields) {
    entries = entries.map((entry) => (entry.id === id ? save({ ...entry, ...fields }) : entry));
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

  function flush() {
    clock.clear(timer);
    const own = entries.filter((entry) => mayDeliver(entry.author));
    // One look at the clock: an entry that fell due between two would be neither tried nor waited for.
    const now = clock.now();
    nextUp(own, now).forEach(attempt);
    const due = own.filter((entry) => entry.state === "queued" && entry.due > now).map((entry) => entry.due);
    if (due.length) timer = clock.set(flush, Math.min(...due) - now);
  }

  /** @param {Entry} entry */
  async function attempt(entry) {
    change(entry.id, { state: "sending", tries: entry.tries + 1 });
    try {
      const conversation = await deliver(entry);
      change(entry.id, { state: "sent", error: null });
      retarget(entry.thread, conversation);
    } catch (error) {
      failed(entry, /** @type {any} */ (error));
    }
    flush();
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
     * @param {{id: string, thread: string, body: string, author: string | null}} message
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
    /** The network is back: whatever waits for a retry goes now. */
    hurry() {
      entries = entries.map((entry) => (entry.state === "queued" ? { ...entry, due: 0 } : entry));
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

/** What an earlier page left. Nothing of it is in flight any more, and sending it twice is harmless.
 * @param {Store} store
 * @param {string} prefix
 * @returns {Entry[]} */
function load(store, prefix) {
  const entries = store.keys(prefix).flatMap((key) => parsed(store.get(key)));
  for (const entry of entries) if (entry.state !== "failed") Object.assign(entry, { state: "queued", due: 0 });
  return entries.sort((a, b) => a.at - b.at);
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
