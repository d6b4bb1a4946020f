/**
 * This session among the tabs of the browser: signing out in one is signing out in all, what was read in one is read in
 * all, and one of them rings. Loaded beside the first snapshot.
 *
 * @import {Message, State} from "./types.js"
 * @import {Session} from "./session.js"
 * @import {Clock, Store} from "../realtime/types.js"
 */

import { withRead } from "../realtime/reducer.js";
import { createTabs } from "../realtime/tabs.js";

/** A soft, short tone: Hz, seconds, and how loud from 0 to 1. */
const TONE = { pitch: 660, length: 0.25, volume: 0.06 };

/** @typedef {ReturnType<typeof joinTabs>} Neighbours */

/**
 * @param {object} wiring
 * @param {string} wiring.tenantId
 * @param {() => string} wiring.device a fingerprint: other subdomains of the site have devices of their own
 * @param {() => Session | undefined} wiring.session
 * @param {(thread: string) => boolean} wiring.isLookedAt
 * @param {(name: string, act: () => Promise<void>) => Promise<void>} wiring.alone
 * @param {(step: string, more?: object) => void} wiring.trace
 * @param {Store} wiring.store
 * @param {Clock} wiring.clock
 */
export function joinTabs({ tenantId, device, session, isLookedAt, alone, trace, store, clock }) {
  const tabs = createTabs({ name: `curbe:${tenantId}`, hear, open: (name) => new BroadcastChannel(name), alone, store, clock });
  /** What the other tabs know of this one. @type {State["log"] | null} */
  let told = null;

  /** @param {any} message */
  function hear(message) {
    const here = session();
    if (!here || message.device !== device()) return;
    if (message.t === "shutdown") return void here.end(true);
    const { contact } = here.state.log;
    if (message.t === "identity" && message.contact !== contact?.id) return void here.check();
    if (message.t === "read" && message.contact === contact?.id)
      here.changeLog((log) => withRead(log, message.thread, message.seq, message.unread));
  }

  /** @param {object} message */
  function say(message) {
    tabs.say({ device: device(), ...message });
  }

  /** @param {State["log"]} before
   * @param {State["log"]} log */
  function tellRead(before, log) {
    for (const { id, last_read_seq: seq, unread_count: unread } of Object.values(log.conversations))
      if (seq > (before.conversations[id]?.last_read_seq ?? seq)) say({ t: "read", contact: log.contact?.id, thread: id, seq, unread });
  }

  function ring() {
    trace("ring");
    if (session()?.state.widget?.features.sound) chime();
  }

  return {
    say,
    /** Tell the others what has changed of this tab's session, if that concerns them.
     * @param {State} state */
    watch({ phase, log }) {
      if (phase !== "ready" || log === told) return;
      const before = told ?? log;
      told = log;
      if (before.contact?.id === log.contact?.id) tellRead(before, log);
      else say({ t: "identity", contact: log.contact?.id });
    },
    /** @param {Message} message of the other side */
    arrived({ id, conversation_id }) {
      if (isLookedAt(conversation_id)) void tabs.hush(id);
      else tabs.ring(id, ring);
    },
  };
}

/** Silent where nobody has touched the panel yet: browsers want it so. */
function chime() {
  const audio = new AudioContext();
  const [tone, gain] = [audio.createOscillator(), audio.createGain()];
  const end = audio.currentTime + TONE.length;
  tone.frequency.value = TONE.pitch;
  gain.gain.setValueAtTime(TONE.volume, audio.currentTime);
  gain.gain.exponentialRampToValueAtTime(0.001, end);
  tone.connect(gain).connect(audio.destination);
  tone.onended = () => void audio.close();
  tone.start();
  tone.stop(end);
}
