/** A session whose server, sockets and clock the test plays. */

import assert from "node:assert/strict";
import * as follow from "../../../static/widget/follow.js";
import { opened } from "../../../static/widget/machine.js";
import { createSession } from "../../../static/widget/session.js";
import { conversation, FakeClock, GUEST, memoryStore, message, settled, snapshot, socketsInto } from "./cast.js";

const INIT = { n: 1, tenant_id: "t", device_id: "d", page: { url: "u" }, settings: {}, is_boot: true, appearance: {}, language: "en", is_debugging: false };

export function boots(fields = {}) {
  return {
    session_token: "token-1", tenant_id: "t", widget: { texts: {}, appearance: {}, features: {}, thread_policy: "conversations" },
    availability: { online: true }, realtime: { url: "ws://h/ws/messenger" }, limits: { message_characters: 20000 },
    ...snapshot(fields),
  };
}

export const nobody = () => boots({ contact: null, conversations: [], messages: [], cursor: null });

/** A session whose server the test plays: `answers` maps "METHOD path" to a value, an error or a function. */
export function visit(answers, { stores = { local: new Map(), tab: new Map() }, departed = { user: "", proof: "" }, ...init } = {}) {
  const clock = new FakeClock();
  const calls = [];
  const sockets = [];
  const said = [];
  const arrived = [];
  let keys = 0;
  const request = async (method, path, body, token) => {
    calls.push({ method, path, body, token });
    const answer = answers[`${method} ${path}`];
    const given = typeof answer === "function" ? await answer(body, token) : answer;
    if (given instanceof Error) throw given;
    assert.ok(given !== undefined, `unexpected ${method} ${path}`);
    return structuredClone(given);
  };
  const FakeSocket = socketsInto(sockets);
  const session = createSession({
    widgetId: "w", traceId: "trace", init: { ...INIT, ...init }, request, store: memoryStore(stores.local),
    tabStore: memoryStore(stores.tab), clock, uuid: () => `uuid-${++keys}`, WebSocket: FakeSocket, live: async () => follow,
    onChange() {}, arrived: (message) => arrived.push(message.id), departed, say: (message) => said.push(message), trace() {},
  });
  const made = (path) => calls.filter((call) => call.path === path);
  return { session, answers, clock, calls, made, said, arrived, sockets, stores, live: () => sockets.at(-1) };
}

export async function chatting(answers = {}) {
  const known = { conversations: [conversation({ last_seq: 1, rev: 2 })], messages: [message(1, { author: GUEST })] };
  const scene = visit({ "POST bootstrap": boots(known), ...answers });
  await scene.session.boot();
  scene.session.change((now) => opened(now));
  await settled();
  scene.live().welcome();
  return scene;
}
