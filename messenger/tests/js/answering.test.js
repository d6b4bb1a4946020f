import assert from "node:assert/strict";
import { test } from "node:test";
import { LINGER_MS, withDelta, withoutAnswer } from "../../../static/realtime/answering.js";
import { withTyping } from "../../../static/realtime/typing.js";
import { ALICE, GUEST, message } from "./cast.js";

const ASSISTANT = { kind: "assistant", id: null, name: "" };
const TYPES = { by: ALICE, on: true, ttl: 6 };
const delta = (n, text, fields = {}) => ({ by: ASSISTANT, turn: "turn-1", n, text, on: true, ttl: 25, ...fields });
const off = (n, fields = {}) => delta(n, "", { on: false, ...fields });
const answer = message(2, { author: { ...ASSISTANT, avatar_url: null }, client_message_id: "turn-1" });
const handedOff = message(2, { kind: "event", author: { ...ASSISTANT, kind: "system" }, event: { name: "handed_off" } });

/** What is shown at a moment, after these frames (a frame and when it came) and parts. */
function shown(steps, now = 0) {
  const typists = steps.reduce((known, [step, at = 0]) => ("kind" in step ? withoutAnswer(known, step) : withDelta(known, step, at)), []);
  return typists.filter((one) => one.until > now).map((one) => one.text);
}

test("it thinks, and each frame brings all of the answer so far", () => {
  assert.deepEqual(shown([[delta(1, "")]]), [""]);
  assert.deepEqual(shown([[delta(1, "")], [delta(2, "It")], [delta(5, "It takes")]]), ["It takes"]);
  assert.deepEqual(shown([[delta(7, "In the middle")]]), ["In the middle"], "after a reload");
});

test("a lesser or equal number comes late, whatever it says", () => {
  const grown = [[delta(1, "")], [delta(4, "It takes")]];
  for (const late of [delta(3, "It"), delta(4, "other"), off(2), off(4)]) assert.deepEqual(shown([...grown, [late]]), ["It takes"]);
  assert.deepEqual(shown([...grown, [delta(5, "It takes two")]]), ["It takes two"], "the control");
});

test("a turn that begins anew is thought about anew", () => {
  const anew = [[delta(1, "")], [delta(9, "Old")], [delta(1, "")]];
  assert.deepEqual(shown(anew), [""]);
  assert.deepEqual(shown([...anew, [delta(2, "New")]]), ["New"]);
  assert.deepEqual(shown([[delta(8, "Old")], [off(9)], [delta(1, "")]], LINGER_MS), [""], "after a pause");
});

test("another turn takes its place, whatever its number", () => {
  assert.deepEqual(shown([[delta(9, "Old")], [delta(1, "", { turn: "turn-2" })]]), [""]);
  assert.deepEqual(shown([[delta(9, "Old")], [delta(3, "New", { turn: "turn-2" })]]), ["New"]);
});

test("the end of another turn, or of one that nobody saw, is no news", () => {
  const typists = withDelta([], delta(2, "It"), 0);
  assert.equal(withDelta(typists, off(9, { turn: "turn-0" }), 0), typists);
  assert.deepEqual(shown([[off(9)]]), []);
});

test("it is void when nothing is heard of it for as long as it said", () => {
  const last = [[delta(1, ""), 0], [delta(2, "It takes"), 3_000]];
  assert.deepEqual([shown(last, 27_999), shown(last, 28_000)], [["It takes"], []]);
  assert.deepEqual(shown([[delta(1, "", { ttl: 2 })]], 2_000), []);
});

test("when there is no more it stays a moment for its message, and no longer", () => {
  const ended = [[delta(2, "It takes two days."), 0], [off(3), 500]];
  assert.deepEqual(shown(ended, 500 + LINGER_MS - 1), ["It takes two days."]);
  assert.deepEqual(shown(ended, 500 + LINGER_MS), []);
  assert.deepEqual(shown([...ended, [answer]], 500), [], "its message is there");
  const short = [[delta(2, "It", { ttl: 1 }), 0], [off(3), 900]];
  assert.deepEqual(shown(short, 1_000), [], "nor longer than it had");
});

test("an answer, a person's reply and a hand-over end it at once", () => {
  for (const part of [answer, message(2, { author: ALICE }), handedOff]) assert.deepEqual(shown([[delta(2, "It")], [part]]), []);
});

test("nothing else ends it", () => {
  const parts = [
    message(2, { author: GUEST }),
    message(2, { kind: "event", event: { name: "agent_joined" } }),
    message(2, { kind: "event", author: { ...GUEST, kind: "system" }, event: { name: "rated" } }),
  ];
  for (const part of parts) assert.deepEqual(shown([[delta(2, "It")], [part]]), ["It"]);
});

test("after a person's reply or a hand-over that turn stays silent, and the next one is heard", () => {
  for (const part of [message(2, { author: ALICE }), handedOff]) {
    assert.deepEqual(shown([[delta(2, "It")], [part], [delta(3, "It takes")], [delta(1, "")], [off(4)]]), []);
    assert.deepEqual(shown([[delta(2, "It")], [part], [delta(1, "", { turn: "turn-2" })]]), [""]);
  }
});

test("people who type are left alone", () => {
  const typing = withTyping([], TYPES, 0);
  const both = withDelta(typing, delta(1, ""), 0);
  assert.deepEqual(both.map((one) => one.kind), ["agent", "assistant"]);
  assert.deepEqual(withoutAnswer(both, answer), typing);
  assert.deepEqual(withTyping(both, { ...TYPES, on: false }, 0).map((one) => one.kind), ["assistant"]);
});
