/** The vectors and schedules of the snapshot law, run against a reducer, in Node as in browsers. */

import { toSnapshot } from "./cast.js";

/** The names of the vectors that come out otherwise. */
export function wrongVectors(reducer, vectors) {
  return vectors.filter((one) => !same(toSnapshot(reduced(reducer, one), one.most), one.after)).map((one) => one.name);
}

/** The numbers of the schedules after which a client knows something else than a fresh snapshot says. */
export function divergedSchedules(reducer, histories, schedules) {
  return schedules.filter((one) => !converges(reducer, histories[one.history], one)).map((one) => one.number);
}

function reduced(reducer, { before, events, answers }) {
  const start = reducer.fromSnapshot(before);
  const told = events ? reducer.receive(start, events).state : start;
  return answers.reduce((state, answer) => withAnswer(reducer, state, answer), told);
}

function converges(reducer, history, { start, steps }) {
  let state = reducer.fromSnapshot(history.snapshots[start]);
  const underWay = new Map();
  const take = (batch) => batch && batch.from <= batch.to && ({ state } = reducer.receive(state, batch));
  const arrive = {
    part: (step, first, last) => take(batchOf(history, step, first, last)),
    ask: (step, slot) => underWay.set(slot, batchOf(history, step, state.seq + 1, headOf(history, step))),
    answer: (slot) => take(underWay.get(slot)),
    fetch: (step) => {
      const { conversations, messages } = history.snapshots[step];
      state = reducer.withMessages(reducer.withConversations(state, conversations), messages);
    },
    read: (index) => (state = withAnswer(reducer, state, history.answers[index])),
  };
  const end = history.snapshots.length - 1;
  for (const [kind, ...details] of [...steps, ["ask", end, -1], ["answer", -1]]) arrive[kind](...details);
  return same(toSnapshot(state, history.most), history.after);
}

function withAnswer(reducer, state, { conversation_id, last_read_seq, unread }) {
  return reducer.withRead(state, conversation_id, last_read_seq, unread);
}

/** Events first..last, as the log told them at a step. */
function batchOf(history, step, first, last) {
  const items = (history.logs[step]?.items ?? []).filter(({ seq }) => first <= seq && seq <= last);
  return { epoch: history.after.cursor.split(":")[0], from: first, to: last, items };
}

function headOf(history, step) {
  return Number(history.snapshots[step].cursor.split(":")[1]);
}

/** Whether two JSON values say the same, in whatever order their keys are. */
function same(one, other) {
  if (one === null || other === null || typeof one !== "object" || typeof other !== "object") return one === other;
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length || Array.isArray(one) !== Array.isArray(other)) return false;
  return keys.every((key) => key in other && same(one[key], other[key]));
}
