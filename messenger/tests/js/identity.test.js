import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../../static/widget/api.js";
import { leaveLater } from "../../../static/widget/leaving.js";
import { opened, screenOf, went } from "../../../static/widget/machine.js";
import { ALICE, batch, contact, conversation, GUEST, memoryStore, message, settled } from "./cast.js";
import { boots, chatting, nobody, visit } from "./visit.js";

const THREAD = "conversation-1";
const SEND = `POST conversations/${THREAD}/messages`;
const MINE = { user_id: "7", user_hash: "h" };
const proven = (fields = {}) => boots({ contact: contact({ id: "user-7", type: "user" }), ...fields });
/** The guest's thread, now the user's. */
const merged = (fields = {}) =>
  ({ ...proven({ merged_from: [GUEST.id], conversations: [conversation({ last_seq: 1 })], messages: [message(1, { author: GUEST })], ...fields }), session_token: "token-2" });
const sent = (body) => message(2, { author: GUEST, body: body.body, client_message_id: body.client_message_id });
const refusal = (code) => new ApiError(401, code);

/** An answer that the test gives when it likes. */
function later() {
  let give;
  const answer = new Promise((resolve) => (give = resolve));
  return { give, answer };
}

/** A guest's conversation, and a page that announces a user whose proof is not answered yet. */
async function announcing(answers = {}) {
  const scene = await chatting(answers);
  const login = later();
  scene.answers["POST bootstrap"] = () => login.answer;
  scene.calls.length = 0;
  scene.session.announce(MINE, false);
  return { ...scene, login };
}

/** A proven user in their conversation. */
async function signedIn(answers = {}) {
  const scene = visit({ "POST bootstrap": merged(), ...answers }, { settings: MINE });
  await scene.session.boot();
  scene.session.change((now) => opened(now));
  await settled();
  scene.live().welcome();
  scene.calls.length = 0;
  return scene;
}

const outboxOf = ({ stores }) => [...stores.local].filter(([key]) => key.startsWith("curbe_outbox")).map(([, text]) => JSON.parse(text));
const paths = ({ calls }) => calls.map((call) => `${call.method} ${call.path}`);
const identities = ({ made }) => made("bootstrap").map((call) => call.body.identity?.user_id ?? null);

test("from the announcement to the answer nothing is posted as a guest, and the socket is closed", async () => {
  const scene = await announcing({ [SEND]: sent });
  assert.ok(scene.live().closed);
  const before = scene.live().sent.length;
  scene.session.typed("h");
  scene.session.send("hello");
  await Promise.all([scene.session.read(THREAD, 1), scene.session.visit({ url: "v" }), scene.session.startNew()]);
  scene.session.change((now) => went(now, "conversation", THREAD));
  await scene.clock.pass(60_000);
  assert.deepEqual([paths(scene), scene.live().sent.length], [["POST bootstrap"], before]);
  assert.deepEqual(scene.session.state.entries.map((entry) => [entry.body, entry.state]), [["hello", "queued"]]);
  assert.equal(outboxOf(scene)[0].author, "user:7");
  scene.login.give(merged());
  await settled();
  await settled();
  assert.deepEqual(scene.made(`conversations/${THREAD}/messages`).map((call) => [call.body.body, call.token]), [["hello", "token-2"]]);
  assert.deepEqual([scene.session.state.thread, outboxOf(scene)], [THREAD, []]);
});

test("what the guest wrote before there was a contact follows the login", async () => {
  const scene = visit({ "POST bootstrap": nobody(), "POST conversations": new ApiError(0, "network") });
  await scene.session.boot();
  scene.session.change((now) => opened(now, { space: "new" }));
  scene.session.send("as a guest");
  await settled();
  scene.answers["POST bootstrap"] = proven({ conversations: [] });
  scene.answers["POST conversations"] = () => new Promise(() => {});
  scene.session.announce(MINE, false);
  await settled();
  await settled();
  assert.deepEqual(outboxOf(scene).map((entry) => [entry.author, entry.state]), [["user-7", "sending"]]);
});

test("a message that was under way at the announcement is sent once more by the user, under its key", async () => {
  const first = later();
  const scene = await chatting({ [SEND]: () => first.answer });
  scene.session.send("under way");
  scene.answers["POST bootstrap"] = merged();
  scene.session.announce(MINE, false);
  await settled();
  scene.answers[SEND] = sent;
  first.give(refusal("identity_changed"));
  await scene.clock.pass(2_000);
  const [one, two] = scene.made(`conversations/${THREAD}/messages`);
  assert.deepEqual([one.token, two.token, one.body], ["token-1", "token-2", two.body]);
  assert.deepEqual(outboxOf(scene), []);
  assert.equal(scene.made("bootstrap").length, 2);
});

test("an answer to the guest's bootstrap that comes after the announcement is not taken", async () => {
  const [first, second] = [later(), later()];
  const bootstraps = [first, second];
  const scene = visit({ "POST bootstrap": () => bootstraps.shift().answer });
  void scene.session.boot();
  scene.session.announce(MINE, false);
  first.give(boots());
  await settled();
  assert.equal(scene.session.state.phase, "starting");
  second.give(proven());
  await settled();
  assert.deepEqual([scene.session.state.log.contact.id, identities(scene)], ["user-7", [null, "7"]]);
});

test("a refused proof: the page is told, and what was written waits for that user alone", async () => {
  const scene = await announcing();
  scene.session.send("for user 7 only");
  scene.login.give(refusal("identity_proof_invalid"));
  await settled();
  await scene.clock.pass(120_000);
  assert.deepEqual([scene.session.state.phase, scene.session.state.log.contact], ["refused", null]);
  assert.deepEqual(scene.said.at(-1), { t: "auth_required", code: "identity_proof_invalid" });
  // The page takes it back: the guest goes on, and sees and sends nothing of it.
  scene.answers["POST bootstrap"] = boots({ conversations: [conversation({ last_seq: 1 })] });
  scene.session.announce({}, false);
  await scene.clock.pass(60_000);
  assert.deepEqual([scene.session.state.phase, scene.session.state.entries], ["ready", []]);
  assert.equal(scene.made(`conversations/${THREAD}/messages`).length, 0);
  // On another day, with another user and then the right one.
  const stores = scene.stores;
  const stranger = visit({ "POST bootstrap": proven({ contact: contact({ id: "user-8", type: "user" }) }) }, { stores, settings: { user_id: "8", user_hash: "h" } });
  await stranger.session.boot();
  assert.deepEqual([stranger.session.state.entries, outboxOf(scene).length], [[], 1]);
  const owner = visit({ "POST bootstrap": merged(), [SEND]: sent }, { stores, settings: MINE });
  await owner.session.boot();
  await settled();
  assert.equal(owner.made(`conversations/${THREAD}/messages`)[0].body.body, "for user 7 only");
  assert.deepEqual(outboxOf(scene), []);
});

test("the page is asked once per refusal, and less and less often", async () => {
  const scene = visit({ "POST bootstrap": refusal("identity_proof_expired") }, { settings: { user_jwt: "t0" } });
  const asked = () => scene.said.filter((one) => one.t === "auth_required").length;
  await scene.session.boot();
  await scene.clock.pass(0);
  assert.equal(asked(), 1);
  await scene.clock.pass(600_000);
  assert.deepEqual([asked(), scene.made("bootstrap").length], [1, 1]);
  // A page that answers at once with yet another bad token, for ten minutes.
  let tokens = 0;
  scene.session.announce({ user_jwt: `t${++tokens}` }, false);
  for (let second = 0; second < 600; second++) {
    const before = asked();
    await scene.clock.pass(1_000);
    if (asked() > before) scene.session.announce({ user_jwt: `t${++tokens}` }, false);
  }
  assert.ok(tokens < 20, `${tokens} tokens in ten minutes`);
});

for (const [name, end] of [
  ["a socket closed with 4014", (scene) => scene.live().onclose({ code: 4014 })],
  ["a socket refused with 4500", (scene) => scene.live().onclose({ code: 4500 })],
  ["401 identity_changed", (scene) => void scene.session.visit({ url: "v" })],
])
  test(`${name} takes a user off the screen, and the page's proof is not used again`, async () => {
    const scene = await signedIn({ "POST visits": refusal("identity_changed") });
    scene.session.typed("half a secret");
    scene.answers["POST bootstrap"] = { ...nobody(), session_token: "token-3" };
    end(scene);
    await settled();
    await scene.clock.pass(0);
    const { log, thread, typing, phase, entries } = scene.session.state;
    assert.deepEqual([log.contact, log.messages, thread, typing, entries, phase], [null, {}, null, {}, [], "ready"]);
    assert.deepEqual(identities(scene), [null]);
    assert.deepEqual(scene.said.map((one) => one.t), ["departed", "auth_required"]);
    assert.deepEqual(scene.said[0].settings, {});
    assert.ok(scene.sockets.every((socket) => socket.closed));
    assert.deepEqual([...scene.stores.local.keys()], []);
    scene.session.announce(MINE, false);
    await settled();
    assert.deepEqual(identities(scene), [null], "the same word again");
    scene.answers["POST bootstrap"] = merged();
    scene.session.announce({ user_id: "7", user_jwt: "fresh" }, false);
    await settled();
    assert.equal(scene.session.state.log.contact.id, "user-7");
  });

test("a page that boots on purpose may use its proof again", async () => {
  const scene = await signedIn();
  scene.answers["POST bootstrap"] = nobody();
  scene.live().onclose({ code: 4014 });
  await settled();
  scene.session.announce(MINE, true);
  await settled();
  assert.deepEqual(identities(scene), [null, "7"]);
});

test("a guest whose session was ended begins again with what there is", async () => {
  const scene = await chatting();
  scene.answers["POST bootstrap"] = nobody();
  scene.live().onclose({ code: 4014 });
  await settled();
  assert.deepEqual([scene.session.state.log.contact, scene.session.state.thread, scene.said], [null, null, []]);
});

test("a session that ran out begins again with the page's proof", async () => {
  const scene = await signedIn();
  scene.live().onclose({ code: 4011 });
  await settled();
  assert.deepEqual([identities(scene), scene.said], [["7"], []]);
});

test("a resync of a user proves nothing anew; when somebody else answers it, the user is gone", async () => {
  const scene = await signedIn();
  scene.live().say(batch(1, { type: "contact.merged", payload: { from: "x", into: "user-7", contact: contact({ id: "user-7", type: "user" }) } }));
  await settled();
  assert.deepEqual([identities(scene), scene.said], [[null], []]);
  scene.answers["POST bootstrap"] = nobody();
  scene.live().welcome();
  scene.live().say({ t: "resync_required", reason: "epoch" });
  await settled();
  await scene.clock.pass(0);
  assert.deepEqual(scene.said.map((one) => one.t), ["departed", "auth_required"]);
  assert.deepEqual([scene.session.state.log.contact, scene.session.state.thread], [null, null]);
});

test("an answer for the former person is not shown to the next", async () => {
  const page = later();
  const scene = await signedIn({ [`GET conversations/${THREAD}/messages?limit=50&before=1`]: () => page.answer });
  void scene.session.loadOlder(1);
  scene.answers["POST bootstrap"] = nobody();
  scene.live().onclose({ code: 4014 });
  await settled();
  page.give({ items: [message(1, { author: ALICE, body: "secret" })], has_more: false });
  await settled();
  assert.deepEqual(scene.session.state.log.messages, {});
});

test("somebody else needs a session of their own", async () => {
  const scene = await signedIn();
  assert.equal(scene.session.announce({ user_id: "8", user_hash: "h" }, true), false);
  assert.equal(scene.session.announce({ ...MINE, action_color: "#fff" }, false), true);
  await settled();
  assert.deepEqual([paths(scene), scene.session.state.announced], [[], "7"]);
});

test("a device that was given up elsewhere has a successor", async () => {
  const scene = visit({ "POST bootstrap": refusal("session_revoked") });
  await scene.session.boot();
  await scene.clock.pass(1_000);
  assert.deepEqual(scene.said, [{ t: "again", device_id: "d" }]);
});

test("traits that cannot be kept do not keep the user out", async () => {
  const scene = visit({ "POST bootstrap": ({ identity }) => (identity.email ? new ApiError(422, "invalid") : proven()) }, { settings: { ...MINE, email: "none" } });
  await scene.session.boot();
  await scene.clock.pass(0);
  assert.deepEqual([identities(scene), scene.session.state.phase], [["7", "7"], "ready"]);
});

test("drafts are each person's own, and the guest's follow the login", async () => {
  const scene = await chatting();
  scene.session.typed("a guest's");
  scene.answers["POST bootstrap"] = merged();
  scene.session.announce(MINE, false);
  await settled();
  assert.equal(scene.session.draft(THREAD), "a guest's");
  const guest = visit({ "POST bootstrap": boots() }, { stores: { local: scene.stores.local, tab: new Map() } });
  await guest.session.boot();
  assert.equal(guest.session.draft(THREAD), "");
});

test("signing out ends the session on the server, closes the socket and leaves nothing in this browser", async () => {
  const scene = await chatting({ [SEND]: () => new Promise(() => {}), "POST shutdown": null });
  scene.session.typed("secret draft");
  scene.session.send("on its way");
  scene.session.typed("another");
  const done = scene.session.end();
  assert.deepEqual([scene.stores.local.size, scene.stores.tab.size], [0, 0]);
  assert.ok(scene.live().closed);
  assert.deepEqual([scene.session.state.entries, scene.session.state.phase], [[], "ended"]);
  await done;
  assert.deepEqual(scene.made("shutdown").map((call) => call.token), ["token-1"]);
  await scene.session.boot();
  assert.equal(scene.made("bootstrap").length, 1);
});

test("signing out without a live token ends what the device has", async () => {
  const answers = { "POST bootstrap": { ...boots(), session_token: "fresh" }, "POST shutdown": (_, token) => (token === "fresh" ? null : refusal("session_expired")) };
  const scene = visit(answers, { settings: MINE, stores: { local: new Map(), tab: new Map([["curbe_session:t", "old"]]) } });
  await scene.session.end();
  assert.deepEqual(scene.made("shutdown").map((call) => call.token), ["old", "fresh"]);
  assert.deepEqual([identities(scene), scene.stores.tab.size], [[null], 0]);
});

test("signing out while the session is beginning ends the one that began", async () => {
  const first = later();
  const scene = visit({ "POST bootstrap": () => first.answer, "POST shutdown": null }, { settings: MINE });
  void scene.session.boot();
  const done = scene.session.end();
  first.give(merged());
  await done;
  assert.deepEqual([paths(scene), scene.made("shutdown")[0].token], [["POST bootstrap", "POST shutdown"], "token-2"]);
  assert.deepEqual([scene.session.state.log.contact, scene.stores.tab.size], [null, 0]);
});

test("a session that was ended in another tab is over at once, and begins again on whatever device there is", async () => {
  const scene = await signedIn();
  scene.session.typed("secret");
  await scene.session.end(true);
  assert.deepEqual([paths(scene), scene.session.state.log.contact, scene.stores.local.size, scene.stores.tab.size], [[], null, 0, 0]);
  assert.deepEqual(scene.said, [{ t: "again", device_id: "d", settings: {} }]);
});

test("starting over keeps nothing, and tells the page the new device only when the server agreed", async () => {
  const fresh = { ...nobody(), session_token: "token-9" };
  const scene = await chatting({ "POST reset": fresh, [SEND]: new ApiError(403, "not_available") });
  scene.session.typed("draft");
  scene.session.send("refused, and kept until now");
  await settled();
  scene.session.typed("draft");
  await scene.session.reset("new-device");
  assert.deepEqual([scene.session.state.log.contact, scene.session.state.thread, scene.stores.local.size], [null, null, 0]);
  assert.deepEqual([scene.said.at(-1), scene.stores.tab.get("curbe_session:t")], [{ t: "device", device_id: "new-device" }, "token-9"]);
  const user = await signedIn({ "POST reset": new ApiError(409, "verified_contact") });
  await assert.rejects(user.session.reset("new-device"), { code: "verified_contact" });
  assert.deepEqual([user.said, user.session.state.log.contact.id], [[], "user-7"]);
});

test("a session that begins with a proof that has served its time begins without it, unless the page means it", async () => {
  for (const [is_boot, expected] of [[false, null], [true, "7"]]) {
    const scene = visit({ "POST bootstrap": nobody() }, { settings: MINE, is_boot, departed: { user: "7", proof: "h" } });
    await scene.session.boot();
    assert.deepEqual(identities(scene), [expected]);
  }
});

const offline = new ApiError(0, "network");

for (const [name, answers, status] of [
  ["no network", { "POST shutdown": offline, "POST bootstrap": offline }, 0],
  ["a dead server", { "POST shutdown": new ApiError(503, "error"), "POST bootstrap": new ApiError(503, "error") }, 503],
])
  test(`signing out with ${name} is not said to be over, and leaves nothing in this browser all the same`, async () => {
    const scene = await signedIn();
    scene.session.typed("secret");
    Object.assign(scene.answers, answers);
    await assert.rejects(scene.session.end(), { status });
    assert.deepEqual([scene.session.state.phase, scene.stores.local.size, scene.stores.tab.size], ["ended", 0, 0]);
  });

test("signing out of a session that the server has ended already is over", async () => {
  const scene = await signedIn({ "POST shutdown": refusal("session_revoked") });
  scene.answers["POST bootstrap"] = refusal("session_revoked");
  await assert.rejects(scene.session.end(), { status: 401 });
  assert.equal(scene.made("shutdown").length, 1);
});

/** A later page's try at signing somebody out, with texts and another session in this browser. */
async function laterPage(is_alone, answers = {}) {
  const local = new Map([["curbe_outbox:t:1", "{}"], ["curbe_draft:t:open", "d"], ["curbe_outbox:other:1", "{}"]]);
  const calls = [];
  const request = async (method, path, body, token) => {
    calls.push([path, body ?? token]);
    if (answers[path]) throw answers[path];
    return path === "bootstrap" ? { session_token: "of-the-old-device" } : null;
  };
  const done = leaveLater(request, memoryStore(local), "w", { tenant_id: "t", device_id: "old", is_alone });
  return { done, calls, local };
}

test("a later page ends what the old device has, by the old device alone", async () => {
  const { done, calls, local } = await laterPage(true);
  await done;
  const bootstrap = ["bootstrap", { widget_id: "w", device_id: "old" }];
  assert.deepEqual(calls.slice(-2), [bootstrap, ["shutdown", "of-the-old-device"]]);
  assert.deepEqual([...local.keys()], ["curbe_outbox:other:1"]);
});

test("signing out later takes nothing from whoever has come since, and may fail again", async () => {
  const { done, local } = await laterPage(false, { shutdown: offline });
  await assert.rejects(done, { status: 0 });
  assert.equal(local.size, 3);
});

test("a login on an empty new conversation continues the user's open one, and the draft moves along", async () => {
  const scene = visit({ "POST bootstrap": nobody() });
  await scene.session.boot();
  scene.session.change((now) => opened(now, { space: "new" }));
  scene.session.typed("begun as a guest");
  scene.answers["POST bootstrap"] = proven({ conversations: [conversation({ last_seq: 1 })], messages: [message(1)] });
  scene.answers[SEND] = sent;
  scene.session.announce(MINE, false);
  scene.session.send("written meanwhile");
  scene.session.typed("begun as a guest");
  await settled();
  assert.deepEqual([scene.session.state.space, scene.session.state.thread], ["conversation", THREAD]);
  assert.equal(scene.session.draft(THREAD), "begun as a guest");
  await settled();
  assert.deepEqual(scene.made(`conversations/${THREAD}/messages`).map((call) => call.body.body), ["written meanwhile"]);
});

test("a draft that the user has in the open conversation is not lost to an empty one", async () => {
  const stores = { local: new Map([[`curbe_draft:t:user-7/${THREAD}`, "kept"]]), tab: new Map() };
  const scene = visit({ "POST bootstrap": nobody() }, { stores });
  await scene.session.boot();
  scene.session.change((now) => opened(now, { space: "new" }));
  scene.answers["POST bootstrap"] = proven();
  scene.session.announce(MINE, false);
  await settled();
  assert.deepEqual([scene.session.state.thread, scene.session.draft(THREAD)], [THREAD, "kept"]);
});

test("after a refusal, whoever brings another proof goes on writing while the network fails", async () => {
  const scene = await announcing();
  scene.login.give(refusal("identity_proof_expired"));
  await settled();
  assert.equal(screenOf(scene.session.state), "gone");
  scene.answers["POST bootstrap"] = offline;
  scene.session.announce({ ...MINE, user_hash: "h2" }, false);
  assert.equal(screenOf(scene.session.state), "conversation");
  await settled();
  assert.deepEqual([scene.session.state.phase, screenOf(scene.session.state)], ["unavailable", "conversation"]);
  scene.session.send("queued");
  assert.deepEqual(scene.session.state.entries.map((entry) => [entry.body, entry.state]), [["queued", "queued"]]);
  scene.answers["POST bootstrap"] = merged();
  scene.answers[SEND] = sent;
  await scene.clock.pass(60_000);
  assert.deepEqual(scene.made(`conversations/${THREAD}/messages`).map((call) => call.body.body), ["queued"]);
});

test("what was written for a refused user follows when the same proof is accepted after all", async () => {
  const scene = await announcing();
  scene.session.send("for user 7");
  scene.login.give(refusal("identity_proof_invalid"));
  await settled();
  scene.answers["POST bootstrap"] = merged();
  scene.answers[SEND] = sent;
  await scene.session.boot();
  await settled();
  assert.deepEqual(scene.made(`conversations/${THREAD}/messages`).map((call) => call.body.body), ["for user 7"]);
});

test("the same page looked at again within half a minute is one page view", async () => {
  const scene = await chatting({ "POST visits": {} });
  const views = () => scene.made("visits").length;
  const look = (title = "T") => scene.session.visit({ url: "u", title });
  for (let i = 0; i < 60; i++) await look();
  assert.equal(views(), 1);
  await look("another");
  assert.equal(views(), 2);
  await scene.clock.pass(30_000);
  await look("another");
  assert.equal(views(), 3);
});

test("what is asked for by somebody who is only remembered waits for the session, and signs nobody out", async () => {
  const login = later();
  const scene = visit({ "POST bootstrap": () => login.answer, "GET attachments/1": "file" }, { settings: MINE });
  const { log, widget, availability } = (await signedIn()).session.state;
  void scene.session.boot();
  scene.session.recall({ log, widget, availability });
  const asked = scene.session.ask("GET", "attachments/1");
  await settled();
  assert.deepEqual(paths(scene), ["POST bootstrap"]);
  login.give(proven());
  assert.equal(await asked, "file");
  assert.deepEqual(paths(scene).slice(0, 2), ["POST bootstrap", "GET attachments/1"]);
  assert.equal(scene.session.state.log.contact.type, "user");
});

test("a refused proof forgets what was remembered, and keeps what the page wants", async () => {
  const scene = visit({ "POST bootstrap": () => { throw refusal("identity_proof_expired"); } }, { settings: MINE });
  scene.stores.local.set("curbe_cache:t", "{}");
  scene.session.change((now) => ({ ...opened(now, { space: "new", text: "About mugs" }), saying: ["Hello"] }));
  await scene.session.boot();
  const { phase, wish, saying } = scene.session.state;
  assert.deepEqual([phase, wish.text, saying], ["refused", "About mugs", ["Hello"]]);
  assert.ok(!scene.stores.local.has("curbe_cache:t"));
});
