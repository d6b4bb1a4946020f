/**
 * The tabs of one browser: what they tell each other, and which of them rings the bell. It knows no DOM; where the browser
 * lacks a channel, locks or storage, each tab is on its own and nothing else changes.
 *
 * @import {Clock, Store} from "./types.js"
 */

/** For a tab in which the message is being looked at to say so. */
const GRACE_MS = 400;
/** Two tabs without locks hardly ever look at the same time. */
const SPREAD_MS = 300;

/** @typedef {ReturnType<typeof createTabs>} Tabs */

/**
 * @param {object} wiring
 * @param {string} wiring.name of those who belong together
 * @param {(message: any) => void} wiring.hear what another tab said
 * @param {(name: string) => BroadcastChannel} wiring.open throws where there is none
 * @param {(name: string, act: () => Promise<void>) => Promise<void>} wiring.alone runs in one tab at a time
 * @param {Store} wiring.store
 * @param {Clock} wiring.clock
 */
export function createTabs({ name, hear, open, alone, store, clock }) {
  const rung = `curbe_rung:${name}`;
  /** The newest message that waits to ring; those that came just before it ring with it. @type {string | null} */
  let waiting = null;
  /** How that one rings. */
  let ringing = () => {};
  const channel = opened();
  if (channel) channel.onmessage = ({ data }) => hear(data);

  function opened() {
    try {
      return open(name);
    } catch {
      return null; // Handled: this tab hears nothing, and nobody hears it.
    }
  }

  /** Ids of messages are in the order of time, so one of them stands for all before it.
   * @param {string} id
   * @param {() => void} act */
  async function once(id, act) {
    await alone(rung, async () => {
      if (id <= (store.get(rung) ?? "")) return;
      store.set(rung, id);
      act();
    });
  }

  function due() {
    const id = waiting ?? "";
    waiting = null;
    return once(id, ringing);
  }

  return {
    /** Tell the other tabs.
     * @param {object} message */
    say: (message) => channel?.postMessage(message),
    /** A message has come: ring in one tab, unless somebody looks at it in another.
     * @param {string} id of the message
     * @param {() => void} act */
    ring(id, act) {
      if (waiting === null) clock.set(() => void due(), GRACE_MS + clock.random() * SPREAD_MS);
      waiting = id;
      ringing = act;
    },
    /** Somebody looks at the message here: no tab rings.
     * @param {string} id */
    hush: (id) => once(id, () => {}),
    close: () => channel?.close(),
  };
}
