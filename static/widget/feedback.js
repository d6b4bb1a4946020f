/**
 * Feedback on a conversation that was closed, inside the thread: a face, and then, if one likes, a remark.
 *
 * @import {Conversation} from "../realtime/types.js"
 * @import {ApiError} from "./api.js"
 * @import {Ui} from "./parts.js"
 */

import { useLayoutEffect, useRef, useState } from "../vendor/hooks.js";
import { withRating } from "../realtime/reducer.js";
import { html } from "./parts.js";

/** Mouths from the worst to the best; the score is the place, counted from 1. Drawn, because not every font has faces. */
const MOUTHS = ["M8 17q4-5 8 0", "M8 16.4q4-2.6 8 0", "M8 15.5h8", "M8 14.4q4 2.8 8 0", "M7.5 13.6q4.5 6.4 9 0Z"];
const LONGEST = 2000;
const NOT_REQUESTED = 409;

/** @param {{ui: Ui, conversation: Conversation, onShown: () => void}} props */
export function Feedback({ ui, conversation, onShown }) {
  const { t, session } = ui;
  const { id, cycle, rating } = conversation;
  const [chosen, setChosen] = useState(0);
  const [remark, setRemark] = useState("");
  const [problem, setProblem] = useState("");
  const last = useRef(Promise.resolve(""));
  const score = chosen || (rating?.score ?? 0);
  useLayoutEffect(onShown, [score > 0]);

  /** What is pressed shows at once, and what the server did not take is taken back. One answer is awaited before the
   * next is asked for, so that the last face pressed is the one that stays.
   * @param {number} next
   * @param {string} [remark] */
  function rate(next, remark) {
    setChosen(next);
    setProblem("");
    const asked = (last.current = last.current.then(() => give(next, remark)));
    void asked.then((problem) => {
      if (last.current !== asked) return;
      setProblem(problem);
      setChosen(0);
      if (remark && !problem) ui.toField?.();
    });
  }

  /** @param {number} score
   * @param {string} [remark]
   * @returns {Promise<string>} what went wrong, if anything did */
  async function give(score, remark) {
    try {
      const rating = await session.ask("PUT", `conversations/${id}/rating`, { cycle, score, remark });
      session.changeLog((log) => withRating(log, id, rating));
      return "";
    } catch (error) {
      return /** @type {ApiError} */ (error).status === NOT_REQUESTED ? "rateTooLate" : "rateFailed";
    }
  }

  /** @param {Event} event */
  function send(event) {
    event.preventDefault();
    rate(score, remark.trim());
  }

  return html`
    <section class="feedback" aria-labelledby="feedback">
      <h2 id="feedback">${t("rateTitle")}</h2>
      <div class="faces" role="group" aria-labelledby="feedback">
        ${MOUTHS.map((mouth, i) => html`<button aria-pressed=${score === i + 1} aria-label=${t(`rate${i + 1}`)} title=${t(`rate${i + 1}`)} onClick=${() => rate(i + 1)}><${Face} mouth=${mouth} /></button>`)}
      </div>
      ${score > 0 && html`<form onSubmit=${send}>
        <textarea rows="2" aria-label=${t("rateRemark")} placeholder=${t("rateRemark")} maxlength=${LONGEST} value=${remark}
          onInput=${(/** @type {InputEvent} */ event) => setRemark(/** @type {HTMLTextAreaElement} */ (event.target).value)}></textarea>
        <button class="button" disabled=${!remark.trim()}>${t("rateSend")}</button>
      </form>`}
      <p class="problem" role="status">${problem && t(problem)}</p>
    </section>
  `;
}

/** @param {{mouth: string}} props */
function Face({ mouth }) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="10" /><path d=${`M8.7 9v.6m6.6-.6v.6${mouth}`} /></svg>`;
}
