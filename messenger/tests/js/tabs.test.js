import assert from "node:assert/strict";
import { test } from "node:test";
import { createTabs } from "../../../static/realtime/tabs.js";
import { FakeClock, FakeLocks, memoryStore, settled } from "./cast.js";

/** A browser with some of what tabs can share. */
function browser({ hasChannel = true, hasLocks = true, hasStore = true } = {}) {
  const [clock, locks, map, channels, rings] = [new FakeClock(), new FakeLocks(), new Map(), [], []];
  const openChannel = (name) => {
    if (!hasChannel) throw new Error("SecurityError");
    const channel = {
      postMessage: (data) => channels.filter((one) => one !== channel && one.name === name).forEach((one) => one.onmessage({ data })),
      close: () => channels.splice(channels.indexOf(channel), 1),
      name,
    };
    channels.push(channel);
    return channel;
  };
  const open = (name = "curbe:tenant") => {
    const lock = locks.ofTab();
    const heard = [];
    const number = rings.push(0) - 1;
    const tabs = createTabs({
      name, hear: (message) => heard.push(message), open: openChannel, clock,
      alone: hasLocks ? (key, act) => lock.request(key, act) : (_, act) => act(),
      store: memoryStore(hasStore ? map : new Map()),
    });
    return { tabs, heard, arrives: (id) => tabs.ring(id, () => rings[number]++) };
  };
  const total = () => rings.reduce((sum, count) => sum + count, 0);
  return { clock, open, total };
}

test("what one tab says, all others of the same name hear", () => {
  const { open } = browser();
  const [first, second, third, stranger] = [open(), open(), open(), open("curbe:another")];
  first.tabs.say({ t: "read" });
  assert.deepEqual([first, second, third, stranger].map((one) => one.heard.length), [0, 1, 1, 0]);
  third.tabs.close();
  first.tabs.say({ t: "read" });
  assert.deepEqual([second.heard.length, third.heard.length], [2, 1]);
});

test("a message rings once, in however many tabs it arrives", async () => {
  const { clock, open, total } = browser();
  const tabs = [open(), open(), open()];
  for (const id of ["message-1", "message-2"]) {
    for (const tab of tabs) tab.arrives(id);
    await clock.pass(1_000);
  }
  assert.equal(total(), 2);
});

test("messages that come together ring together", async () => {
  const { clock, open, total } = browser();
  const tabs = [open(), open()];
  for (const id of ["message-1", "message-2", "message-3"]) for (const tab of tabs) tab.arrives(id);
  await clock.pass(1_000);
  assert.equal(total(), 1);
});

test("a tab that learns of it much later does not ring again", async () => {
  const { clock, open, total } = browser();
  const [first, second] = [open(), open()];
  first.arrives("message-1");
  await clock.pass(3_600_000);
  second.arrives("message-1");
  await clock.pass(1_000);
  assert.equal(total(), 1);
});

test("what somebody looks at in one tab rings in none", async () => {
  const { clock, open, total } = browser();
  const [first, second] = [open(), open()];
  second.arrives("message-1");
  first.tabs.hush("message-1");
  await clock.pass(1_000);
  assert.equal(total(), 0);
  second.arrives("message-2");
  await clock.pass(1_000);
  assert.equal(total(), 1, "the next one rings again");
});

test("without locks, what has rung is known by what is stored", async () => {
  const { clock, open, total } = browser({ hasLocks: false });
  const tabs = [open(), open()];
  for (const tab of tabs) tab.arrives("message-1");
  await clock.pass(1_000);
  assert.equal(total(), 1);
});

test("without anything to share each tab rings, and nothing breaks", async () => {
  const { clock, open, total } = browser({ hasChannel: false, hasLocks: false, hasStore: false });
  const [first, second] = [open(), open()];
  first.tabs.say({ t: "read" });
  for (const tab of [first, second]) tab.arrives("message-1");
  await clock.pass(1_000);
  first.tabs.close();
  await settled();
  assert.deepEqual([first.heard, second.heard, total()], [[], [], 2]);
});
