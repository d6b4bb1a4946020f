import assert from "node:assert/strict";
import { test } from "node:test";
import {
  byActivity, cursorOf, EMPTY, findOwn, fromSnapshot, receive, unreadCount, withConversations, withCursor,
  withMessages, withRead,
} from "../../../static/realtime/reducer.js";
import { batch, contact, conversation, created, EPOCH, GUEST, message, snapshot, toSnapshot } from "./cast.js";

const start = fromSnapshot(snapshot());
const seqs = (state, id = "conversation-1") => (state.messages[id] ?? []).map((one) => one.seq);

function after(state, ...batches) {
  return batches.reduce((now, one) => receive(now, one).state, state);
}

test("a hole is held and asks for a resume (rule 1), and what fills it lets the rest through (rule 4)", () => {
  const held = receive(start, batch(3, created(3)));
  assert.equal(held.need, "resume");
  assert.deepEqual(seqs(held.state), []);
  assert.equal(cursorOf(held.state), `${EPOCH}:0`);
  const filled = receive(held.state, batch(1, created(1), created(2)));
  assert.equal(filled.need, null);
  assert.deepEqual(seqs(filled.state), [1, 2, 3]);
  assert.equal(cursorOf(filled.state), `${EPOCH}:3`);
});

test("several holes drain in the order of the log", () => {
  const state = after(start, batch(5, created(5)), batch(3, created(3)), batch(1, created(1), created(2)));
  assert.deepEqual(seqs(state), [1, 2, 3]);
  assert.equal(state.held.length, 1);
  assert.deepEqual(seqs(after(state, batch(4, created(4)))), [1, 2, 3, 4, 5]);
});

test("what is covered is dropped (rule 2), and of an overlap only the rest is applied (rule 3)", () => {
  const state = after(start, batch(1, created(1), created(2)));
  assert.equal(after(state, batch(1, created(1, { body: "old", rev: 9 }))).messages["conversation-1"][0].body, "part 1");
  const more = after(state, batch(2, created(2, { body: "again", rev: 9 }), created(3)));
  assert.deepEqual(seqs(more), [1, 2, 3]);
  assert.equal(more.messages["conversation-1"][1].body, "part 2");
});

test("a batch without items still moves the cursor: a filtered seq counts as covered", () => {
  assert.equal(cursorOf(after(start, { ...batch(1), to: 4 })), `${EPOCH}:4`);
});

test("only a greater revision replaces (rule 5)", () => {
  const edited = { type: "message.updated", payload: { message: message(1, { body: "edited", rev: 3 }) } };
  const late = { type: "message.updated", payload: { message: message(1, { body: "late", rev: 2 }) } };
  const state = after(start, batch(1, created(1), edited, late));
  assert.equal(state.messages["conversation-1"][0].body, "edited");
  const older = withConversations(state, [conversation({ status: "closed", rev: 1 })]);
  assert.equal(older.conversations["conversation-1"].status, "open");
});

test("an HTTP answer is taken but never moves the cursor (rule 6), and the event after it changes nothing", () => {
  const answered = withMessages(withConversations(start, [conversation({ rev: 2 })]), [message(1)]);
  assert.equal(cursorOf(answered), `${EPOCH}:0`);
  assert.deepEqual(seqs(after(answered, batch(1, created(1)))), [1]);
});

test("one's own message is found by its key (rule 7)", () => {
  const state = after(start, batch(1, created(1, { author: GUEST, client_message_id: "key-1" })));
  assert.equal(findOwn(state, "key-1")?.seq, 1);
  assert.equal(findOwn(state, "key-2"), undefined);
});

test("another epoch needs a snapshot and is not applied (rule 8)", () => {
  const { state, need } = receive(start, { ...batch(1, created(1)), epoch: "e2" });
  assert.equal(need, "snapshot");
  assert.equal(state, start);
});

test("a snapshot replaces all that was known (rule 9)", () => {
  const before = after(start, batch(1, created(1)));
  const fresh = fromSnapshot(snapshot({ conversations: [conversation({ id: "conversation-2" })], cursor: "e2:9" }));
  assert.deepEqual(seqs(fresh), []);
  assert.equal(before.conversations["conversation-2"], undefined);
  assert.equal(cursorOf(fresh), "e2:9");
});

test("an unknown type, and an event with nothing to tell, move the cursor and nothing else (rule 10)", () => {
  const state = after(start, batch(1, { type: "weather.changed", payload: { rain: true } }, { type: "message.created", payload: null }));
  assert.deepEqual({ ...state, seq: 0 }, start);
  assert.equal(cursorOf(state), `${EPOCH}:2`);
});

test("an event that cannot be applied throws, so that its reader resyncs (rule 11)", () => {
  assert.throws(() => receive(start, batch(1, { type: "message.created", payload: { message: null } })));
});

test("order is seq, whatever the clocks say (rule 12)", () => {
  const late = created(1, { created_at: "2031-01-01T00:00:00.000Z" });
  assert.deepEqual(seqs(after(withMessages(start, [message(2)]), batch(1, late))), [1, 2]);
});

test("a deleted message keeps its place as a tombstone", () => {
  const gone = message(1, { body: "", body_html: "", deleted: true, rev: 2 });
  const state = after(start, batch(1, created(1), created(2), { type: "message.deleted", payload: { message: gone } }));
  assert.deepEqual(state.messages["conversation-1"].map((one) => one.deleted), [true, false]);
});

test("reading never moves back (I6), and a message on the way does not undo it", () => {
  const unread = fromSnapshot(snapshot({ conversations: [conversation({ unread_count: 2, last_seq: 2 })] }));
  const read = withRead(unread, "conversation-1", 2, 0);
  assert.equal(unreadCount(read), 0);
  assert.equal(withRead(read, "conversation-1", 1, 2), read);
  const stale = conversation({ rev: 9, last_read_seq: 0, unread_count: 2 });
  assert.equal(unreadCount(withConversations(read, [stale])), 0);
});

test("an unread count that nobody gives is counted: messages of others beyond the cursor", () => {
  const parts = [message(1), message(2, { author: GUEST }), message(3, { kind: "event" }), message(4)];
  const state = withMessages(start, parts);
  const event = { type: "read_state.updated", payload: { conversation_id: "conversation-1", last_read_seq: 1 } };
  assert.equal(unreadCount(after(state, batch(1, event))), 1);
});

test("an agent is told how far the contact has read; the agent's own cursor stays", () => {
  const team = fromSnapshot(snapshot({ conversations: [conversation({ contact_last_read_seq: 1, unread_count: 3 })] }));
  const event = { type: "read_state.updated", payload: { conversation_id: "conversation-1", last_read_seq: 4 } };
  const [read] = byActivity(after(team, batch(1, event)));
  assert.deepEqual([read.contact_last_read_seq, read.last_read_seq, read.unread_count], [4, 0, 3]);
});

test("Seen moves only by its event, and only forward", () => {
  const seen = (seq) => ({ type: "seen.updated", payload: { conversation_id: "conversation-1", seen_seq: seq } });
  const state = after(start, batch(1, created(1), seen(3), seen(2)));
  assert.equal(state.conversations["conversation-1"].seen_seq, 3);
});

test("a merge changes who one is and remembers who one was", () => {
  const user = contact({ id: "user-1", type: "user" });
  const own = fromSnapshot(snapshot({ contact: user }));
  const event = { type: "contact.merged", payload: { from: GUEST.id, into: "user-1", contact: user } };
  assert.deepEqual(after(own, batch(1, event)).mergedFrom, [GUEST.id]);
});

test("an agent's conversations show the contact's new name", () => {
  const team = fromSnapshot(snapshot({ contact: null, conversations: [conversation({ contact: contact() })] }));
  const event = { type: "contact.updated", payload: { contact: contact({ name: "Ada" }) } };
  assert.equal(byActivity(after(team, batch(1, event)))[0].contact.name, "Ada");
});

test("conversations come newest activity first, one without messages by its start", () => {
  const state = withConversations(start, [
    conversation({ id: "a", last_message_at: "2030-01-02T00:00:00.000Z" }),
    conversation({ id: "b", created_at: "2030-01-03T00:00:00.000Z" }),
  ]);
  assert.deepEqual(byActivity(state).map((one) => one.id), ["b", "a", "conversation-1"]);
});

test("the state after events has the shape of the snapshot after them (I5)", () => {
  const last = message(2);
  const state = after(start, batch(1, created(1), created(2)));
  assert.deepEqual(toSnapshot(state), {
    ...snapshot({ cursor: `${EPOCH}:2`, messages: [message(1), last] }),
    conversations: [conversation({ last_seq: 2, rev: 3, last_message: last })],
    unread_count: 0,
  });
});

test("a client without a contact begins at the cursor of the answer that made it", () => {
  assert.equal(cursorOf(EMPTY), null);
  assert.equal(cursorOf(withCursor(EMPTY, "a:b:7")), "a:b:7");
});
