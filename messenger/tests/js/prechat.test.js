import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyOf, lacking } from "../../../static/widget/prechat.js";

const FIELDS = [{ name: "name" }, { name: "email", required: true }, { name: "order", required: true }, { name: "toString" }];

test("what is required is asked for, and blanks are no answer", () => {
  assert.deepEqual(lacking(FIELDS, null, {}), { email: "prechatMissing", order: "prechatMissing" });
  assert.deepEqual(lacking(FIELDS, null, { email: "  ", order: "7" }), { email: "prechatMissing" });
  assert.deepEqual(lacking(FIELDS, { required: true }, { email: "a@b.c", order: "7" }), { "?": "prechatAgree" });
  assert.deepEqual(lacking(FIELDS, { required: true }, { email: "a@b.c", order: "7", "?": "1" }), {});
  assert.deepEqual(lacking(FIELDS, { required: false }, { email: "a@b.c", order: "7" }), {});
});

test("name, e-mail and phone are the person's own, all else is an attribute, and blanks are not sent", () => {
  const answers = { name: " Vis ", email: "v@example.com", order: "A-7", toString: "x", phone: "not asked for" };
  assert.deepEqual(bodyOf(FIELDS, answers), {
    name: "Vis", email: "v@example.com", attributes: { order: "A-7", toString: "x" }, consent: false,
  });
  assert.deepEqual(bodyOf(FIELDS, { name: " ", "?": "1" }), { attributes: {}, consent: true });
});
