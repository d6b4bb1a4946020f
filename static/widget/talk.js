/**
 * The conversations of a session: starting them, carrying messages to them, loading what lies further back.
 *
 * @import {Entry, Init, LogState, State} from "./types.js"
 * @import {Clock} from "../realtime/types.js"
 * @import {ApiError, Request} from "./api.js"
 */

import { withConversations, withCursor, withMessages, withRead } from "../realtime/reducer.js";
import { clientConversationId, isStored, mayPost } from "./machine.js";

const PAGE = 50;
/** Looking again at the same page is no other page view. */
const VIEW_MS = 30_000;

/**
 * @param {object} wiring
 * @param {() => State} wiring.state
 * @param {(act: (state: State) => State) => void} wiring.change
 * @param {(act: (log: LogState) => LogState) => void} wiring.changeLog
 * @param {Request} wiring.ask
 * @param {() => void} wiring.boot
 * @param {(from: string, to: string) => void} wiring.moved a thread is known by another name
 * @param {(code: string, retry: "start" | null) => void} wiring.fail
 * @param {(step: string, more?: object) => void} wiring.trace
 * @param {Init} wiring.init
 * @param {Clock} wiring.clock
 */
export function createTalk({ state, change, changeLog, ask, boot, moved, fail, trace, init, clock }) {
  /** The page view that was reported last, and when. */
  let viewed = "";
  let viewedAt = 0;
  /** The furthest that was asked to be marked as read, per conversation. @type {Record<string, number>} */
  const reading = {};

  /** Get-or-open, or the explicit new conversation that the thread's key stands for.
   * @param {string} thread
   * @param {object} [message]
   * @returns {Promise<string>} the conversation */
  async function start(thread, message) {
    const client_conversation_id = clientConversationId(thread) ?? undefined;
    trace("chat_start", { before: true, thread });
    const answer = await ask("POST", "conversations", { new: Boolean(client_conversation_id), client_conversation_id, message });
    const isFirst = state().log.epoch === null;
    changeLog((log) => {
      const known = isFirst ? withCursor({ ...log, contact: answer.contact }, answer.cursor) : log;
      return withMessages(withConversations(known, [answer.conversation]), answer.message ? [answer.message] : []);
    });
    const { id, last_seq } = answer.conversation;
    moved(thread, id);
    trace("chat_start", { conversation_id: id });
    // Another tab has begun before us: what it said lies before the cursor that we begin at.
    if (isFirst && (state().log.messages[id] ?? []).length < last_seq) boot();
    return id;
  }

  /** @param {string} thread
   * @param {number} [before] seq */
  async function load(thread, before) {
    if (!isStored(thread) || state().loading[thread]) return;
    change((now) => ({ ...now, loading: { ...now.loading, [thread]: true } }));
    const path = `conversations/${thread}`;
    try {
      if (!state().log.conversations[thread]) {
        const conversation = await ask("GET", path);
        changeLog((log) => withConversations(log, [conversation]));
      }
      const page = await ask("GET", `${path}/messages?limit=${PAGE}${before ? `&before=${before}` : ""}`);
      changeLog((log) => withMessages(log, page.items));
    } catch (error) {
      trace("load_failed", { thread, error: String(error) }); // Handled: scrolling or opening asks again.
    }
    change((now) => ({ ...now, loading: { ...now.loading, [thread]: false } }));
  }

  return {
    load,

    /** Carry an entry to the server. Resolves with the conversation that it went to.
     * @param {Entry} entry */
    async deliver({ id, thread, body, files }) {
      const message = { client_message_id: id, body, ...(files && { attachment_ids: files.map((one) => one.id) }) };
      if (!isStored(thread)) return start(thread, message);
      const sent = await ask("POST", `conversations/${thread}/messages`, message);
      changeLog((log) => withMessages(log, [sent]));
      moved(thread, sent.conversation_id);
      return sent.conversation_id;
    },

    /** Make the new conversation that is on the screen exist, or tell the visitor why it cannot. While a user's proof is
     * awaited it waits for its first message. */
    async begin() {
      const { thread } = state();
      if (!thread || !clientConversationId(thread) || !mayPost(state())) return;
      change((now) => ({ ...now, problem: null }));
      try {
        await start(thread);
      } catch (error) {
        const { code } = /** @type {ApiError} */ (error);
        trace("chat_start_failed", { code });
        if (code !== "outdated" && state().thread === thread) fail(code, code === "network" ? "start" : null);
      }
    },

    /** Everything up to `seq` is on the screen of somebody who looks at it.
     * @param {string} thread
     * @param {number} seq */
    async read(thread, seq) {
      const conversation = state().log.conversations[thread];
      if (!mayPost(state()) || !conversation || seq <= Math.max(conversation.last_read_seq, reading[thread] ?? 0)) return;
      reading[thread] = seq;
      try {
        const answer = await ask("PUT", `conversations/${thread}/read`, { up_to: seq });
        changeLog((log) => withRead(log, thread, answer.last_read_seq, answer.unread));
      } catch {
        delete reading[thread]; // Handled: the next look reports it again.
      }
    },

    /** @param {Init["page"]} page */
    async visit(page) {
      const view = page.url + page.title;
      const isAgain = view === viewed && clock.now() - viewedAt < VIEW_MS;
      init.page = page;
      if (isAgain || !mayPost(state())) return;
      [viewed, viewedAt] = [view, clock.now()];
      await ask("POST", "visits", { page }).catch(() => null); // Handled: only context is lost.
    },

    /** Whatever of the thread the snapshot did not bring.
     * @param {string} thread */
    async complete(thread) {
      const { log, phase } = state();
      const conversation = log.conversations[thread];
      const isMissing = !conversation || (conversation.last_seq > 0 && !log.messages[thread]?.length);
      if (phase === "ready" && isMissing) await load(thread);
    },
  };
}
