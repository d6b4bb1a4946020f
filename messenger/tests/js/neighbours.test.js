import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../../static/widget/api.js";
import { joinTabs } from "../../../static/widget/tabs.js";
import { ALICE, batch, contact, conversation, created, GUEST, memoryStore, message, settled } from "./cast.js";
import { boots, chatting, nobody, visit } from "./visit.js";

const READ = "PUT conversations/conversation-1/read";
const KNOWN = { conversations: [conversation({ last_seq: 1, unread_count: 1, rev: 2 })], messages: [message(1, { author: ALICE })] };

/** The other tabs of the browser, as a list of what each scene's tab says to them and hears. */
function neighbourhood() {
  const channels = [];
  globalThis.BroadcastChannel = class {
    constructor(name) {
      this.name = name;
      channels.push(this);
    }

    postMessage(data) {
      for (const one of channels) if (one !== this && one.name === this.name) one.onmessage({ data: structuredClone(data) });
    }
  };
  const steps = [];
  const store = memoryStore();
  return {
    steps,
    joins(scene, { device = "d", looksAt = null } = {}) {
      const tabs = joinTabs({
        tenantId: "t", device: () => device, session: () => scene.session, isLookedAt: (thread) => thread === looksAt,
        alone: (_, act) => act(), trace: (step) => steps.push(step), store, clock: scene.clock,
      });
      tabs.watch(scene.session.state);
      scene.tabs = tabs;
      return scene;
    },
  };
}

const unread = ({ session }) => session.state.log.conversations["conversation-1"].unread_count;

test("what was read in one tab is read in the others", async () => {
  const { joins } = neighbourhood();
  const answers = { "POST bootstrap": boots(KNOWN), [READ]: { last_read_seq: 1, unread: 0 } };
  const [first, second] = [joins(await chatting(answers)), joins(await chatting(answers))];
  assert.equal(unread(second), 1);
  await first.session.read("conversation-1", 1);
  first.tabs.watch(first.session.state);
  assert.deepEqual([unread(second), second.made("conversations/conversation-1/read")], [0, []]);
});

test("what somebody else has read in another tab, or on another subdomain, is none of ours", async () => {
  const { joins } = neighbourhood();
  const answers = { "POST bootstrap": boots(KNOWN), [READ]: { last_read_seq: 1, unread: 0 } };
  const user = boots({ ...KNOWN, contact: contact({ id: "user-7", type: "user" }) });
  const reader = joins(await chatting(answers));
  const other = joins(await chatting({ ...answers, "POST bootstrap": user }));
  const elsewhere = joins(await chatting(answers), { device: "another" });
  await reader.session.read("conversation-1", 1);
  reader.tabs.watch(reader.session.state);
  assert.deepEqual([unread(other), unread(elsewhere)], [1, 1]);
});

test("a tab in which nothing was said learns that something was, in another", async () => {
  const { joins } = neighbourhood();
  const snapshots = [nobody(), boots(KNOWN)];
  const quiet = visit({ "POST bootstrap": () => snapshots.shift() });
  await quiet.session.boot();
  joins(quiet);
  const answer = { conversation: conversation({ last_seq: 1 }), contact: contact(), cursor: "e1:1" };
  const talker = visit({ "POST bootstrap": nobody(), "POST conversations": { ...answer, message: message(1, { author: GUEST }) } });
  await talker.session.boot();
  joins(talker);
  talker.session.go("conversation", "open");
  talker.session.send("hello");
  await settled();
  talker.tabs.watch(talker.session.state);
  await settled();
  assert.equal(quiet.session.state.log.contact.id, GUEST.id);
});

test("when somebody else is here by now, a tab asks whether its session still is", async () => {
  const { joins } = neighbourhood();
  let isOver = false;
  const guest = joins(await chatting({ "GET history?limit=1": () => (isOver ? new ApiError(401, "identity_changed") : { items: [] }) }));
  const same = joins(await chatting());
  const user = contact({ id: "user-7", type: "user" });
  const login = joins(await chatting());
  login.session.changeLog((log) => ({ ...log, contact: user }));
  login.tabs.watch(login.session.state);
  await settled();
  assert.deepEqual([guest.made("history?limit=1").length, guest.made("bootstrap").length], [1, 1]);
  isOver = true;
  await guest.session.check();
  assert.equal(guest.made("bootstrap").length, 2);
  same.session.changeLog((log) => ({ ...log, contact: user }));
  same.tabs.watch(same.session.state);
  assert.equal(login.made("history?limit=1").length, 0, "that is who was here already");
});

test("signing out in one tab is signing out in all, on this device", async () => {
  const { joins } = neighbourhood();
  const [first, second] = [joins(await chatting()), joins(await chatting())];
  const elsewhere = joins(await chatting(), { device: "another" });
  first.tabs.say({ t: "shutdown" });
  assert.deepEqual([second.session.state.phase, elsewhere.session.state.phase], ["ended", "ready"]);
});

test("an answer is told once to whoever rings; one's own words, events and what one reads are not", async () => {
  const { joins, steps } = neighbourhood();
  const [first, second] = [joins(await chatting()), joins(await chatting())];
  const said = [created(2), created(3, { author: GUEST }), created(4, { kind: "event", event: { name: "closed" } })];
  for (const scene of [first, second]) scene.live().say(batch(1, ...said));
  assert.deepEqual(first.arrived, ["message-002"]);
  for (const { tabs, clock } of [first, second]) {
    tabs.arrived(message(2));
    await clock.pass(1_000);
  }
  assert.deepEqual(steps, ["ring"]);
  const reader = joins(await chatting(), { looksAt: "conversation-1" });
  reader.tabs.arrived(message(5));
  first.tabs.arrived(message(5));
  await first.clock.pass(1_000);
  assert.deepEqual(steps, ["ring"]);
});

test("a draft that is written on in another tab is in the field of this one", async () => {
  const scene = await chatting();
  scene.session.hearStored("curbe_draft:t:conversation-1", "half a thou");
  assert.equal(scene.session.state.prefill, "half a thou");
  scene.session.hearStored("curbe_draft:t:conversation-1", null);
  assert.equal(scene.session.state.prefill, "");
  scene.session.change((now) => ({ ...now, prefill: null }));
  for (const key of ["curbe_draft:t:conversation-2", "curbe_draft:t:user-7/conversation-1"]) scene.session.hearStored(key, "else's");
  assert.equal(scene.session.state.prefill, null);
});
