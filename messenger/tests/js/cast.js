/** Makers of what the tests talk about, and a clock that moves when it is told to. */

import { byActivity, cursorOf, unreadCount } from "../../../static/realtime/reducer.js";

export const EPOCH = "e1";
export const ALICE = { kind: "agent", id: "agent-1", name: "Alice", avatar_url: null };
export const GUEST = { kind: "contact", id: "contact-1", name: "Guest 1", avatar_url: null };

export function contact(fields = {}) {
  return { id: GUEST.id, type: "anonymous", name: null, email: null, phone: null, avatar_url: null, ...fields };
}

export function conversation(fields = {}) {
  return {
    id: "conversation-1", status: "open", is_primary: true, cycle: 1, subject: "", last_seq: 0, unread_count: 0,
    created_at: "2030-01-01T10:00:00.000Z", last_message_at: null, last_read_seq: 0, seen_seq: 0, assignee: null,
    participants: [], last_message: null, rating: null, rating_requested: false, rev: 1, ...fields,
  };
}

export function message(seq, fields = {}) {
  const at = new Date(Date.UTC(2030, 0, 1, 10, seq)).toISOString();
  return {
    id: `message-${String(seq).padStart(3, "0")}`, conversation_id: "conversation-1", seq, kind: "message",
    author: ALICE, body: `part ${seq}`, body_html: `<p>part ${seq}</p>`, client_message_id: null, attachments: [],
    created_at: at, edited_at: null, deleted: false, event: null, sources: [], rev: 1, ...fields,
  };
}

export function snapshot(fields = {}) {
  return {
    contact: contact(), merged_from: [], conversations: [conversation()], messages: [], cursor: `${EPOCH}:0`, ...fields,
  };
}

/** A batch that covers `from` to `from + events.length - 1`. */
export function batch(from, ...events) {
  const items = events.map((event, i) => ({ seq: from + i, v: 1, ...event }));
  return { t: "evs", epoch: EPOCH, from, to: from + Math.max(events.length, 1) - 1, items };
}

export function created(seq, fields = {}) {
  const made = message(seq, fields);
  const payload = { message: made, conversation: conversation({ last_seq: seq, rev: seq + 1, last_message: made }) };
  return { type: "message.created", payload };
}

/** A reducer's state in the shape of a fresh snapshot, for comparing the two (I5). */
export function toSnapshot(state, most = 50) {
  const key = (one) => one.created_at + one.id;
  const messages = Object.values(state.messages).flat().sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return {
    contact: state.contact, merged_from: state.mergedFrom, conversations: byActivity(state),
    messages: messages.slice(-most), unread_count: unreadCount(state), cursor: cursorOf(state),
  };
}

/** Time stands still until `pass(ms)`; timers run in order of their moment. */
export class FakeClock {
  time = 1_000_000;
  chance = 0.5;
  #timers = new Map();
  #last = 0;

  now = () => this.time;
  random = () => this.chance;
  clear = (id) => void this.#timers.delete(id);
  set = (run, ms) => {
    this.#timers.set(++this.#last, { run, at: this.time + ms });
    return this.#last;
  };

  /** Lets promises settle between timers, as a browser would. */
  async pass(ms) {
    const end = this.time + ms;
    await settled();
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#timers.delete(next[0]);
      this.time = Math.max(this.time, next[1].at);
      next[1].run();
      await settled();
    }
    this.time = end;
  }

  /** The computer sleeps: time goes by, and what is due meanwhile is late. */
  sleep(ms) {
    this.time += ms;
  }

  #next(end) {
    const due = [...this.#timers].filter(([, timer]) => timer.at <= end);
    return due.sort((a, b) => a[1].at - b[1].at)[0];
  }
}

export function settled() {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Storage that survives for as long as the map does. */
export function memoryStore(map = new Map()) {
  return {
    get: (key) => map.get(key) ?? null,
    set: (key, value) => Boolean(map.set(key, value)),
    remove: (key) => void map.delete(key),
    keys: (prefix) => [...map.keys()].filter((key) => key.startsWith(prefix)),
  };
}

/** A WebSocket class whose server the test plays; every socket that is opened lands in the list. */
export function socketsInto(sockets) {
  return class FakeSocket {
    sent = [];
    closed = false;

    constructor(url) {
      this.url = url;
      sockets.push(this);
    }

    send(text) {
      this.sent.push(JSON.parse(text));
    }

    close() {
      this.closed = true;
    }

    say(frame) {
      this.onmessage({ data: JSON.stringify(frame) });
    }

    welcome() {
      this.onopen();
      this.say({ t: "welcome", head: 0 });
    }
  };
}

/** What answers long-polls whose server the test plays; each request lands in the list. */
export function pollInto(polls, query, signal) {
  return new Promise((resolve, reject) => {
    const json = async (body) => body ?? JSON.parse("<html>");
    const answer = (status, body, headers) => resolve({ status, headers: new Headers(headers), json: () => json(body) });
    polls.push({ query, signal, answer, reject });
    signal.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
  });
}

/** The Web Locks of one browser: `ofTab()` is what a tab sees of them, and closing a tab lets go of what it holds. */
export class FakeLocks {
  #held = new Map();
  #queue = [];

  ofTab() {
    const tab = {};
    return {
      request: (name, options, act = options) => {
        if (options.ifAvailable && this.#held.has(name)) return Promise.resolve(act(null));
        return new Promise((resolve, reject) => {
          this.#queue.push({ tab, name, act, resolve, reject });
          this.#grant();
        });
      },
      close: () => {
        this.#queue = this.#queue.filter((one) => one.tab !== tab);
        for (const [name, holder] of this.#held) if (holder === tab) this.#held.delete(name);
        this.#grant();
      },
    };
  }

  #grant() {
    const next = this.#queue.find(({ name }) => !this.#held.has(name));
    if (!next) return;
    this.#queue.splice(this.#queue.indexOf(next), 1);
    this.#held.set(next.name, next.tab);
    const release = () => {
      if (this.#held.get(next.name) === next.tab) this.#held.delete(next.name);
      this.#grant();
    };
    Promise.resolve(next.act({ name: next.name })).then(next.resolve, next.reject).finally(release);
    this.#grant();
  }
}
