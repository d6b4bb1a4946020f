/**
 * What the assistant is writing, as it comes. It stands among those who type, and like them is never stored: whatever
 * was missed is wrong only until the next frame, which brings all of the answer so far.
 *
 * @import {Message, Typist} from "./types.js"
 */

/** The message comes by another way than the word that there is no more: until it is there, its text stays. */
export const LINGER_MS = 3_000;
/** Of a turn that is over for good nothing is shown any more, however late it comes. */
const OVER = Infinity;

/** The answer has grown, began anew, or there is no more of it.
 * @param {Typist[]} typists
 * @param {{by: {kind: string, id: string | null, name: string}, turn: string, n: number, text: string, on: boolean,
 *   ttl?: number}} frame `n` grows within a turn, from 1; `ttl` in seconds; an empty text: it thinks
 * @param {number} now ms since the epoch
 * @returns {Typist[]} the same when the frame says nothing new */
export function withDelta(typists, { by, turn, n, text, on, ttl = 25 }, now) {
  const old = typists.find(isAnswer);
  const known = old?.turn === turn ? old : undefined;
  if (known ? isLate(known, n) : !on) return typists;
  const left = { text: known?.text, until: Math.min(known?.until ?? 0, now + LINGER_MS) };
  const grown = { text, until: now + ttl * 1000 };
  return [...typists.filter((one) => one !== old), { ...by, ...(on ? grown : left), turn, n }];
}

/** Whether a frame says less than what is known, unless the turn has begun anew.
 * @param {Typist} known
 * @param {number} n */
function isLate({ n: last = 0 }, n) {
  return last === OVER || (n <= last && n !== 1);
}

/** A part has come to the conversation: an answer, a person's reply and a hand-over end what was being written.
 * @param {Typist[]} typists
 * @param {Message} part
 * @returns {Typist[]} the same when it goes on */
export function withoutAnswer(typists, { kind, author, event }) {
  const isReply = kind === "message" && author.kind !== "contact";
  if (!isReply && event?.name !== "handed_off") return typists;
  const others = typists.filter((one) => !isAnswer(one));
  // An answer may be that of an earlier turn, held up on its way. After a person nothing more of this one is wanted.
  const over = author.kind === "assistant" && isReply ? [] : typists.filter(isAnswer).map((one) => ({ ...one, n: OVER, until: 0 }));
  return [...others, ...over];
}

/** @param {Typist} one */
function isAnswer(one) {
  return one.kind === "assistant";
}
