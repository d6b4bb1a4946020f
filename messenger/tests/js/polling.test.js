import assert from "node:assert/strict";
import { test } from "node:test";
import { createConnection } from "../../../static/realtime/socket.js";
import { batch, FakeClock, pollInto, settled, socketsInto } from "./cast.js";

const EVS = { ...batch(2), to: 2 };

/** A network that lets no socket through; the test plays the server that is polled. */
function blocked(fields = {}) {
  const clock = new FakeClock();
  const [sockets, polls] = [[], []];
  const seen = { states: [], frames: [], renewed: [], refused: [] };
  const place = { cursor: "e:1", hidden: false };
  const connection = createConnection({
    url: () => "ws://host/ws/messenger",
    hello: () => ({ after: place.cursor }),
    poll: (query, signal) => pollInto(polls, query, signal),
    isHidden: () => place.hidden,
    onFrame(frame) {
      seen.frames.push(frame.t);
      if (frame.t === "evs") place.cursor = `e:${frame.to}`;
    },
    onState: (state) => seen.states.push(state),
    renew: (code) => seen.renewed.push(code),
    refused: (code) => seen.refused.push(code),
    WebSocket: socketsInto(sockets),
    clock,
    ...fields,
  });
  return { clock, connection, seen, sockets, polls, place, poll: () => polls.at(-1), last: () => sockets.at(-1) };
}

async function fallsBack(net = blocked()) {
  net.connection.connect();
  for (const pause of [250, 500, 0]) {
    net.last().onclose({ code: 1006 });
    await net.clock.pass(pause);
  }
  return net;
}

async function polling(net) {
  const fallen = await fallsBack(net);
  fallen.poll().answer(204);
  await settled();
  return fallen;
}

/** Nothing happens for so long, and the server says so from time to time. */
async function goesBy(net, ms) {
  for (let left = ms; left > 0; left -= 10_000) {
    await net.clock.pass(Math.min(left, 10_000));
    net.poll().answer(204);
    await settled();
  }
}

test("after three failures it polls, from its cursor and at first without waiting", async () => {
  const { polls, seen, sockets, poll } = await fallsBack();
  assert.deepEqual([sockets.length, polls.length, poll().query], [3, 1, "after=e%3A1&wait=0"]);
  assert.deepEqual(seen.states, ["connecting", "recovering"], "nobody has answered yet");
  poll().answer(204);
  await settled();
  assert.deepEqual([seen.states.at(-1), poll().query], ["polling", "after=e%3A1&wait=25"]);
});

test("a network in which sockets hang is left for polling within 15 s, at the longest pauses", async () => {
  const net = blocked();
  net.clock.chance = 0.999;
  const begun = net.clock.now();
  net.connection.connect();
  while (!net.polls.length && net.clock.now() - begun < 60_000) await net.clock.pass(100);
  assert.ok(net.clock.now() - begun <= 12_100, `${net.clock.now() - begun} ms`);
});

test("what it brings are the socket's own frames, and it goes on after them", async () => {
  const { seen, poll, polls } = await polling();
  poll().answer(200, EVS);
  await settled();
  assert.deepEqual([seen.frames, poll().query], [["evs"], "after=e%3A2&wait=25"]);
  poll().answer(200, { t: "resync_required", reason: "too_old" });
  await settled();
  assert.deepEqual([seen.frames, polls.length], [["evs", "resync_required"], 3]);
});

test("an answer that brings it no further is not asked for again at once", async () => {
  const { clock, poll, polls, place } = await polling();
  place.cursor = "e:2"; // Known by another way already.
  poll().answer(200, EVS);
  await settled();
  poll().answer(200, EVS);
  await clock.pass(1_999);
  assert.equal(polls.length, 3);
  await clock.pass(1);
  assert.equal(polls.length, 4);
});

test("a server that does not wait, because it goes down, is not asked again and again", async () => {
  const { clock, poll, polls } = await polling();
  await clock.pass(100);
  poll().answer(204);
  await clock.pass(1_999);
  assert.equal(polls.length, 2);
  await clock.pass(1);
  assert.equal(poll().query, "after=e%3A1&wait=0");
});

test("the socket is tried every 60 s, and polling ends when it is welcomed", async () => {
  const net = await polling();
  await goesBy(net, 59_000);
  assert.equal(net.sockets.length, 3);
  await goesBy(net, 1_000);
  net.last().onclose({ code: 1006 });
  await goesBy(net, 60_000);
  assert.deepEqual([net.sockets.length, net.seen.states.at(-1)], [5, "polling"]);
  net.last().welcome();
  assert.equal(net.seen.states.at(-1), "live");
  const asked = net.polls.length;
  assert.ok(net.poll().signal.aborted);
  await net.clock.pass(30_000);
  assert.equal(net.polls.length, asked);
});

test("a slow socket has 10 s while polling goes on", async () => {
  const net = await polling();
  await goesBy(net, 60_000);
  await goesBy(net, 9_000);
  net.last().welcome();
  assert.equal(net.seen.states.at(-1), "live");
});

test("a tab with one socket too many polls, and has its socket when another was closed", async () => {
  const net = blocked();
  net.connection.connect();
  net.last().onclose({ code: 4504 });
  net.poll().answer(204);
  await settled();
  assert.deepEqual([net.seen.states.at(-1), net.seen.refused], ["polling", []]);
  await goesBy(net, 60_000);
  net.last().welcome();
  assert.equal(net.seen.states.at(-1), "live");
});

test("a server that is away is tried by socket first, less and less often, and polled after each failure", async () => {
  const { clock, sockets, poll, polls, seen, last } = await fallsBack();
  poll().reject();
  await settled();
  assert.equal(seen.states.at(-1), "recovering");
  await clock.pass(2_000);
  assert.equal(sockets.length, 4);
  last().onclose({ code: 1006 });
  assert.equal(polls.length, 2);
  poll().answer(503, null, { "Retry-After": "9" });
  await clock.pass(8_999);
  assert.equal(sockets.length, 4, "it was asked to wait");
  await clock.pass(1);
  assert.equal(sockets.length, 5);
});

test("a server that is back takes sockets again, so nobody polls for a minute", async () => {
  const { clock, last, poll, seen, sockets } = await fallsBack();
  poll().reject();
  await clock.pass(2_000);
  last().onclose({ code: 1006 });
  poll().answer(204);
  await clock.pass(2_000);
  assert.equal(sockets.length, 5);
  last().welcome();
  assert.ok(!seen.states.includes("polling"), "nobody is told that this network blocks sockets");
});

test("a poll that fails on the way is told as recovering, and tried again soon", async () => {
  const { clock, poll, polls, seen, last } = await polling();
  poll().reject();
  await settled();
  assert.equal(seen.states.at(-1), "recovering");
  await clock.pass(2_000);
  last().onclose({ code: 1006 });
  poll().answer(204);
  await settled();
  assert.deepEqual([seen.states.at(-1), polls.length], ["recovering", 4]);
  // Whoever was away may take the next socket: one polls for good only when it does not.
  await clock.pass(2_000);
  last().onclose({ code: 1006 });
  assert.equal(seen.states.at(-1), "polling");
});

test("an answer that never comes is given up 10 s after the server should have sent it", async () => {
  const { clock, poll, seen } = await polling();
  await clock.pass(34_900);
  assert.equal(seen.states.at(-1), "polling");
  const hung = poll();
  await clock.pass(100);
  assert.ok(hung.signal.aborted);
  assert.equal(seen.states.at(-1), "recovering");
});

for (const [status, error, code] of [[401, "session_expired", 4011], [401, "identity_changed", 4014], [401, "session_revoked", 4014], [401, "odd", 4500], [409, "no_contact", 4009]])
  test(`${status} ${error} asks for a new session, like close code ${code}`, async () => {
    const { clock, poll, polls, seen, sockets } = await polling();
    poll().answer(status, { errors: [{ code: error }] });
    await clock.pass(120_000);
    assert.deepEqual([seen.renewed, seen.states.at(-1), polls.length, sockets.length], [[code], "idle", 2, 3]);
  });

test("who is forbidden to poll stops, like at a socket", async () => {
  const { clock, poll, seen, sockets } = await polling();
  poll().answer(403, { errors: [{ code: "permission_denied" }] });
  await clock.pass(120_000);
  assert.deepEqual([seen.refused, seen.states.at(-1), sockets.length], [[4503], "idle", 3]);
});

test("a page that the network puts in the way is no answer", async () => {
  const net = await fallsBack();
  net.polls.at(-1).answer(200); // Without a body that can be read.
  await settled();
  assert.equal(net.seen.states.at(-1), "recovering");
});

test("a tab that nobody looks at keeps no request open, and asks at once when somebody does", async () => {
  const { clock, connection, place, poll, polls } = await polling();
  place.hidden = true;
  poll().answer(204);
  await clock.pass(14_999);
  assert.equal(polls.length, 2);
  await clock.pass(1);
  assert.equal(poll().query, "after=e%3A1&wait=0");
  poll().answer(204);
  await settled();
  place.hidden = false;
  connection.nudge();
  assert.deepEqual([polls.length, poll().query], [4, "after=e%3A1&wait=0"]);
});

test("after close nothing is asked any more, and what was asked is not heard", async () => {
  const { clock, connection, poll, polls, seen } = await polling();
  connection.close();
  assert.ok(poll().signal.aborted);
  poll().answer(200, EVS);
  await clock.pass(120_000);
  assert.deepEqual([seen.frames, seen.states.at(-1), polls.length], [[], "idle", 2]);
});
