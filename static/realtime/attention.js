/**
 * Whether somebody looks at this tab, for the other side's dots. It knows no DOM.
 *
 * @import {Clock} from "./types.js"
 */

/** The other side forgets us 90 s after the last word, so one word may get lost. */
const EVERY_MS = 45_000;

/** Tells on every change and, while somebody looks, every 45 s.
 * @param {(isOn: boolean) => void} send
 * @param {Clock} clock */
export function createAttention(send, clock) {
  let isOn = false;
  /** @type {number | undefined} */
  let timer;

  function tell() {
    clock.clear(timer);
    send(isOn);
    if (isOn) timer = clock.set(tell, EVERY_MS);
  }

  return {
    /** @param {boolean} isLooking */
    look(isLooking) {
      if (isLooking === isOn) return;
      isOn = isLooking;
      tell();
    },
    /** There is a new connection, which has not been told yet. */
    again() {
      if (isOn) tell();
    },
  };
}
