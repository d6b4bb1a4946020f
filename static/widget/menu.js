/**
 * What can be done with a conversation beside writing: save it, or start over as somebody whom nobody knows.
 *
 * @import {Ui} from "./parts.js"
 */

import { useEffect, useRef, useState } from "../vendor/hooks.js";
import { withConversations } from "../realtime/reducer.js";
import { isStored } from "./machine.js";
import { html, Icon } from "./parts.js";

/** @param {{ui: Ui, onClose: () => void}} props */
export function Menu({ ui, onClose }) {
  const { t, state, session } = ui;
  const thread = state.thread ?? "";
  const features = state.widget?.features ?? {};
  const [isAsking, setAsking] = useState(false);
  const [problem, setProblem] = useState("");
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    /** @type {HTMLElement | null | undefined} */
    const start = box.current?.querySelector("button");
    start?.focus();
  }, [isAsking]);
  useEffect(() => {
    const away = (/** @type {Event} */ { target }) => !box.current?.parentElement?.contains(/** @type {Node} */ (target)) && onClose();
    addEventListener("pointerdown", away);
    return () => removeEventListener("pointerdown", away);
  }, []);

  /** @param {() => Promise<any>} act
   * @param {string} otherwise what is said when it fails */
  const attempt = (act, otherwise) => () => {
    setProblem("");
    act().then(() => box.current && onClose(), () => setProblem(otherwise));
  };

  async function save() {
    const content = await session.ask("GET", `conversations/${thread}/transcript`);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(content);
    link.download = `${t("transcriptName")}.html`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  const end = async () => {
    const ended = await session.ask("POST", `conversations/${thread}/close`);
    session.changeLog((log) => withConversations(log, [ended]));
  };

  const conversation = state.log.conversations[thread];
  const canEnd = features.close && conversation?.status === "open" && conversation.last_message;
  const items = html`
    ${canEnd && html`<button onClick=${attempt(end, "endFailed")}><${Icon} name="check" />${t("end")}</button>`}
    ${isStored(thread) && features.transcript !== false && html`<button onClick=${attempt(save, "transcriptFailed")}><${Icon} name="down" />${t("transcript")}</button>`}
    ${state.log.contact?.type !== "user" && html`<button onClick=${() => setAsking(true)}><${Icon} name="alert" />${t("reset")}</button>`}
  `;
  const question = html`
    <h2 id="reset">${t("resetTitle")}</h2>
    <p id="reset-what">${t("resetWhat")}</p>
    <button onClick=${onClose}>${t("cancel")}</button>
    <button class="danger" onClick=${attempt(ui.startOver, "resetFailed")}>${t("resetNow")}</button>
  `;
  return html`
    <div class="menu" ref=${box} role=${isAsking ? "alertdialog" : "group"} aria-labelledby=${isAsking ? "reset" : "menu"} aria-describedby=${isAsking ? "reset-what" : null}
      onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Escape" && (event.stopPropagation(), onClose())}>
      ${isAsking ? question : items}
      <p class="problem" role="alert">${problem && t(problem)}</p>
    </div>
  `;
}
