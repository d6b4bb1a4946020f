import assert from "node:assert/strict";
import { test } from "node:test";
import { createAttention } from "../../../static/realtime/attention.js";
import { FakeClock } from "./cast.js";

function attention() {
  const clock = new FakeClock();
  const said = [];
  return { clock, said, attention: createAttention((on) => said.push(on), clock) };
}

test("looking is told at once and every 45 s, looking away once", async () => {
  const { clock, said, attention: one } = attention();
  one.look(true);
  one.look(true);
  await clock.pass(44_999);
  assert.deepEqual(said, [true]);
  await clock.pass(45_001);
  assert.deepEqual(said, [true, true, true]);
  one.look(false);
  await clock.pass(600_000);
  assert.deepEqual(said, [true, true, true, false]);
});

test("a new connection is told that somebody looks, and nothing when nobody does", async () => {
  const { clock, said, attention: one } = attention();
  one.again();
  assert.deepEqual(said, []);
  one.look(true);
  await clock.pass(30_000);
  one.again();
  await clock.pass(44_999);
  assert.deepEqual(said, [true, true]);
});
