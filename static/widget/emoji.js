/**
 * Emoji to pick from, by mouse, finger or arrow keys. Loaded when somebody wants one.
 *
 * @import {Ui} from "./parts.js"
 */

import { useLayoutEffect, useRef, useState } from "../vendor/hooks.js";
import { html } from "./parts.js";

/** Those that people use when they talk to a company, most wanted first. */
const GROUPS = {
  emojiFaces: "🙂 😀 😃 😄 😁 😅 😂 🤣 😊 😇 😉 😍 🥰 😘 😋 😜 🤪 🤗 🤔 🤨 😐 😑 🙄 😏 😌 😴 😕 🙁 ☹️ 😮 😲 😳 🥺 😢 😭 😱 😤 😡 🤯 😎 🤓 🥳 🤩 😬 🤒 🤕 🥶 🥵",
  emojiPeople: "👍 👎 👌 🙏 👏 🙌 👋 🤝 💪 ✌️ 🤞 🤙 👉 👈 👆 👇 ✋ 🫶 🤷 🤦 🙋 💁 👀 🧑‍💻 👶 👨‍👩‍👧",
  emojiHearts: "❤️ 🧡 💛 💚 💙 💜 🖤 🤍 💔 💕 ✨ ⭐ 🌟 🔥 🎉 🎊 🎁 🎂 🏆 💯",
  emojiThings: "📦 🚚 🛒 🛍️ 💳 💶 🧾 📄 📎 📷 📱 💻 🖥️ ⌨️ 🔑 🔒 🔧 💡 🔔 📅 ⏰ ⏳ ✉️ 📞 🏠 🚗 🚲 ✈️ 🗺️ ☕ 🍕 🥗 🌱 🌳 🐶 🐱 ☀️ 🌧️ ❄️ 🌈",
  emojiSigns: "✅ ❌ ❗ ❓ ⚠️ ℹ️ ➡️ ⬅️ ⬆️ ⬇️ 🔄 ➕ ➖ ✔️ 🆗 🆕 🔴 🟡 🟢 🔵",
};
const COLUMNS = 7;
/** @type {Record<string, number>} */
const STEPS = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS };
const LAST = Object.values(GROUPS).flatMap((group) => group.split(" ")).length - 1;

/** @param {{ui: Ui, onPick: (emoji: string) => void, onClose: () => void}} props */
export function Emoji({ ui, onPick, onClose }) {
  const [at, setAt] = useState(0);
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  // Before the next key comes, however fast they are pressed; but not from under somebody who has gone on writing.
  useLayoutEffect(() => {
    if (!document.activeElement?.matches("textarea")) box.current?.querySelectorAll("button")[at]?.focus();
  }, [at]);
  let index = 0;

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    const next = event.key === "Home" ? 0 : event.key === "End" ? LAST : at + (STEPS[event.key] ?? 0);
    if (event.key === "Escape") event.stopPropagation(), onClose();
    if (next === at) return;
    event.preventDefault();
    setAt(Math.max(0, Math.min(LAST, next)));
  }

  return html`
    <div class="emoji" ref=${box} role="group" aria-label=${ui.t("emoji")} onKeyDown=${pressed}>
      ${Object.entries(GROUPS).map(([name, group]) => html`<div role="group" aria-label=${ui.t(name)}>
        ${group.split(" ").map((one) => {
          const mine = index++;
          return html`<button type="button" key=${one} tabindex=${mine === at ? 0 : -1} onClick=${() => (setAt(mine), onPick(one))}>${one}</button>`;
        })}
      </div>`)}
    </div>
  `;
}
