import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff, createConnection, verdict } from "../../../static/realtime/socket.js";
import { FakeClock, pollInto, settled, socketsInto } from "./cast.js";

/** A network of sockets that the test plays the server of. */
function network() {
  const clock = new FakeClock();
  const sockets = [];
  const seen = { states: [], frames: [], renewed: [], refused: [] };
  const polls = [];
  const FakeSocket = socketsInto(sockets);
  const wiring = {
    url: () => "ws://host/ws/messenger",
    hello: () => ({ auth: "token", after: "e:1", tab: "tab" }),
    poll: (query, signal) => pollInto(polls, query, signal),
    isHidden: () => false,
    onFrame: (frame) => seen.frames.push(frame),
    onState: (state) => seen.states.push(state),
    renew: (code) => seen.renewed.push(code),
    refused: (code) => seen.refused.push(code),
    WebSocket: FakeSocket,
    clock,
  };
  const connection = createConnection(wiring);
  return { wiring, clock, connection, seen, sockets, polls, last: () => sockets.at(-1) };
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

/** Blocked: each of the next attempts fails as soon as it is made. */
async function blocks(net, attempts) {
  for (let i = 0; i < attempts; i++) {
    net.last().onclose({ code: 1006 });
    await net.clock.pass(backoff(i, net.clock.chance));
  }
}

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

test("a server that never welcomes is left after 4 s, and tried again without another pause", async () => {
  const { clock, connection, sockets } = network();
  connection.connect();
  await clock.pass(3_999);
  assert.equal(sockets.length, 1);
  await clock.pass(1);
  assert.equal(sockets.length, 2);
});

test("a browser that forbids even the attempt is like a network that does", async () => {
  const net = network();
  const connection = createConnection({ ...net.wiring, WebSocket: function () { throw new Error("SecurityError"); } });
  connection.connect();
  await net.clock.pass(250 + 500);
  assert.equal(net.polls.length, 1);
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

test("close codes say whether to retry, to poll, to bootstrap first, or to stop", async () => {
  for (const code of [1006, 4000, 4001, 4002, 4003, 4008, 4012, 4013]) assert.equal(verdict(code), "retry", String(code));
  for (const code of [4009, 4011, 4014, 4500]) assert.equal(verdict(code), "renew", String(code));
  for (const code of [4501, 4503, 4505, 4506]) assert.equal(verdict(code), "refused", String(code));
  assert.equal(verdict(4504), "poll");
  const { clock, last, seen, sockets } = live();
  last().onclose({ code: 4014 });
  await clock.pass(60_000);
  assert.deepEqual([seen.renewed, seen.refused, seen.states.at(-1), sockets.length], [[4014], [], "idle", 1]);
});

test("what no retry can help is not tried again", async () => {
  for (const code of [4501, 4503, 4505, 4506]) {
    const { clock, last, seen, sockets, polls } = live();
    last().onclose({ code });
    await clock.pass(600_000);
    assert.deepEqual([seen.refused, seen.states.at(-1), sockets.length, polls.length], [[code], "idle", 1, 0]);
  }
});

test("credentials that are renewed and refused again and again are given up", () => {
  const { connection, last, seen, sockets } = network();
  for (let i = 0; i < 4; i++) {
    connection.connect();
    last().onclose({ code: 4500 });
  }
  assert.deepEqual([seen.renewed, seen.refused, sockets.length], [[4500, 4500, 4500], [4500], 4]);
});

test("whose credentials were accepted meanwhile may renew them again", () => {
  const { connection, last, seen } = network();
  for (let i = 0; i < 8; i++) {
    connection.connect();
    last().welcome();
    last().onclose({ code: 4011 });
  }
  assert.deepEqual([seen.renewed.length, seen.refused], [8, []]);
});

test("a goodbye names the pause, once", async () => {
  const { clock, last, sockets } = live();
  last().say({ t: "bye", code: 4001, retry_ms: 7300 });
  await clock.pass(7299);
  assert.equal(sockets.length, 1);
  await clock.pass(1);
  assert.equal(sockets.length, 2);
  last().onclose({ code: 1006 });
  await clock.pass(250);
  assert.equal(sockets.length, 3);
});

test("a server that goes down in order is no failure, however often it does", async () => {
  const { clock, last, polls, sockets } = live();
  for (let i = 0; i < 5; i++) {
    last().say({ t: "bye", code: 4001, retry_ms: 100 });
    await clock.pass(100);
    last().welcome();
  }
  assert.deepEqual([sockets.length, polls.length], [6, 0]);
});

test("the network's return connects at once, but not more often than every 3 s", async () => {
  const net = live();
  net.clock.chance = 1;
  await blocks(net, 2);
  net.last().onclose({ code: 1006 });
  net.polls[0].reject();
  await settled();
  net.clock.chance = 0.999;
  const before = net.sockets.length;
  net.connection.nudge();
  net.connection.nudge();
  await net.clock.pass(2_999);
  assert.equal(net.sockets.length, before, "it was tried a moment ago");
  await net.clock.pass(1);
  assert.equal(net.sockets.length, before + 1);
});

test("where the server answers something else, the wait for it ends", async () => {
  const net = live();
  await net.clock.pass(5_000);
  net.last().say({ t: "bye", code: 4001, retry_ms: 20_000 });
  await net.clock.pass(1_000);
  assert.equal(net.sockets.length, 1);
  net.connection.reached();
  assert.equal(net.sockets.length, 2);
  net.last().welcome();
  await net.clock.pass(5_000);
  net.connection.reached();
  assert.equal(net.sockets.length, 2, "a live connection is left alone");
});

test("another network right after the connection was made is not forgotten", async () => {
  const { clock, connection, sockets } = live();
  connection.nudge(true);
  assert.equal(sockets.length, 1);
  await clock.pass(3_000);
  assert.deepEqual([sockets.length, sockets[0].closed], [2, true]);
});

test("a live connection is left alone when the tab is back, and made anew on another network", async () => {
  const { clock, connection, sockets } = live();
  await clock.pass(5_000);
  connection.nudge();
  assert.equal(sockets.length, 1);
  connection.nudge(true);
  assert.deepEqual([sockets.length, sockets[0].closed], [2, true]);
});

test("a computer that wakes up connects at once, without waiting for the silence", async () => {
  const { clock, sockets, seen } = live();
  await clock.pass(7_000);
  clock.sleep(120_000);
  await clock.pass(1_000);
  assert.deepEqual([sockets.length, sockets[0].closed, seen.states.at(-1)], [2, true, "recovering"]);
});

test("a nap is no reason to give up a connection that was heard of a moment ago", async () => {
  const { clock, sockets, last } = live();
  await clock.pass(4_000);
  clock.sleep(20_000);
  last().say({ t: "hb", head: 1 });
  await clock.pass(5_000);
  assert.equal(sockets.length, 1);
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

test("frames are sent only while live, and the sender is told", () => {
  const { connection, last } = network();
  assert.equal(connection.send({ t: "typing" }), false);
  connection.connect();
  assert.equal(connection.send({ t: "typing" }), false);
  assert.deepEqual(last().sent, []);
  last().welcome();
  assert.equal(connection.send({ t: "typing" }), true);
  assert.deepEqual(last().sent.at(-1), { t: "typing" });
});
