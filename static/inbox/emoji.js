/** Emoji to pick from, by mouse, finger or arrow keys; made when somebody first wants one. */
import { find, findAll, make } from "./page.js";
import { insert } from "./writing.js";

const EMOJI =
  "🙂 😀 😄 😅 😂 😊 😉 😍 😘 🤗 🤔 😐 🙄 😏 😌 😕 🙁 😮 😳 🥺 😢 😱 😎 🤓 🥳 👍 👎 👌 🙏 👏 🙌 👋 🤝 💪 🤞 👉 👀 🤷 ❤️ 💛 💚 💙 ✨ ⭐ 🔥 🎉 🎁 🏆 📦 🚚 🛒 💳 🧾 📄 📎 📷 💻 🔑 🔒 🔧 💡 🔔 📅 ⏰ ✉️ 📞 ☕ ✅ ❌ ❗ ❓ ⚠️ ℹ️ ➡️ 🔄";
const COLUMNS = 8;
/** @type {Record<string, number>} */
const STEPS = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS };

/** The menu is unfolded. */
export function fillEmoji() {
  const sheet = find("#emoji .sheet");
  if (!sheet || sheet.childElementCount) return;
  sheet.append(...EMOJI.split(" ").map(button));
  sheet.addEventListener("keydown", moved);
  findAll("button", sheet)[0]?.focus();
}

/** @param {string} sign
 * @param {number} i */
function button(sign, i) {
  const element = /** @type {HTMLButtonElement} */ (make("button", "", sign));
  element.type = "button";
  element.tabIndex = i ? -1 : 0;
  element.addEventListener("click", () => {
    find("#emoji")?.removeAttribute("open");
    insert(sign);
  });
  return element;
}

/** @param {KeyboardEvent} event */
function moved(event) {
  const step = STEPS[event.key];
  if (!step) return;
  event.preventDefault();
  event.stopPropagation();
  const all = findAll("#emoji .sheet button");
  const from = all.findIndex((one) => one === document.activeElement);
  const next = all[Math.min(all.length - 1, Math.max(0, from + step))];
  for (const one of all) one.tabIndex = one === next ? 0 : -1;
  next?.focus();
}
