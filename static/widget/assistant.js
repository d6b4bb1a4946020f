/**
 * The assistant in a conversation: what its answers come from, how it hands over, and the way to a person.
 *
 * @import {Source} from "../realtime/types.js"
 * @import {ApiError} from "./api.js"
 * @import {Ui} from "./parts.js"
 * @import {Message} from "./types.js"
 */

import { useRef, useState } from "../vendor/hooks.js";
import { withConversations } from "../realtime/reducer.js";
import { expectation } from "./look.js";
import { html, Icon } from "./parts.js";

/** The articles that an answer comes from, to be read here.
 * @param {{ui: Ui, sources: Source[]}} props */
export function Sources({ ui, sources }) {
  const { session, state, t } = ui;
  const link = (/** @type {Source} */ one) => html`<button class="plain" onClick=${() => session.go("article", state.thread, one.slug)}>${t("from", { title: one.title })}</button>`;
  return html`<ul class="sources">${sources.map((one) => html`<li key=${one.slug}>${link(one)}</li>`)}</ul>`;
}

/** What a hand-over means for the visitor: who goes on, and when they answer, as Home says it.
 * @param {{ui: Ui, event: NonNullable<Message["event"]>}} props */
export function HandOver({ ui: { t, now, lang }, event: { reply_time = null, back_at = null } }) {
  const isAway = back_at !== null && Date.parse(back_at) > now;
  return html`<strong>${t("event_handed_off")}</strong> ${t(...expectation({ online: !isAway && reply_time !== null, reply_time, back_at }, now, lang))}`;
}

/** Above where the visitor writes: who answers first and, once something was said, the way to a person.
 * @param {{ui: Ui}} props */
export function Helper({ ui }) {
  const { state, t } = ui;
  const conversation = state.log.conversations[state.thread ?? ""];
  const isOn = conversation ? conversation.assistant_answers && conversation.status !== "closed" : state.widget?.features.assistant;
  if (!isOn) return null;
  return conversation?.last_message ? html`<${ToPerson} ui=${ui} id=${conversation.id} />` : html`<p class="helper">${t("answersFirst")}</p>`;
}

/** @param {{ui: Ui, id: string}} props */
function ToPerson({ ui, id }) {
  const { session, state, t, toField } = ui;
  const [problem, setProblem] = useState("");
  const [isAsking, setAsking] = useState(false);
  const asked = useRef(false);

  async function ask() {
    if (asked.current) return;
    setAsking((asked.current = true));
    setProblem("");
    try {
      const conversation = await session.ask("POST", `conversations/${id}/handoff`);
      session.changeLog((log) => withConversations(log, [conversation]));
      // The button goes, and with it the place in the panel of whoever pressed it by keyboard.
      if (matchMedia("(pointer: fine)").matches) toField?.();
    } catch (error) {
      setProblem(/** @type {ApiError} */ (error).status ? "personFailed" : "personOffline");
    }
    setAsking((asked.current = false));
  }

  return html`
    <div class="helper">
      <button class="person" disabled=${isAsking} onClick=${ask}><${Icon} name="person" />${t("toPerson")}</button>
      <p class="problem" role="alert">${problem && t(problem)}</p>
    </div>
  `;
}
