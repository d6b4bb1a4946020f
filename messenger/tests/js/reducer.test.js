import assert from "node:assert/strict";
import { test } from "node:test";
import {
  byActivity, cursorOf, EMPTY, findOwn, fromSnapshot, receive, unreadCount, withConversations, withCursor,
  withMessages, withRead,
} from "../../../static/realtime/reducer.js";
import { ALICE, batch, contact, conversation, created, EPOCH, GUEST, message, snapshot, toSnapshot } from "./cast.js";

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

test("an answer about reading that comes after a later message does not hide it", () => {
  const read = { conversation_id: "conversation-1", last_read_seq: 1, unread_count: 0 };
  const fresh = { type: "message.created", payload: { message: message(2), conversation: conversation({ rev: 3, last_read_seq: 1, unread_count: 1 }) } };
  const state = after(start, batch(1, created(1), { type: "read_state.updated", payload: read }, fresh));
  assert.equal(unreadCount(withRead(state, "conversation-1", 1, 0)), 1);
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

test("guests who were merged are named in one order, each once", () => {
  const own = fromSnapshot(snapshot({ contact: contact({ id: "user-1" }), merged_from: ["b"] }));
  const merge = (from) => ({ type: "contact.merged", payload: { from, into: "user-1", contact: contact({ id: "user-1" }) } });
  assert.deepEqual(after(own, batch(1, merge("c"), merge("a"), merge("c"))).mergedFrom, ["a", "b", "c"]);
});

test("a visitor's new name stands in whatever they said", () => {
  const said = message(1, { author: GUEST });
  const thread = conversation({ participants: [ALICE, GUEST], last_message: said });
  const own = fromSnapshot(snapshot({ conversations: [thread], messages: [said, message(2)] }));
  const event = { type: "contact.updated", payload: { contact: contact({ name: "Ada" }) } };
  const renamed = after(own, batch(1, event));
  assert.deepEqual(renamed.messages["conversation-1"].map((one) => one.author.name), ["Ada", "Alice"]);
  assert.deepEqual(byActivity(renamed)[0].participants.map((one) => one.name), ["Alice", "Ada"]);
  assert.equal(byActivity(renamed)[0].last_message.author.name, "Ada");
});

test("to an agent a guest without a name is called as the team calls guests", () => {
  const person = contact({ display_name: "Guest 12", message_count: 3 });
  const said = message(1, { author: { ...GUEST, name: "Ada" } });
  const threads = [conversation({ contact: contact() }), conversation({ id: "conversation-2", contact: contact({ id: "b" }) })];
  const team = fromSnapshot(snapshot({ contact: null, conversations: threads, messages: [said] }));
  const state = after(team, batch(1, { type: "contact.updated", payload: { contact: person } }));
  assert.deepEqual(state.conversations["conversation-1"].contact, person);
  assert.equal(state.conversations["conversation-2"].contact.id, "b");
  assert.equal(state.messages["conversation-1"][0].author.name, "Guest 12");
});

test("what an agent is told of a contact with one conversation is true in the contact's others", () => {
  const [one, other] = ["conversation-1", "conversation-2"].map((id) => conversation({ id, contact: contact() }));
  const team = fromSnapshot(snapshot({ contact: null, conversations: [one, other] }));
  const fresh = conversation({ rev: 2, contact: contact({ message_count: 8 }) });
  const state = after(team, batch(1, { type: "conversation.updated", payload: { conversation: fresh } }));
  assert.equal(state.conversations["conversation-2"].contact.message_count, 8);
});

test("a guest who turned out to be a user is that user wherever they spoke", () => {
  const user = contact({ id: "user-1", display_name: "Grace" });
  const team = fromSnapshot(snapshot({ contact: null, messages: [message(1, { author: GUEST })] }));
  const event = { type: "contact.merged", payload: { from: GUEST.id, into: "user-1", contact: user } };
  const { author } = after(team, batch(1, event)).messages["conversation-1"][0];
  assert.deepEqual([author.id, author.name], ["user-1", "Grace"]);
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
