import assert from "node:assert/strict";
import { test } from "node:test";
import { fromSnapshot } from "../../../static/realtime/reducer.js";
import {
  booted, clientConversationId, closed, identityOf, INITIAL, introduction, isStored, newThread, OPEN, opened, retargeted, toContinue,
  wantsSocket, went,
} from "../../../static/widget/machine.js";
import { contact, conversation, snapshot } from "./cast.js";

const widget = { texts: {}, appearance: {}, thread_policy: "conversations" };

function ready(conversations, fields = {}) {
  const given = { ...snapshot({ conversations }), widget, availability: { online: true }, limits: { message_characters: 9 } };
  return { ...booted(INITIAL, given), ...fields };
}

const at = (state) => [state.space, state.thread];
const open = conversation({ id: "open" });
const parallel = conversation({ id: "parallel", is_primary: false, last_message_at: "2031-01-01T00:00:00.000Z" });
const done = conversation({ id: "done", status: "closed" });

test("opening goes to the one open conversation, to Messages when there are several, to Home when there is none", () => {
  assert.deepEqual(at(opened(ready([open, done]))), ["conversation", "open"]);
  assert.deepEqual(at(opened(ready([open, parallel]))), ["messages", null]);
  assert.deepEqual(at(opened(ready([done]))), ["home", null]);
  assert.deepEqual(at(opened(ready([]))), ["home", null]);
});

test("opening again stays where the visitor was", () => {
  const away = closed(went(opened(ready([open])), "messages"));
  assert.deepEqual(at(opened(away)), ["messages", null]);
});

test("what opens before there is a session goes where it was meant to as soon as there is one", () => {
  const early = opened(INITIAL, { space: "new", text: "Hi" });
  assert.deepEqual([early.isOpen, early.thread], [true, null]);
  const later = booted(early, { ...snapshot({ conversations: [open] }), widget, availability: { online: false } });
  assert.deepEqual([...at(later), later.prefill], ["conversation", "open", "Hi"]);
  const plain = booted(opened(INITIAL), { ...snapshot({ conversations: [open] }), widget, availability: { online: false } });
  assert.deepEqual(at(plain), ["conversation", "open"]);
});

test("a later snapshot does not move the visitor", () => {
  const reading = went(opened(ready([open, parallel])), "conversation", "parallel");
  const again = booted(reading, { ...snapshot({ conversations: [open] }), widget, availability: { online: true } });
  assert.deepEqual(at(again), ["conversation", "parallel"]);
});

test("the page can ask for a place", () => {
  const state = ready([open]);
  assert.deepEqual(at(opened(state, { space: "messages" })), ["messages", null]);
  assert.deepEqual(at(opened(state, { space: "conversation", conversation: "parallel" })), ["conversation", "parallel"]);
});

test("New chat continues the open conversation (I12), the primary one first, else begins one", () => {
  assert.equal(toContinue(ready([parallel, open, done])), "open");
  assert.equal(toContinue(ready([parallel, done])), "parallel");
  assert.equal(toContinue(ready([done])), OPEN);
  assert.equal(toContinue(ready([done], { widget: { ...widget, thread_policy: "single_thread" } })), "done");
});

test("a local key becomes the conversation only where it is open", () => {
  const state = went(ready([]), "conversation", newThread("u"));
  assert.equal(clientConversationId(state.thread), "u");
  assert.equal(clientConversationId(OPEN), null);
  assert.equal(retargeted(state, state.thread, "c9").thread, "c9");
  assert.equal(retargeted(state, OPEN, "c9").thread, state.thread);
  assert.deepEqual([isStored(state.thread), isStored(OPEN), isStored(null), isStored("c9")], [false, false, false, true]);
});

test("a socket needs a contact, and the panel open or a conversation that is not closed", () => {
  assert.ok(wantsSocket(ready([open]), false));
  assert.ok(wantsSocket(opened(ready([done])), false));
  assert.ok(!wantsSocket(ready([done]), false));
  assert.ok(!wantsSocket(ready([open]), true), "hidden");
  assert.ok(!wantsSocket(ready([open], { isPaused: true }), false));
  assert.ok(!wantsSocket(ready([open], { log: fromSnapshot(snapshot({ contact: null })) }), false));
  assert.ok(!wantsSocket({ ...ready([open]), phase: "ended" }, false));
});

test("identity goes none → device → anonymous, lead or user → shutdown", () => {
  const as = (who) => identityOf(ready([], { log: fromSnapshot(snapshot({ contact: who })) }));
  assert.equal(identityOf(INITIAL), "none");
  assert.equal(as(null), "device");
  for (const type of ["anonymous", "lead", "user"]) assert.equal(as(contact({ type })), type);
  assert.equal(identityOf({ ...INITIAL, phase: "ended" }), "shutdown");
});

test("a user is introduced with the proof of the page; traits alone introduce nobody", () => {
  const introduce = (settings) => introduction("w", { device_id: "d", page: {}, language: "en", settings }).identity;
  assert.equal(introduce({ email: "a@b.c", name: "A" }), undefined);
  assert.deepEqual(introduce({ user_id: "1", user_hash: "h" }), { user_id: "1", user_hash: "h", email: undefined, name: undefined });
  assert.deepEqual(introduce({ user_id: "1", intercom_user_jwt: "j" }), { token: "j" });
});
