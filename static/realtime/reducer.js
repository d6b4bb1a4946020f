/**
 * The log, applied: a pure reducer that both clients share (client rules 1–12 of the realtime protocol).
 *
 * @import {Batch, Contact, Conversation, LogEvent, LogState, Message, Rating, SnapshotState} from "./types.js"
 */

/** @type {LogState} */
export const EMPTY = {
  epoch: null,
  seq: 0,
  held: [],
  contact: null,
  mergedFrom: [],
  conversations: {},
  messages: {},
};

/** Everything the client knew is replaced by the snapshot (rule 9); the outbox is not part of this state.
 * @param {SnapshotState} snapshot
 * @returns {LogState} */
export function fromSnapshot(snapshot) {
  const start = { ...EMPTY, contact: snapshot.contact, mergedFrom: snapshot.merged_from ?? [] };
  return withMessages(withConversations(withCursor(start, snapshot.cursor), snapshot.conversations), snapshot.messages);
}

/** The opaque position to resume after, or null while there is none.
 * @param {LogState} state */
export function cursorOf(state) {
  return state.epoch === null ? null : `${state.epoch}:${state.seq}`;
}

/** Begin at a cursor: a snapshot's, or that of the answer which made the contact.
 * @param {LogState} state
 * @param {string | null} cursor
 * @returns {LogState} */
export function withCursor(state, cursor) {
  if (!cursor) return state;
  const colon = cursor.lastIndexOf(":");
  return { ...state, epoch: cursor.slice(0, colon), seq: Number(cursor.slice(colon + 1)), held: [] };
}

/** Take a batch of the log. `need` is "resume" when there is a hole before it (the batch is held; wait 2 s, then resume
 * after the cursor) and "snapshot" when it is of another history. Throws when an event cannot be applied (rule 11).
 * @param {LogState} state
 * @param {Batch} batch
 * @returns {{state: LogState, need: "resume" | "snapshot" | null}} */
export function receive(state, batch) {
  if (batch.epoch !== state.epoch) return { state, need: "snapshot" };
  const waiting = [...state.held, batch].sort((a, b) => a.from - b.from);
  const next = waiting.reduce(applyOrHold, { ...state, held: [] });
  return { state: next, need: next.held.length ? "resume" : null };
}

/** Put conversations that an HTTP answer brought; the cursor stays where it is (rule 6).
 * @param {LogState} state
 * @param {Conversation[]} conversations
 * @returns {LogState} */
export function withConversations(state, conversations) {
  const known = { ...state.conversations };
  for (const one of conversations) known[one.id] = newer(known[one.id], one);
  return { ...state, conversations: known };
}

/** Put a rating that an HTTP answer brought: with a remark it is the last word.
 * @param {LogState} state
 * @param {string} id of the conversation
 * @param {Rating} rating
 * @returns {LogState} */
export function withRating(state, id, rating) {
  return changed(state, id, { rating, rating_requested: rating.remark === null });
}

/** Put messages that an HTTP answer brought; the cursor stays where it is (rule 6).
 * @param {LogState} state
 * @param {Message[]} messages
 * @returns {LogState} */
export function withMessages(state, messages) {
  const known = { ...state.messages };
  for (const one of messages) known[one.conversation_id] = inserted(known[one.conversation_id] ?? [], one);
  return { ...state, messages: known };
}

/** Move one's own read cursor, never back (I6), with what the server counts beyond it. An answer that comes after the
 * events that followed it says nothing new, and its count is an old one.
 * @param {LogState} state
 * @param {string} id
 * @param {number} last_read_seq
 * @param {number} unread_count
 * @returns {LogState} */
export function withRead(state, id, last_read_seq, unread_count) {
  const isNew = last_read_seq > (state.conversations[id]?.last_read_seq ?? 0);
  return isNew ? changed(state, id, { last_read_seq, unread_count }) : state;
}

/** Newest activity first, as every list shows them.
 * @param {LogState} state
 * @returns {Conversation[]} */
export function byActivity(state) {
  return Object.values(state.conversations).sort(
    (a, b) => compare(activityOf(b), activityOf(a)) || compare(b.id, a.id),
  );
}

/** @param {LogState} state */
export function unreadCount(state) {
  return Object.values(state.conversations).reduce((sum, one) => sum + one.unread_count, 0);
}

/** Whether the server's copy of a message that was sent under this key has arrived (rule 7).
 * @param {LogState} state
 * @param {string} key the client_message_id
 * @returns {Message | undefined} */
export function findOwn(state, key) {
  for (const thread of Object.values(state.messages)) {
    const found = thread.find((one) => one.client_message_id === key);
    if (found) return found;
  }
  return undefined;
}

/** @param {LogState} state
 * @param {Batch} batch
 * @returns {LogState} */
function applyOrHold(state, batch) {
  if (batch.to <= state.seq) return state;
  if (batch.from > state.seq + 1) return { ...state, held: [...state.held, batch] };
  const fresh = batch.items.filter((item) => item.seq > state.seq);
  return { ...fresh.reduce(applyEvent, state), seq: batch.to };
}

/** @type {(state: LogState, payload: any) => LogState} */
const applyMessage = (state, payload) => applyConversation(withMessages(state, [payload.message]), payload);

/** @type {(state: LogState, payload: any) => LogState} */
const applyConversation = (state, { conversation }) =>
  conversation ? withConversations(withContact(state, conversation.contact), [conversation]) : state;

/** @type {Record<string, ((state: LogState, payload: any) => LogState) | undefined>} */
const APPLY = {
  message: applyMessage,
  note: applyMessage,
  conversation: applyConversation,
  // The team is told how far the contact has read, and not how much is left.
  read_state: (state, { conversation_id, last_read_seq, unread_count }) =>
    unread_count === undefined
      ? raised(state, conversation_id, "contact_last_read_seq", last_read_seq)
      : withRead(state, conversation_id, last_read_seq, unread_count),
  seen: (state, { conversation_id, seen_seq }) => raised(state, conversation_id, "seen_seq", seen_seq),
  rating: (state, { conversation_id, rating }) => changed(state, conversation_id, { rating }),
  contact: (state, { from, into, contact }) =>
    withContact(from && state.contact?.id === into ? withGuest(state, from) : state, contact, from),
};

/** @param {LogState} state
 * @param {LogEvent} event
 * @returns {LogState} */
function applyEvent(state, event) {
  const apply = APPLY[event.type.split(".")[0] ?? ""];
  return apply && event.payload ? apply(state, event.payload) : state; // rule 10
}

/** What waits under a guest's id is this user's from now on.
 * @param {LogState} state
 * @param {string} guest
 * @returns {LogState} */
function withGuest(state, guest) {
  return { ...state, mergedFrom: [...new Set([...state.mergedFrom, guest])].sort() };
}

/** A person's traits and name are written in many places, and change in all of them.
 * @param {LogState} state
 * @param {Contact} [contact]
 * @param {string} [was] the id of a guest who turned out to be this person
 * @returns {LogState} */
function withContact(state, contact, was = contact?.id) {
  if (!contact) return state;
  const { id, avatar_url, name, display_name = name ?? "" } = contact;
  return JSON.parse(JSON.stringify(state), (key, one) =>
    key === "contact" && one?.id === id
      ? contact
      : one?.kind && one.id === was
        ? { ...one, id, name: display_name, avatar_url }
        : one,
  );
}

/** Only a greater revision replaces (rule 5), and what only grows never shrinks on the way.
 * @param {Conversation | undefined} old
 * @param {Conversation} fresh
 * @returns {Conversation} */
function newer(old, fresh) {
  if (!old) return fresh;
  if (fresh.rev <= old.rev) return old;
  const seen_seq = Math.max(old.seen_seq, fresh.seen_seq);
  const { last_read_seq, unread_count } = old.last_read_seq > fresh.last_read_seq ? old : fresh;
  return { ...fresh, seen_seq, last_read_seq, unread_count };
}

/** @param {Message[]} thread
 * @param {Message} fresh
 * @returns {Message[]} */
function inserted(thread, fresh) {
  const old = thread.find((one) => one.id === fresh.id);
  if (old && fresh.rev <= old.rev) return thread;
  return [...thread.filter((one) => one !== old), fresh].sort((a, b) => a.seq - b.seq); // rule 12
}

/** @param {LogState} state
 * @param {string} id
 * @param {Partial<Conversation>} fields
 * @returns {LogState} */
function changed(state, id, fields) {
  const conversation = state.conversations[id];
  if (!conversation) return state;
  return { ...state, conversations: { ...state.conversations, [id]: { ...conversation, ...fields } } };
}

/** @param {LogState} state
 * @param {string} id
 * @param {"seen_seq" | "contact_last_read_seq"} field
 * @param {number} seq
 * @returns {LogState} */
function raised(state, id, field, seq) {
  return changed(state, id, { [field]: Math.max(state.conversations[id]?.[field] ?? 0, seq) });
}

/** @param {Conversation} conversation */
function activityOf(conversation) {
  return conversation.last_message_at ?? conversation.created_at;
}

/** @param {string} a
 * @param {string} b */
function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}
