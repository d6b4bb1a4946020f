import assert from "node:assert/strict";
import { test } from "node:test";
import { createTypist, stillTyping, withoutTypist, withTyping } from "../../../static/realtime/typing.js";
import { ALICE, FakeClock } from "./cast.js";

const on = { by: ALICE, on: true, ttl: 6 };

function typist() {
  const clock = new FakeClock();
  const said = [];
  return { clock, said, typist: createTypist((thread, isOn) => said.push([thread, isOn]), clock) };
}

test("dots end after their time, with their message, or when told", () => {
  const typing = withTyping(withTyping([], on, 0), on, 1000);
  assert.equal(typing.length, 1);
  assert.equal(stillTyping(typing, 6_999).length, 1);
  assert.equal(stillTyping(typing, 7_000).length, 0);
  assert.deepEqual(withoutTypist(typing, ALICE), []);
  assert.deepEqual(withTyping(typing, { ...on, on: false }, 0), []);
});

test("keys are told at most every 3 s", async () => {
  const { clock, said, typist: one } = typist();
  for (let i = 0; i < 31; i++) {
    one.typed("c1", "text");
    await clock.pass(100);
  }
  assert.deepEqual(said, [["c1", true], ["c1", true]]);
});

test("sending, leaving, emptying and pausing end it, once", async () => {
  const { clock, said, typist: one } = typist();
  one.typed("c1", "t");
  one.stop();
  one.stop();
  assert.deepEqual(said, [["c1", true], ["c1", false]]);
  one.typed("c1", "t");
  one.typed("c1", "  ");
  assert.deepEqual(said.slice(2), [["c1", true], ["c1", false]]);
  one.typed("c1", "t");
  await clock.pass(6_000);
  assert.deepEqual(said.slice(4), [["c1", true], ["c1", false]]);
});

test("changing the thread ends it in the old one", () => {
  const { said, typist: one } = typist();
  one.typed("c1", "t");
  one.typed("c2", "t");
  assert.deepEqual(said, [["c1", true], ["c1", false], ["c2", true]]);
});

test("what could not be told is told with the next key", () => {
  const said = [];
  let isUp = false;
  const one = createTypist((thread, on) => isUp && Boolean(said.push([thread, on])), new FakeClock());
  one.typed("c1", "t");
  isUp = true;
  one.typed("c1", "te");
  one.typed("c1", "tex");
  assert.deepEqual(said, [["c1", true]]);
});
