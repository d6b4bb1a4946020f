import assert from "node:assert/strict";
import { test } from "node:test";
import { fromSnapshot } from "../../../static/realtime/reducer.js";
import { createCache } from "../../../static/widget/cache.js";
import { INITIAL } from "../../../static/widget/machine.js";
import { contact, conversation, memoryStore, message, snapshot } from "./cast.js";

const KEY = "curbe_cache:t";
const stateOf = (fields = {}, more = {}) => ({ ...INITIAL, phase: "ready", log: fromSnapshot(snapshot(fields)), ...more });

function scene() {
  const stores = new Map();
  const store = memoryStore(stores);
  return { stores, store, cache: createCache(store, "t") };
}

test("a guest's next page gets what the last one showed", () => {
  const { cache, store } = scene();
  const state = stateOf({ messages: [message(1), message(2)] });
  cache.watch(state, "d1");
  assert.deepEqual(createCache(store, "t").read("d1", null), { log: state.log, widget: null, availability: state.availability });
});

test("nobody gets what is another's: not another browser, not a user, and no guest a user's", () => {
  const { cache } = scene();
  cache.watch(stateOf(), "d1");
  assert.ok(cache.read("d1", null));
  for (const [device, user] of [["d2", null], ["d1", "7"], ["", null]]) assert.equal(cache.read(device, user), null);
  cache.watch(stateOf({ contact: contact({ type: "user" }) }, { announced: "7" }), "d1");
  assert.ok(cache.read("d1", "7"));
  for (const [device, user] of [["d1", null], ["d1", "8"], ["d2", "7"]]) assert.equal(cache.read(device, user), null);
});

test("what cannot be told apart later is not kept, and takes what was kept along", () => {
  for (const [fields, more] of [
    [{ contact: contact({ type: "user" }) }, {}], // A user whom the page does not announce.
    [{}, { announced: "7" }], // A guest where a user is announced.
    [{ contact: null, conversations: [] }, {}],
  ]) {
    const { cache, stores } = scene();
    cache.watch(stateOf(), "d1");
    assert.equal(stores.size, 1);
    cache.watch(stateOf(fields, more), "d1");
    assert.equal(stores.size, 0);
  }
});

test("before the server has answered nothing is kept", () => {
  const { cache, stores } = scene();
  cache.watch(stateOf({}, { phase: "starting" }), "d1");
  cache.watch(stateOf({}, { isPending: true }), "d1");
  cache.watch(stateOf(), "");
  assert.equal(stores.size, 0);
});

test("the latest fifty messages are kept, fewer when they are long, and twenty conversations", () => {
  const { cache } = scene();
  const kept = (fields) => (cache.watch(stateOf(fields), "d1"), cache.read("d1", null).log);
  const many = Array.from({ length: 60 }, (_, i) => message(i + 1));
  const seqs = (log) => log.messages["conversation-1"].map((one) => one.seq);
  assert.deepEqual([seqs(kept({ messages: many })).at(0), seqs(kept({ messages: many })).at(-1)], [11, 60]);
  const long = [1, 2, 3].map((seq) => message(seq, { body: "x".repeat(70_000), body_html: "y".repeat(70_000) }));
  assert.deepEqual(seqs(kept({ messages: long })), [2, 3]);
  const lots = Array.from({ length: 25 }, (_, i) => conversation({ id: `c${i}`, last_message_at: new Date(i * 1000).toISOString() }));
  const log = kept({ conversations: lots, messages: [message(1, { conversation_id: "c0" }), message(1, { conversation_id: "c24" })] });
  assert.equal(Object.keys(log.conversations).length, 20);
  assert.deepEqual(Object.keys(log.messages), ["c24"]);
});

test("what another release or somebody else has written is of no use and does no harm", () => {
  const { cache, store } = scene();
  for (const text of ["", "null", "7", "[]", "{", '{"v":0,"about":"d1/"}', '{"about":"d1/"}']) {
    store.set(KEY, text);
    assert.equal(cache.read("d1", null), null, text);
  }
});

test("a full browser keeps nothing rather than something old", () => {
  const { stores } = scene();
  const full = { ...memoryStore(stores), set: () => false };
  const cache = createCache(full, "t");
  stores.set(KEY, "old");
  cache.watch(stateOf(), "d1");
  assert.equal(stores.size, 0);
});

test("after a week nothing is remembered", () => {
  const { store } = scene();
  createCache(store, "t", () => 1_000).watch(stateOf(), "d1");
  const read = (now) => createCache(store, "t", () => now).read("d1", null);
  assert.ok(read(7 * 86_400_000));
  assert.equal(read(7 * 86_400_000 + 1_000), null);
});
