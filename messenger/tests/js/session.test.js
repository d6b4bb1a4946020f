import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../../static/widget/api.js";
import { opened, weatherOf } from "../../../static/widget/machine.js";
import { ALICE, batch, contact, conversation, created, EPOCH, GUEST, message, pollInto, settled } from "./cast.js";
import { boots, chatting, nobody, visit } from "./visit.js";

const bodies = ({ session }) => (session.state.log.messages["conversation-1"] ?? []).map((one) => one.body);

test("without a contact there is no socket; the first message makes one and starts it at the answer's cursor", async () => {
  const first = message(1, { author: GUEST, client_message_id: "uuid-2" });
  const answer = { conversation: conversation({ last_seq: 1 }), message: first, contact: contact(), cursor: `${EPOCH}:2` };
  const { session, sockets, made, live } = visit({ "POST bootstrap": nobody(), "POST conversations": answer });
  await session.boot();
  session.change((now) => opened(now, { space: "new" }));
  assert.equal(sockets.length, 0);
  session.send("hello");
  assert.deepEqual(session.state.entries.map((entry) => entry.state), ["sending"]);
  await settled();
  assert.deepEqual(made("conversations")[0].body, {
    new: false, client_conversation_id: undefined, message: { client_message_id: "uuid-2", body: "hello" },
  });
  assert.equal(session.state.thread, "conversation-1");
  assert.deepEqual(session.state.entries, []);
  live().onopen();
  assert.deepEqual(live().sent[0], { t: "hello", v: 1, auth: "token-1", after: `${EPOCH}:2`, tab: "uuid-1", trace: "trace" });
});

test("somebody who joins a conversation that another tab began gets all of it", async () => {
  let snapshots = [nobody(), boots({ messages: [message(1, { author: GUEST }), message(2, { author: GUEST })], cursor: `${EPOCH}:5` })];
  const answer = {
    conversation: conversation({ last_seq: 2 }), contact: contact(), cursor: `${EPOCH}:5`,
    message: message(2, { author: GUEST, client_message_id: "uuid-2" }),
  };
  const scene = visit({ "POST bootstrap": () => snapshots.shift(), "POST conversations": answer });
  await scene.session.boot();
  scene.session.change((now) => opened(now, { space: "new" }));
  scene.session.send("second");
  await settled();
  await settled();
  assert.deepEqual(bodies(scene), ["part 1", "part 2"]);
});

test("an answer that was lost is repaired by the event, and the bubble is one", async () => {
  const scene = await chatting({ "POST conversations/conversation-1/messages": new ApiError(0, "network") });
  const key = scene.session.send("hi");
  await settled();
  assert.equal(scene.session.state.entries[0].state, "queued");
  scene.live().say(batch(1, created(2, { author: GUEST, client_message_id: key })));
  assert.deepEqual(scene.session.state.entries, []);
  assert.deepEqual(bodies(scene), ["part 1", "part 2"]);
});

test("an ended session begins again, once, and the request is made with the new token", async () => {
  const tokens = ["token-1", "token-2"];
  const scene = await chatting({
    "POST bootstrap": () => ({ ...boots({ conversations: [conversation({ last_seq: 1 })], messages: [message(1)] }), session_token: tokens.shift() }),
    "POST conversations/conversation-1/messages": (_, token) =>
      token === "token-1" ? new ApiError(401, "session_expired") : message(2, { author: GUEST, client_message_id: "uuid-2" }),
  });
  scene.session.send("hi");
  await settled();
  await settled();
  assert.equal(scene.made("bootstrap").length, 2);
  assert.equal(scene.made("bootstrap")[1].token, "token-1");
  assert.deepEqual(scene.session.state.entries, []);
});

test("many requests that find the session ended share one bootstrap", async () => {
  const scene = await chatting({
    "PUT conversations/conversation-1/read": (_, token) => (token === "token-1" ? new ApiError(401, "x") : { last_read_seq: 1, unread: 0 }),
    "POST visits": (_, token) => (token === "token-1" ? new ApiError(401, "x") : {}),
  });
  await Promise.all([scene.session.read("conversation-1", 1), scene.session.visit({ url: "v" }), scene.session.visit({ url: "w" })]);
  assert.equal(scene.made("bootstrap").length, 2);
});

test("resync_required is a boot: a new snapshot and a socket after its cursor", async () => {
  const scene = await chatting();
  scene.live().say({ t: "resync_required", reason: "too_old" });
  await settled();
  assert.equal(scene.made("bootstrap").length, 2);
  assert.equal(scene.sockets.length, 2);
  assert.ok(scene.sockets[0].closed);
});

test("an event that cannot be applied leads to one resync, a second one to a pause (rule 11)", async () => {
  const scene = await chatting();
  const broken = batch(1, { type: "message.created", payload: { message: null } });
  scene.live().say(broken);
  await settled();
  assert.equal(scene.made("bootstrap").length, 2);
  scene.live().welcome();
  scene.live().say(broken);
  await settled();
  assert.equal(scene.made("bootstrap").length, 2);
  assert.ok(scene.session.state.isPaused);
  assert.ok(scene.live().closed);
});

test("a hole gets two seconds, then what is missing is asked for", async () => {
  const scene = await chatting();
  scene.live().say(batch(3, created(3)));
  await scene.clock.pass(1_999);
  assert.ok(!scene.live().sent.some((frame) => frame.t === "resume"));
  await scene.clock.pass(1);
  assert.deepEqual(scene.live().sent.at(-1), { t: "resume", after: `${EPOCH}:0` });
});

test("a heartbeat that is ahead asks for what is missing, too", async () => {
  const scene = await chatting();
  scene.live().say({ t: "hb", head: 4 });
  await scene.clock.pass(2_000);
  assert.deepEqual(scene.live().sent.at(-1), { t: "resume", after: `${EPOCH}:0` });
});

test("4014 bootstraps before it connects again; until then there is no socket", async () => {
  let answer;
  const scene = await chatting();
  scene.answers["POST bootstrap"] = () => new Promise((resolve) => (answer = () => resolve(boots())));
  scene.live().onclose({ code: 4014 });
  await scene.clock.pass(60_000);
  assert.deepEqual([scene.made("bootstrap").length, scene.sockets.length], [2, 1]);
  answer();
  await settled();
  assert.equal(scene.sockets.length, 2);
});

test("a socket that is refused for good is not tried again", async () => {
  const scene = await chatting();
  scene.live().onclose({ code: 4503 });
  scene.session.typed("x");
  await scene.clock.pass(120_000);
  assert.equal(scene.sockets.length, 1);
  assert.ok(scene.session.state.isPaused);
});

test("reading is reported once, to the furthest part, and an unread count follows the answer", async () => {
  const scene = visit({
    "POST bootstrap": boots({ conversations: [conversation({ last_seq: 2, unread_count: 2 })], messages: [message(1), message(2)] }),
    "PUT conversations/conversation-1/read": { last_read_seq: 2, unread: 0 },
  });
  await scene.session.boot();
  await Promise.all([scene.session.read("conversation-1", 2), scene.session.read("conversation-1", 2), scene.session.read("conversation-1", 1)]);
  assert.deepEqual(scene.calls.slice(1).map((call) => call.body), [{ up_to: 2 }]);
  assert.equal(scene.session.state.log.conversations["conversation-1"].unread_count, 0);
});

test("reading that could not be reported is reported with the next look", async () => {
  const answers = {
    "POST bootstrap": boots({ conversations: [conversation({ last_seq: 1, unread_count: 1 })], messages: [message(1)] }),
    "PUT conversations/conversation-1/read": new ApiError(0, "network"),
  };
  const { session, made } = visit(answers);
  await session.boot();
  await session.read("conversation-1", 1);
  await session.read("conversation-1", 1);
  assert.equal(made("conversations/conversation-1/read").length, 2);
});

test("agents' dots appear, and their message ends them", async () => {
  const scene = await chatting();
  scene.live().say({ t: "eph", k: "typing", c: "conversation-1", by: ALICE, on: true, ttl: 6 });
  assert.equal(scene.session.state.typing["conversation-1"].length, 1);
  scene.live().say(batch(1, created(2)));
  assert.equal(scene.session.state.typing["conversation-1"].length, 0);
});

test("typing goes to a conversation that the server knows, and ends with sending", async () => {
  const scene = await chatting({ "POST conversations/conversation-1/messages": message(2, { author: GUEST, client_message_id: "uuid-2" }) });
  scene.session.typed("h");
  scene.session.send("hi");
  const typing = scene.live().sent.filter((frame) => frame.t === "typing");
  assert.deepEqual(typing.map((frame) => [frame.c, frame.on]), [["conversation-1", true], ["conversation-1", false]]);
  await settled();
});

test("New conversation exists at once, and what is written meanwhile goes into it", async () => {
  let open;
  const made = conversation({ id: "conversation-2" });
  const answer = { conversation: made, message: null, contact: contact(), cursor: `${EPOCH}:9` };
  const said = (body) => message(1, { id: "m9", conversation_id: "conversation-2", author: GUEST, client_message_id: body.message?.client_message_id });
  const scene = await chatting({
    "POST conversations": (body) => (body.message ? { ...answer, message: said(body) } : new Promise((resolve) => (open = () => resolve(answer)))),
  });
  const starting = scene.session.startNew();
  const { thread } = scene.session.state;
  scene.session.send("something else");
  open();
  await starting;
  await settled();
  const sent = scene.made("conversations").map((call) => [call.body.new, call.body.client_conversation_id]);
  assert.deepEqual(sent, [[true, thread.slice(4)], [true, thread.slice(4)]]);
  assert.equal(scene.session.state.thread, "conversation-2");
  assert.deepEqual(scene.session.state.entries, []);
});

test("a new conversation that fails tells the visitor, with the trace", async () => {
  const scene = await chatting({ "POST conversations": new ApiError(0, "network") });
  await scene.session.startNew();
  assert.deepEqual(scene.session.state.problem, { code: "network", trace_id: "trace", retry: "start" });
  const refused = await chatting({ "POST conversations": new ApiError(409, "single_thread") });
  await refused.session.startNew();
  assert.equal(refused.session.state.problem.retry, null);
});

test("a message to a conversation that is too old to reopen is followed to the new one", async () => {
  const moved = message(1, { id: "m9", conversation_id: "conversation-9", author: GUEST, client_message_id: "uuid-2" });
  const scene = await chatting({ "POST conversations/conversation-1/messages": moved });
  scene.session.send("again");
  await settled();
  assert.equal(scene.session.state.thread, "conversation-9");
});

test("no server: the visitor is told, and it is tried again", async () => {
  const answers = { "POST bootstrap": new ApiError(0, "network") };
  const scene = visit(answers);
  await scene.session.boot();
  assert.equal(scene.session.state.phase, "unavailable");
  answers["POST bootstrap"] = nobody();
  await scene.clock.pass(31_000);
  assert.equal(scene.session.state.phase, "ready");
});

test("what is written on while the first message is under way stays in the composer", async () => {
  let arrive;
  const first = message(1, { author: GUEST, client_message_id: "uuid-2" });
  const answer = { conversation: conversation({ last_seq: 1 }), message: first, contact: contact(), cursor: `${EPOCH}:2` };
  const under_way = () => new Promise((resolve) => (arrive = () => resolve(answer)));
  const { session } = visit({ "POST bootstrap": nobody(), "POST conversations": under_way });
  await session.boot();
  session.change((now) => opened(now, { space: "new" }));
  session.send("hello");
  await settled();
  session.typed("and another th");
  arrive();
  await settled();
  assert.deepEqual([session.state.thread, session.draft("conversation-1"), session.draft("open")], ["conversation-1", "and another th", ""]);
});

test("a draft survives a reload until it is sent", async () => {
  const scene = await chatting({ "POST conversations/conversation-1/messages": message(2, { author: GUEST, client_message_id: "uuid-2" }) });
  scene.session.typed("half a thou");
  const later = visit({}, { stores: scene.stores });
  assert.equal(later.session.draft("conversation-1"), "half a thou");
  scene.session.send("half a thought");
  await settled();
  assert.equal(later.session.draft("conversation-1"), "");
});

/** So long, with a server that is there. */
async function goesBy(scene, ms) {
  for (let left = ms; left > 0; left -= 20_000) {
    scene.live().say({ t: "hb", head: 0 });
    await scene.clock.pass(Math.min(left, 20_000));
  }
}

test("a tab that was hidden for a minute drops its socket and takes it up again at once", async () => {
  const scene = await chatting();
  scene.session.look(false);
  await goesBy(scene, 59_999);
  assert.ok(!scene.live().closed);
  await scene.clock.pass(1);
  assert.ok(scene.live().closed);
  scene.session.look(true);
  assert.equal(scene.sockets.length, 2);
});

test("a glance aside costs no socket", async () => {
  const scene = await chatting();
  scene.session.look(false);
  await goesBy(scene, 30_000);
  scene.session.look(true);
  await goesBy(scene, 60_000);
  assert.deepEqual([scene.sockets.length, scene.live().closed], [1, false]);
});

test("the server is told whether somebody looks", async () => {
  const scene = await chatting();
  const told = () => scene.live().sent.filter((frame) => frame.t === "active").map((frame) => frame.on);
  assert.deepEqual(told(), [true]);
  scene.session.look(false);
  scene.session.look(true);
  assert.deepEqual(told(), [true, false, true]);
});

/** The network lets no socket through; the test plays the server that is polled instead. */
async function polled(answers = {}) {
  const scene = await chatting(answers);
  const polls = [];
  globalThis.fetch = (url, { headers, signal }) => pollInto(polls, `${url} ${headers.Authorization}`, signal);
  for (let i = 0; i < 3; i++) {
    scene.live().onclose({ code: 1006 });
    await scene.clock.pass(1000);
  }
  polls[0].answer(204);
  await settled();
  return { ...scene, polls };
}

test("where no socket gets through, it polls with the session's token and says so", async () => {
  const scene = await polled();
  assert.equal(scene.polls[1].query, "/api/messenger/events?after=e1%3A0&wait=25 Bearer token-1");
  assert.equal(weatherOf(scene.session.state), "polling");
  scene.polls[1].answer(200, batch(1, created(2)));
  await settled();
  assert.deepEqual([bodies(scene), scene.polls.length], [["part 1", "part 2"], 3]);
});

test("typing goes over HTTP while polling, and nowhere while there is no connection", async () => {
  const TYPING = "conversations/conversation-1/typing";
  const scene = await polled({ [`POST ${TYPING}`]: null });
  scene.session.typed("h");
  scene.session.stopTyping();
  await settled();
  assert.deepEqual(scene.made(TYPING).map((call) => call.body), [{ on: true }, { on: false }]);
  scene.polls.at(-1).reject();
  await settled();
  assert.equal(scene.session.state.connection, "recovering");
  scene.session.typed("h");
  await settled();
  assert.equal(scene.made(TYPING).length, 2);
});

test("a session that ends while polling is renewed, as at a socket", async () => {
  const scene = await polled();
  scene.polls.at(-1).answer(401, { errors: [{ code: "session_expired" }] });
  await settled();
  await settled();
  assert.equal(scene.made("bootstrap").length, 2);
});

const ASSISTANT = { kind: "assistant", id: null, name: "", avatar_url: null };
const delta = (n, text, fields = {}) =>
  ({ t: "eph", k: "assistant.delta", by: ASSISTANT, ttl: 25, c: "conversation-1", on: true, turn: "turn-1", n, text, ...fields });
const written = ({ session, clock }) => (session.state.typing["conversation-1"] ?? []).filter((one) => one.until > clock.now()).map((one) => one.text);

test("what the assistant writes is held beside the log, rings nobody, and its message takes its place", async () => {
  const scene = await chatting();
  const { log } = scene.session.state;
  scene.live().say(delta(1, ""));
  scene.live().say(delta(2, "It takes"));
  assert.deepEqual([written(scene), scene.arrived, scene.session.state.log === log], [["It takes"], [], true]);
  scene.live().say(batch(1, created(2, { author: ASSISTANT, client_message_id: "turn-1", body: "It takes two days." })));
  assert.deepEqual([written(scene), scene.arrived], [[], ["message-002"]]);
  scene.live().say(delta(3, "It takes two days."));
  scene.live().say(delta(4, "", { on: false }));
  assert.deepEqual([written(scene), scene.arrived], [[], ["message-002"]], "what comes late");
});

test("a person's reply and a hand-over silence it", async () => {
  const parts = [created(2), created(2, { kind: "event", author: { ...ASSISTANT, kind: "system" }, event: { name: "handed_off" } })];
  for (const part of parts) {
    const scene = await chatting();
    scene.live().say(delta(2, "It takes"));
    scene.live().say(batch(1, part));
    scene.live().say(delta(3, "It takes two"));
    assert.deepEqual(written(scene), []);
  }
});

test("it runs out by itself, and belongs to its conversation", async () => {
  const scene = await chatting();
  scene.live().say(delta(2, "It takes", { c: "another" }));
  assert.deepEqual(written(scene), []);
  scene.live().say(delta(2, "It takes"));
  await scene.clock.pass(24_999);
  assert.deepEqual(written(scene), ["It takes"]);
  await scene.clock.pass(1);
  assert.deepEqual(written(scene), []);
});
