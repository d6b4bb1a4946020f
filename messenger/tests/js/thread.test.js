import assert from "node:assert/strict";
import { test } from "node:test";
import { fromSnapshot } from "../../../static/realtime/reducer.js";
import { INITIAL } from "../../../static/widget/machine.js";
import { facesOf, hasOlder, nameOf, paragraphsOf, partsOf, previewOf, teamOf, typistsOf } from "../../../static/widget/thread.js";
import { ALICE, conversation, GUEST, message, snapshot } from "./cast.js";

function state(messages, { entries = [], ...fields } = {}) {
  const log = fromSnapshot(snapshot({ conversations: [conversation({ last_seq: 9, ...fields })], messages }));
  return { ...INITIAL, thread: "conversation-1", log, entries };
}

const own = (seq, fields = {}) => message(seq, { author: GUEST, client_message_id: `key-${seq}`, ...fields });
const entry = (id, fields = {}) => ({ id, thread: "conversation-1", body: id, at: Date.UTC(2030, 0, 1, 12), state: "queued", ...fields });
const bubbles = (given) => partsOf(given).filter((part) => part.type === "bubble");

test("only the last own message says how far it got, and Seen comes from seen_seq alone (I11)", () => {
  const statuses = (seen) => bubbles(state([own(1), own(2), message(3)], { seen_seq: seen })).map((part) => part.status);
  assert.deepEqual(statuses(0), [null, "sent", null]);
  assert.deepEqual(statuses(1), [null, "sent", null]);
  assert.deepEqual(statuses(2), [null, "seen", null]);
});

test("what is on its way comes after what has arrived (rule 7), and each says where it is", () => {
  const given = state([own(1), message(2)], { entries: [entry("a", { state: "sending" }), entry("b"), entry("c", { state: "failed" })] });
  assert.deepEqual(bubbles(given).map((part) => part.status), ["sent", null, "sending", "queued", "failed"]);
});

test("an entry whose message has arrived is not drawn twice, and its bubble keeps its key", () => {
  const waiting = bubbles(state([], { entries: [entry("key-1")] }));
  const arrived = bubbles(state([own(1)], { entries: [entry("key-1")] }));
  assert.deepEqual(arrived.map((part) => part.key), waiting.map((part) => part.key));
});

test("entries of another thread are not drawn here", () => {
  assert.deepEqual(bubbles(state([], { entries: [entry("a", { thread: "open" })] })), []);
});

test("bubbles of one author within five minutes stand together", () => {
  const at = (minute) => new Date(Date.UTC(2030, 0, 1, 10, minute)).toISOString();
  const bob = { ...ALICE, id: "agent-2", name: "Bob" };
  const parts = bubbles(state([
    message(1, { created_at: at(0) }), message(2, { created_at: at(4) }), message(3, { created_at: at(10) }),
    message(4, { created_at: at(11), author: bob }), own(5, { created_at: at(11) }), own(6, { created_at: at(12) }),
  ]));
  assert.deepEqual(parts.map((part) => [part.isFirst, part.isLast]), [
    [true, false], [false, true], [true, true], [true, true], [true, false], [false, true],
  ]);
});

test("each day is announced once, and the unread line stands before the first unread message", () => {
  const later = new Date(Date.UTC(2030, 0, 3, 12)).toISOString();
  const lines = partsOf(state([message(1), message(2), message(3, { created_at: later }), message(4, { created_at: later })]), 4);
  assert.deepEqual(lines.map((part) => part.type), ["day", "bubble", "bubble", "day", "bubble", "unread", "bubble"]);
  assert.equal(new Set(lines.map((part) => part.key)).size, lines.length);
});

test("events are lines, not bubbles, and part a group", () => {
  const joined = message(2, { kind: "event", event: { name: "agent_joined" }, body: "" });
  assert.deepEqual(partsOf(state([message(1), joined, message(3)])).map((part) => part.type), ["day", "bubble", "event", "bubble"]);
});

test("there is older history while the first part that is here is not the first of all", () => {
  assert.ok(hasOlder(state([message(3)])));
  assert.ok(!hasOlder(state([message(1)])));
  assert.ok(hasOlder(state([], { last_seq: 2 })), "nothing is loaded yet");
  assert.ok(!hasOlder(state([], { last_seq: 0 })));
  assert.ok(!hasOlder({ ...state([]), thread: "open" }));
});

test("dots are of this thread and expire", () => {
  const given = { ...state([]), typing: { "conversation-1": [{ ...ALICE, until: 100 }], other: [{ ...ALICE, until: 999 }] } };
  assert.equal(typistsOf(given, 99).length, 1);
  assert.equal(typistsOf(given, 100).length, 0);
});

test("a list names the agents who take part, and shows a line of the last message unless it was deleted", () => {
  const people = [{ ...GUEST, is_active: true }, { ...ALICE, is_active: true }, { ...ALICE, id: "b", is_active: false }];
  assert.deepEqual(teamOf(conversation({ participants: people })).map((one) => one.id), [ALICE.id]);
  assert.equal(previewOf(message(1, { body: "**two**\n\n  lines" })), "two lines");
  assert.equal(previewOf(message(1, { deleted: true })), "");
  assert.equal(previewOf(null), "");
});

const ASSISTANT = { kind: "assistant", id: null, name: "", avatar_url: null };
const writing = (text, fields = {}) => ({ ...ASSISTANT, turn: "turn-1", n: 2, text, until: 100, ...fields });
const answered = (messages, text, fields = {}) =>
  ({ ...state(messages, { assistant_answers: true, ...fields }), typing: { "conversation-1": [writing(text)] } });

test("what the assistant writes is the last bubble, and becomes its message where it stands", () => {
  const growing = partsOf(answered([own(1)], "It takes", { seen_seq: 1 }), undefined, 99).filter((part) => part.type === "bubble");
  assert.deepEqual(growing.map((part) => [part.key, part.isGrowing ?? false, part.status]), [["key-1", false, "seen"], ["turn-1", true, null]]);
  const stored = message(2, { author: ASSISTANT, client_message_id: "turn-1", created_at: message(1).created_at });
  const settled = partsOf(answered([own(1), stored], "It takes"), undefined, 99).filter((part) => part.type === "bubble");
  assert.deepEqual(settled.map((part) => [part.key, part.isGrowing ?? false]), [["key-1", false], ["turn-1", false]], "once, and not twice");
});

test("it goes with its time, and where somebody else answers", () => {
  const bubblesAt = (given, now) => partsOf(given, undefined, now).filter((part) => part.isGrowing).length;
  assert.deepEqual([bubblesAt(answered([], ""), 99), bubblesAt(answered([], ""), 100)], [1, 0]);
  assert.equal(bubblesAt(answered([], "It", { assistant_answers: false }), 99), 0);
  assert.equal(bubblesAt({ ...answered([], "It"), thread: "open" }, 99), 0);
});

test("the assistant is nobody who types, and a name and a face while it answers", () => {
  const people = [{ ...ALICE, is_active: true }, { ...ASSISTANT, is_active: true }];
  const named = (answers) => facesOf(conversation({ participants: people, assistant_answers: answers }), "Assistant").map((one) => one.name);
  assert.deepEqual([named(true), named(false)], [["Assistant", "Alice"], ["Alice"]]);
  assert.deepEqual(typistsOf(answered([], "It"), 0), []);
  const t = (key) => `(${key})`;
  assert.deepEqual([ASSISTANT, ALICE, { ...ALICE, name: "" }, undefined].map((one) => nameOf(one, t)), ["(assistant)", "Alice", "(team)", "(team)"]);
});

test("what is written is shown as paragraphs, without the marks of what is not closed yet", () => {
  assert.deepEqual(paragraphsOf("Two **ways**, by `code` and **"), ["Two ways, by code and "]);
  assert.deepEqual(paragraphsOf("One\n\n- a\n- b\n\n\nTwo"), ["One", "- a\n- b", "Two"]);
  assert.deepEqual(paragraphsOf("<b>a</b> 2*3"), ["<b>a</b> 2*3"], "text stays text");
});
