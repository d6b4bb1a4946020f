import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff, createConnection, verdict } from "../../../static/realtime/socket.js";
import { FakeClock, socketsInto } from "./cast.js";

/** A network of sockets that the test plays the server of. */
function network() {
  const clock = new FakeClock();
  const sockets = [];
  const seen = { states: [], frames: [], renewed: [], refused: [] };
  const FakeSocket = socketsInto(sockets);
  const connection = createConnection({
    url: () => "ws://host/ws/messenger",
    hello: () => ({ auth: "token", after: "e:1", tab: "tab" }),
    onFrame: (frame) => seen.frames.push(frame),
    onState: (state) => seen.states.push(state),
    renew: (code) => seen.renewed.push(code),
    refused: (code) => seen.refused.push(code),
    WebSocket: FakeSocket,
    clock,
  });
  return { clock, connection, seen, sockets, last: () => sockets.at(-1) };
}

function live() {
  const net = network();
  net.connection.connect();
  net.last().welcome();
  return net;
}

test("it says hello first and is live when it is welcomed", () => {
  const { seen, last } = live();
  assert.deepEqual(last().sent, [{ t: "hello", v: 1, auth: "token", after: "e:1", tab: "tab" }]);
  assert.deepEqual(seen.states, ["connecting", "live"]);
});

test("a lost connection is made again after a full-jitter pause that doubles up to 30 s", async () => {
  const { clock, last, sockets } = live();
  assert.equal(backoff(0, 0.5), 250);
  assert.equal(backoff(20, 1), 30_000);
  last().onclose({ code: 1006 });
  await clock.pass(249);
  assert.equal(sockets.length, 1);
  await clock.pass(1);
  assert.equal(sockets.length, 2);
  last().onclose({ code: 1006 });
  await clock.pass(499);
  assert.equal(sockets.length, 2);
  await clock.pass(1);
  assert.equal(sockets.length, 3);
});

test("the pause starts small again only after 30 s of a stable connection", async () => {
  const { clock, last, sockets } = live();
  last().onclose({ code: 1006 });
  await clock.pass(250);
  last().welcome();
  await clock.pass(29_000);
  last().onclose({ code: 1006 });
  await clock.pass(499);
  assert.equal(sockets.length, 2, "it was not stable yet");
  await clock.pass(1);
  last().welcome();
  await clock.pass(30_000);
  last().onclose({ code: 1006 });
  await clock.pass(250);
  assert.equal(sockets.length, 4);
});

test("35 s of silence end a connection that the browser believes in", async () => {
  const { clock, last, sockets, seen } = live();
  await clock.pass(34_000);
  last().say({ t: "hb", head: 1 });
  assert.deepEqual(last().sent.at(-1), { t: "pong" });
  await clock.pass(34_999);
  assert.equal(seen.states.at(-1), "live");
  const silent = last();
  await clock.pass(1 + 250);
  assert.ok(silent.closed);
  assert.equal(sockets.length, 2);
});

test("a server that never welcomes is left after 10 s", async () => {
  const { clock, connection, sockets } = network();
  connection.connect();
  await clock.pass(10_000 + 250);
  assert.equal(sockets.length, 2);
});

test("what a socket says after it was given up is not heard", async () => {
  const { clock, last, seen } = live();
  const old = last();
  await clock.pass(35_250);
  old.say({ t: "evs" });
  old.onclose({ code: 4500 });
  assert.deepEqual(seen.frames.map((frame) => frame.t), ["welcome"]);
  assert.deepEqual(seen.renewed, []);
});

test("close codes say whether to retry, to bootstrap first, or to stop", async () => {
  for (const code of [1006, 4000, 4001, 4008, 4012, 4013]) assert.equal(verdict(code), "retry", String(code));
  for (const code of [4009, 4011, 4014, 4500]) assert.equal(verdict(code), "renew", String(code));
  for (const code of [4501, 4503, 4504, 4505, 4506]) assert.equal(verdict(code), "refused", String(code));
  const { clock, last, seen, sockets } = live();
  last().onclose({ code: 4014 });
  await clock.pass(60_000);
  assert.deepEqual([seen.renewed, seen.refused, seen.states.at(-1), sockets.length], [[4014], [], "idle", 1]);
});

test("a goodbye names the pause, once", async () => {
  const { clock, last, sockets } = live();
  last().say({ t: "bye", code: 4001, retry_ms: 7300 });
  last().onclose({ code: 4001 });
  await clock.pass(7299);
  assert.equal(sockets.length, 1);
  await clock.pass(1);
  assert.equal(sockets.length, 2);
  last().onclose({ code: 1006 });
  await clock.pass(500);
  assert.equal(sockets.length, 3);
});

test("the network's return connects at once, but not more often than every 3 s", async () => {
  const { clock, connection, last, sockets } = live();
  clock.chance = 1;
  for (let i = 0; i < 6; i++) {
    last().onclose({ code: 1006 });
    await clock.pass(500 * 2 ** i);
  }
  last().onclose({ code: 1006 });
  const before = sockets.length;
  connection.nudge();
  assert.equal(sockets.length, before, "it was tried a moment ago");
  await clock.pass(3000);
  connection.nudge();
  assert.equal(sockets.length, before + 1);
});

test("after close nothing happens any more", async () => {
  const { clock, connection, last, sockets, seen } = live();
  connection.close();
  assert.ok(last().closed);
  connection.nudge();
  await clock.pass(120_000);
  assert.equal(sockets.length, 1);
  assert.equal(seen.states.at(-1), "idle");
});

test("frames are sent only while live", () => {
  const { connection, last } = network();
  connection.send({ t: "typing" });
  connection.connect();
  connection.send({ t: "typing" });
  assert.deepEqual(last().sent, []);
});
