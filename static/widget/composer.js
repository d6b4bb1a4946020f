/**
 * Where the visitor writes: grows with the text, keeps a draft, sends with Enter.
 *
 * @import {Ui} from "./parts.js"
 */

import { useEffect, useLayoutEffect, useRef, useState } from "../vendor/hooks.js";
import { html, Icon } from "./parts.js";

const TALLEST_PX = 128;

/** @param {{ui: Ui, placeholder: string, onSent: () => void}} props */
export function Composer({ ui, placeholder, onSent }) {
  const { session, state, t } = ui;
  const thread = state.thread ?? "";
  const [text, setText] = useState(() => session.draft(thread));
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null));

  useEffect(() => {
    if (state.prefill === null) return;
    setText(state.prefill);
    session.change((now) => ({ ...now, prefill: null }));
  }, [state.prefill]);
  useEffect(() => {
    // On a touch screen the keyboard would cover the conversation that was just opened.
    if (state.isOpen && matchMedia("(pointer: fine)").matches) field.current?.focus();
  }, [state.isOpen]);
  useLayoutEffect(() => {
    const { current } = field;
    if (!current) return;
    current.style.height = "auto";
    current.style.height = `${Math.min(current.scrollHeight, TALLEST_PX)}px`;
  }, [text]);

  /** @param {string} value */
  function write(value) {
    setText(value);
    session.typed(value);
  }

  /** @param {Event} [event] */
  function send(event) {
    event?.preventDefault();
    if (!session.send(text)) return;
    setText("");
    onSent();
    field.current?.focus();
  }

  /** Enter sends, Shift+Enter breaks the line; Enter that ends the composition of a character does neither.
   * @param {KeyboardEvent} event */
  function pressed(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) send(event);
  }

  return html`
    <form class="composer" onSubmit=${send}>
      <textarea
        ref=${field}
        rows="1"
        aria-label=${placeholder}
        placeholder=${placeholder}
        maxlength=${state.limit}
        value=${text}
        onInput=${(/** @type {InputEvent} */ event) => write(/** @type {HTMLTextAreaElement} */ (event.target).value)}
        onKeyDown=${pressed}
        onBlur=${session.stopTyping}
      ></textarea>
      <button class="send" aria-label=${t("send")} title=${t("send")} disabled=${!text.trim()}><${Icon} name="send" /></button>
    </form>
  `;
}
