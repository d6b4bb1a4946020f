/** What does not hold, so that the run shows that it can fail. */

import assert from "node:assert/strict";
import { test } from "node:test";

test("a falsy value", () => assert.ok(0));
test("another value", () => assert.equal(1, "1"));
test("a missing field", () => assert.deepEqual({ a: 1 }, { a: 1, b: undefined }));
test("another order", () => assert.deepEqual([1, 2], [2, 1]));
test("another text", () => assert.match("abc", /d/));
test("a failure", () => assert.fail("so"));
test("nothing thrown", () => assert.throws(() => {}));
test("another error", () => assert.throws(() => { throw new Error("this"); }, /that/));
test("no rejection", () => assert.rejects(Promise.resolve()));
test("another rejection", () => assert.rejects(Promise.reject({ status: 1 }), { status: 2 }));
test("a late failure", async () => {
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(1, 2);
});
