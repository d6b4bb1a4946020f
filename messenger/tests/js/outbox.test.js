import assert from "node:assert/strict";
import { test } from "node:test";
import { createOutbox, isPermanent, maySend, retryDelay } from "../../../static/realtime/outbox.js";
import { contact, FakeClock, FakeLocks, memoryStore, settled } from "./cast.js";

/** An outbox whose deliveries the test answers one by one. */
function post(map = new Map(), mayDeliver = () => true) {
  const clock = new FakeClock();
  const requests = [];
  const deliver = (entry) =>
    new Promise((resolve, reject) => {
      assert.ok(map.has(`curbe_outbox:tenant:${entry.id}`), "durable before the request");
      requests.push({ id: entry.id, thread: entry.thread, resolve, reject });
    });
  const store = memoryStore(map);
  const outbox = createOutbox({ scope: "tenant", store, deliver, mayDeliver, onChange() {}, clock });
  const say = (id, thread = "c1") => outbox.add({ id, thread, body: id, author: "contact-1" });
  return { clock, map, outbox, requests, say, ids: () => requests.map((request) => request.id) };
}

const states = (outbox) => Object.fromEntries(outbox.entries.map((entry) => [entry.id, entry.state]));

test("a thread sends one at a time, in order; threads do not wait for each other", async () => {
  const { outbox, requests, say, ids } = post();
  say("a");
  say("b");
  say("c", "c2");
  await settled();
  assert.deepEqual(ids(), ["a", "c"]);
  requests[0].resolve("c1");
  await settled();
  assert.deepEqual(ids(), ["a", "c", "b"]);
  assert.deepEqual(states(outbox), { a: "sent", b: "sending", c: "sending" });
});

test("an entry leaves only when the stored message is in the state", async () => {
  const { map, outbox, requests, say } = post();
  say("a");
  requests[0].resolve("c1");
  await settled();
  assert.equal(outbox.entries.length, 1);
  outbox.settle(() => undefined);
  assert.equal(outbox.entries.length, 1);
  outbox.settle((key) => (key === "a" ? {} : undefined));
  assert.deepEqual([outbox.entries.length, map.size], [0, 0]);
});

test("without an answer the same key is sent again, later each time, and the next one waits", async () => {
  const { clock, requests, say, ids } = post();
  say("a");
  say("b");
  for (const pause of [250 + 250, 250 + 500, 250 + 1000]) {
    requests.at(-1).reject({ status: 0 });
    await clock.pass(pause - 1);
    const before = ids().length;
    await clock.pass(1);
    assert.equal(ids().length, before + 1);
  }
  assert.deepEqual(ids(), ["a", "a", "a", "a"]);
});

test("some refusals are worth a retry, the others are final", () => {
  for (const status of [0, 401, 408, 429, 500, 502, 503]) assert.equal(isPermanent(status), false, String(status));
  for (const status of [400, 403, 404, 409, 413, 422]) assert.equal(isPermanent(status), true, String(status));
  assert.equal(retryDelay(1, 0, 7), 7000);
});

test("a final refusal fails the entry, lets the next one go, and can be retried under the same key", async () => {
  const { outbox, requests, say, ids } = post();
  say("a");
  say("b");
  requests[0].reject({ status: 403, code: "not_available" });
  await settled();
  assert.deepEqual(states(outbox), { a: "failed", b: "sending" });
  assert.equal(outbox.entries[0].error, "not_available");
  requests[1].resolve("c1");
  await settled();
  outbox.retry("a");
  await settled();
  assert.deepEqual(ids(), ["a", "b", "a"]);
});

test("a failed entry can be thrown away", async () => {
  const { map, outbox, requests, say } = post();
  say("a");
  requests[0].reject({ status: 422 });
  await settled();
  outbox.discard("a");
  assert.deepEqual([outbox.entries, map.size], [[], 0]);
});

test("a reload in the middle of sending keeps the key, the order and what had failed", async () => {
  const first = post();
  first.say("b");
  first.say("a");
  first.say("c", "c2");
  first.requests[1].reject({ status: 422 });
  await settled();
  const second = post(first.map);
  assert.deepEqual(second.outbox.entries.map((entry) => [entry.id, entry.state]), [["b", "queued"], ["a", "queued"], ["c", "failed"]]);
  second.outbox.flush();
  assert.deepEqual(second.ids(), ["b"]);
});

test("what waits behind a local key follows the first message to its conversation", async () => {
  const { requests, say } = post();
  say("a", "open");
  say("b", "open");
  requests[0].resolve("conversation-9");
  await settled();
  assert.equal(requests[1].thread, "conversation-9");
});

test("the network's return sends what was waiting for a retry", async () => {
  const { outbox, requests, say, ids } = post();
  say("a");
  requests[0].reject({ status: 0 });
  await settled();
  outbox.hurry();
  await settled();
  assert.deepEqual(ids(), ["a", "a"]);
});

test("storage that refuses keeps the entry in memory, marked as not saved", () => {
  const store = { ...memoryStore(), set: () => false };
  const clock = new FakeClock();
  const outbox = createOutbox({
    scope: "t", store, deliver: () => new Promise(() => {}), mayDeliver: () => true, onChange() {}, clock,
  });
  outbox.add({ id: "a", thread: "c1", body: "a", author: null });
  assert.equal(outbox.entries[0].saved, false);
});

test("somebody else's entries are neither shown nor sent, and come back with their author", async () => {
  const map = new Map();
  post(map).say("a");
  let who = "somebody else";
  const { outbox, ids } = post(map, (author) => author === who);
  outbox.flush();
  assert.deepEqual([outbox.entries, ids()], [[], []]);
  who = "contact-1";
  outbox.flush();
  assert.deepEqual([outbox.entries.length, ids()], [1, ["a"]]);
});

test("only the author, or whoever the author was merged into, may send", () => {
  const guest = contact();
  const user = contact({ id: "user-1", type: "user" });
  assert.ok(maySend(guest.id, guest, []));
  assert.ok(maySend(guest.id, user, [guest.id]));
  assert.ok(maySend(null, guest, []) && maySend(null, null, []));
  assert.ok(!maySend(guest.id, user, []) && !maySend(guest.id, null, []) && !maySend(null, user, []));
});

test("signing out wipes what was written", async () => {
  const { map, outbox, say } = post();
  say("a");
  outbox.wipe();
  assert.deepEqual([outbox.entries, map.size], [[], 0]);
});

test("signing out wipes what another tab has written meanwhile, too", () => {
  const { map, outbox } = post();
  post(map).say("elsewhere");
  outbox.wipe();
  assert.equal(map.size, 0);
});

test("entries become somebody's who turned out to be their author, also in the storage", () => {
  const { map, outbox, ids } = post(new Map(), (author) => author === "contact-9");
  for (const author of [null, "user:7", "user:8"]) outbox.add({ id: String(author), thread: "c1", body: "x", author });
  outbox.adopt([null, "user:7"], "contact-9");
  assert.deepEqual([...map.values()].map((text) => JSON.parse(text).author), ["contact-9", "contact-9", "user:8"]);
  outbox.flush();
  assert.deepEqual(ids(), ["null"]);
});

test("what may be seen can be more than what may be sent", () => {
  const options = { deliver: () => assert.fail("sent"), mayDeliver: () => false, maySee: (author) => author === "user:7" };
  const outbox = createOutbox({ scope: "t", store: memoryStore(), onChange() {}, clock: new FakeClock(), ...options });
  for (const author of ["user:7", "user:8"]) outbox.add({ id: author, thread: "c1", body: "x", author });
  assert.deepEqual(outbox.entries.map((entry) => entry.id), ["user:7"]);
});

test("what cannot be read in the storage is left out", () => {
  const map = new Map([["curbe_outbox:tenant:x", "{broken"], ["curbe_outbox:tenant:y", "null"]]);
  assert.deepEqual(post(map).outbox.entries, []);
});

test("an entry that falls due while the outbox looks at the clock is not forgotten", async () => {
  const { clock, requests, say, ids } = post();
  say("a");
  requests[0].reject({ status: 0 });
  await settled();
  // From here the clock moves with every look at it, so that the entry falls due between two of them.
  const still = clock.now.bind(clock);
  let looks = 0;
  clock.now = () => still() + (looks++ > 1 ? 500 : 499);
  say("b");
  clock.now = still;
  await clock.pass(1000);
  assert.deepEqual(ids(), ["a", "a"]);
});

/** Tabs of one browser: they share a storage, whose changes all others hear of, and locks unless the browser has none. */
function browser({ hasLocks = true } = {}) {
  const [map, clock, locks, tabs, requests] = [new Map(), new FakeClock(), new FakeLocks(), [], []];
  const open = (mayDeliver = () => true) => {
    const lock = locks.ofTab();
    const tell = (key) => queueMicrotask(() => tabs.filter((one) => one !== tab).forEach((one) => one.outbox.hear(key)));
    const plain = memoryStore(map);
    const told = { set: (key, value) => (tell(key), plain.set(key, value)), remove: (key) => (tell(key), plain.remove(key)) };
    const tab = { shown: () => tab.outbox.entries.map((entry) => `${entry.id} ${entry.state}`) };
    tabs.push(tab);
    tab.outbox = createOutbox({
      scope: "tenant", store: { ...plain, ...told }, mayDeliver, onChange() {}, clock,
      deliver: ({ id }) => new Promise((resolve, reject) => requests.push({ tab, id, resolve, reject })),
      ...(hasLocks && { alone: (name, act) => lock.request(name, act) }),
    });
    tab.say = (id, thread = "c1", author = "contact-1") => tab.outbox.add({ id, thread, body: id, author });
    tab.close = () => (tabs.splice(tabs.indexOf(tab), 1), lock.close());
    return tab;
  };
  return { map, clock, open, requests, ids: () => requests.map((request) => request.id) };
}

test("a thread sends one at a time across tabs, in the order in which it was written", async () => {
  const { open, requests, ids } = browser();
  const [first, second] = [open(), open()];
  first.say("a");
  await settled();
  second.say("b");
  first.say("c");
  await settled();
  assert.deepEqual([ids(), second.shown()], [["a"], ["a sending", "b queued", "c queued"]]);
  for (const id of ["a", "b", "c"]) {
    assert.equal(requests.at(-1).id, id);
    requests.at(-1).resolve("c1");
    await settled();
  }
  assert.deepEqual(ids(), ["a", "b", "c"]);
});

test("what a closed tab was sending is sent by another, without a reload and under the same key", async () => {
  const { open, requests, ids } = browser();
  const [first, second] = [open(), open()];
  first.say("a");
  first.say("b");
  await settled();
  first.close();
  await settled();
  assert.deepEqual([ids(), requests[1].tab === second, second.shown()], [["a", "a"], true, ["a sending", "b queued"]]);
  requests[1].resolve("c1");
  await settled();
  assert.deepEqual(ids(), ["a", "a", "b"]);
});

test("a tab that is opened while another sends does not send the same", async () => {
  const { open, requests, ids } = browser();
  open().say("a");
  await settled();
  const second = open();
  second.outbox.flush();
  await settled();
  assert.deepEqual(ids(), ["a"]);
  requests[0].resolve("c1");
  await settled();
  assert.deepEqual([ids(), second.shown()], [["a"], ["a sent"]]);
});

test("a retry waits as long in every tab, and one tab makes it", async () => {
  const { clock, open, requests, ids } = browser();
  const [first] = [open(), open(), open()];
  first.say("a");
  await settled();
  requests[0].reject({ status: 503 });
  await clock.pass(499);
  assert.deepEqual(ids(), ["a"]);
  await clock.pass(1);
  assert.deepEqual(ids(), ["a", "a"]);
});

test("what is settled or thrown away in one tab disappears in the others, and none puts it back", async () => {
  const { map, open, requests } = browser();
  const [first, second] = [open(), open()];
  first.say("a");
  first.say("b", "c2");
  await settled();
  second.outbox.settle((key) => (key === "a" ? {} : undefined));
  requests[1].reject({ status: 422 });
  await settled();
  second.outbox.discard("b");
  await settled();
  requests[0].resolve("c1"); // Its answer comes when the message itself has long been there.
  await settled();
  assert.deepEqual([first.shown(), second.shown(), map.size], [[], [], 0]);
});

test("signing out in one tab ends what another was about to send", async () => {
  const { map, open, requests, ids } = browser();
  const [first, second] = [open(), open()];
  first.say("a");
  first.say("b");
  await settled();
  second.outbox.wipe();
  await settled();
  requests[0].reject({ status: 401 });
  await settled();
  first.outbox.hurry();
  await settled();
  assert.deepEqual([ids(), first.shown(), map.size], [["a"], [], 0]);
});

test("what waits behind a local key follows it in every tab", async () => {
  const { open, requests } = browser();
  const [first, second] = [open(), open()];
  first.say("a", "open");
  second.say("b", "open");
  await settled();
  requests[0].resolve("conversation-9");
  await settled();
  assert.equal(second.outbox.entries.find((entry) => entry.id === "b").thread, "conversation-9");
});

test("a tab of somebody else sends nothing of it, however many tabs are closed", async () => {
  const { open, ids } = browser();
  const first = open();
  const other = open((author) => author === "contact-2");
  first.say("a");
  await settled();
  first.close();
  await settled();
  assert.deepEqual([ids(), other.shown()], [["a"], []]);
});

test("without locks nothing breaks: a message may be sent twice, under one key and in its order", async () => {
  const { open, requests, ids } = browser({ hasLocks: false });
  const [first, second] = [open(), open()];
  first.say("a");
  first.say("b");
  await settled();
  assert.deepEqual(ids(), ["a", "a"]);
  for (const request of [...requests]) request.resolve("c1");
  await settled();
  assert.deepEqual([...new Set(ids())], ["a", "b"]);
  assert.ok(ids().lastIndexOf("a") < ids().indexOf("b"));
  second.outbox.settle(() => ({}));
  await settled();
  assert.deepEqual([first.shown(), second.shown()], [[], []]);
});
