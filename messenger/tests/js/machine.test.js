import assert from "node:assert/strict";
import { test } from "node:test";
import { fromSnapshot } from "../../../static/realtime/reducer.js";
import {
  announcedBy, authorOf, booted, clientConversationId, closed, identityFrom, identityOf, INITIAL, introduction, isStored, looksOf,
  asksFirst, mayPost, newThread, OPEN, opened, recalled, retargeted, screenOf, toContinue, wantsSocket, weatherOf, went,
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

test("a user is introduced with the proof of the page, and whatever else it says of them goes along unverified", () => {
  const said = (settings) => JSON.parse(JSON.stringify(identityFrom(settings) ?? null));
  assert.deepEqual(said({ user_id: "1", user_hash: "h", action_color: "#fff" }), { user_id: "1", user_hash: "h", attributes: {} });
  assert.deepEqual(said({ user_id: 7, intercom_user_jwt: "j" }), { token: "j", user_id: 7, attributes: {} });
  assert.deepEqual(said({ email: "a@b.c", name: "A" }), { email: "a@b.c", name: "A", attributes: {} });
  const company = { id: 3, name: "Mugs", plan: { tier: 1 } };
  const attributes = { company: "Mugs", company_id: 3, plan: "pro", is_new: false };
  assert.deepEqual(said({ user_jwt: "j", company, plan: "pro", is_new: false, tags: ["x"] }), { token: "j", attributes });
});

test("empty values say nothing, and of somebody of whom only attributes are known nothing is said", () => {
  assert.equal(identityFrom({ user_id: "", user_jwt: null, email: "", plan: "pro", alignment: "left" }), undefined);
  const init = { device_id: "d", page: {}, language: "en" };
  assert.deepEqual(introduction("w", init), { widget_id: "w", device_id: "d", page: {}, locale: "en", identity: undefined });
});

const jwt = (claims) => `e30.${btoa(JSON.stringify(claims)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}.s`;

test("the announced user is the token's, else the one who is named; a token that cannot be read is somebody, too", () => {
  assert.deepEqual(announcedBy({ user_id: 7, user_hash: "h" }), { user: "7", proof: "h" });
  assert.equal(announcedBy({ user_id: "7", user_jwt: jwt({ sub: "8" }) }).user, "8");
  assert.equal(announcedBy({ intercom_user_jwt: jwt({ user_id: "ü>?9", sub: "8" }) }).user, announcedBy({ user_jwt: jwt({ user_id: "ü>?9" }) }).user);
  assert.equal(announcedBy({ user_jwt: "broken" }).user, "?");
  assert.deepEqual(announcedBy({ email: "a@b.c" }), { user: "", proof: "" });
});

test("what is left of the settings without their user is how it looks", () => {
  assert.deepEqual(looksOf({ user_id: 1, email: "e", plan: "pro", z_index: 9, theme_mode: "dark" }), { z_index: 9, theme_mode: "dark" });
});

test("what is written belongs to the announced user while the proof is awaited or refused", () => {
  const state = ready([open]);
  assert.equal(authorOf(state), contact().id);
  assert.equal(authorOf({ ...state, announced: "7", isPending: true }), "user:7");
  assert.equal(authorOf({ ...state, announced: "7", phase: "refused" }), "user:7");
  assert.equal(authorOf({ ...state, announced: "7" }), contact().id);
  assert.equal(authorOf(INITIAL), null);
});

test("nothing is said and no socket is held while a user is announced and not proven", () => {
  assert.ok(mayPost(ready([open])));
  assert.ok(!mayPost(ready([open], { isPending: true })));
  assert.ok(!wantsSocket(ready([open], { isPending: true }), false));
});

test("a login keeps the place and the panel; another person begins with nothing of the former", () => {
  const guest = { ...went(opened(ready([open])), "conversation", "open"), typing: { open: [1] }, loading: { open: true }, prefill: "secret" };
  const user = (id, fields) => ({ ...snapshot({ contact: contact({ id, type: "user" }), ...fields }), widget, availability: { online: true } });
  const merged = booted(guest, user("u", { conversations: [open], merged_from: [contact().id] }));
  assert.deepEqual([...at(merged), merged.isPending], ["conversation", "open", false]);
  const other = booted(guest, user("v", { conversations: [] }));
  assert.deepEqual([...at(other), other.isOpen, other.typing, other.prefill, other.log.messages], ["home", null, true, {}, null, {}]);
});

test("a snapshot with a conversation to continue turns get-or-open into it; an explicit new one stays", () => {
  const given = { ...snapshot({ conversations: [open, done] }), widget, availability: { online: true } };
  const login = (thread) => booted(went(opened(ready([])), "conversation", thread), given);
  assert.deepEqual(at(login(OPEN)), ["conversation", "open"]);
  assert.deepEqual(at(login(newThread("u"))), ["conversation", newThread("u")]);
  const none = { ...given, conversations: [done] };
  assert.equal(booted(went(ready([]), "conversation", OPEN), none).thread, OPEN);
});

test("the panel shows the conversation while a proof is awaited there, and why nobody may write otherwise", () => {
  const talking = went(ready([open]), "conversation", "open");
  for (const phase of ["unavailable", "refused", "starting"]) assert.equal(screenOf({ ...talking, phase, isPending: true }), "conversation");
  assert.equal(screenOf({ ...talking, phase: "refused" }), "gone");
  assert.equal(screenOf({ ...talking, phase: "ended" }), "starting");
  for (const [phase, shown] of [["unavailable", "gone"], ["starting", "starting"]]) assert.equal(screenOf({ ...INITIAL, phase }), shown);
  assert.equal(screenOf({ ...INITIAL, phase: "unavailable", isPending: true }), "gone");
  assert.equal(screenOf(ready([open])), "home");
});

test("of the network, the server and the proof, the visitor is told one thing", () => {
  const problem = { code: "network", trace_id: "x", retry: "boot" };
  const told = (fields) => weatherOf(ready([open], fields));
  assert.equal(told({ isOffline: true, isPending: true, problem }), "offline");
  assert.equal(told({ isPending: true, problem }), "connecting");
  assert.equal(told({ isPending: true }), "pending");
  assert.equal(told({ connection: "recovering" }), "connecting");
  assert.equal(told({ isPaused: true, isOffline: true }), "paused");
  assert.equal(told({}), null);
});

test("what is remembered is shown until the server answers, and never over what it has said", () => {
  const { log, widget: look, availability } = ready([open]);
  const kept = { log, widget: look, availability };
  const waiting = opened(INITIAL);
  const shown = recalled(waiting, kept);
  assert.deepEqual([...at(shown), screenOf(shown), mayPost(shown), wantsSocket(shown)], ["conversation", "open", "conversation", false, false]);
  assert.equal(screenOf({ ...shown, phase: "unavailable" }), "conversation");
  assert.deepEqual(at(recalled(opened(INITIAL, { space: "messages" }), kept)), ["home", null]); // The wish waits for the snapshot.
  const answered = ready([done]);
  assert.equal(recalled(answered, kept), answered);
  assert.equal(recalled(shown, { ...kept, widget: null }), shown);
  const other = { ...snapshot({ contact: contact({ id: "v" }), conversations: [] }), widget, availability };
  assert.deepEqual(booted(shown, other).log.messages, {});
  assert.deepEqual(at(booted(shown, other)), ["home", null]);
});

test("a guest of whom nothing is known is asked first, and nobody else", () => {
  const asking = { ...widget, prechat: { enabled: true, fields: [{ name: "email" }] } };
  const guest = (fields = {}) => ({ ...INITIAL, phase: "ready", widget: asking, ...fields });
  const log = (fields) => fromSnapshot(snapshot({ conversations: [], ...fields }));
  assert.ok(asksFirst(guest()));
  assert.ok(asksFirst(guest({ log: log({}) })));
  assert.ok(asksFirst(guest({ log: log({ conversations: [conversation()] }) }))); // Opened, and nothing said.
  for (const fields of [
    { isExcused: true }, { announced: "7" }, { phase: "starting" }, { widget: null }, { widget: { ...widget, prechat: {} } },
    { log: log({ contact: contact({ type: "lead" }) }) }, { log: log({ contact: contact({ type: "user" }) }) },
    { log: log({ conversations: [conversation({ last_message: { id: "m" } })] }) },
  ]) assert.ok(!asksFirst(guest(fields)), JSON.stringify(fields));
});

test("an article that an answer cites is read over its conversation, and the way back is known", () => {
  const reading = went(opened(ready([open])), "article", "open", "returns");
  assert.deepEqual([...at(reading), reading.article, screenOf(reading)], ["article", "open", "returns", "article"]);
  assert.deepEqual(at(went(reading, "conversation", reading.thread)), ["conversation", "open"]);
  assert.deepEqual(at(opened(ready([open]), { space: "article", article: "returns" })), ["article", null], "the page's has none");
});
