/** A button above each piece of code that copies it. Without scripts, or where copying is not allowed, one selects it. */
(() => {
  document.addEventListener("DOMContentLoaded", () => {
    for (const code of document.querySelectorAll("pre[data-copy]")) code.before(buttonFor(/** @type {HTMLElement} */ (code)));
  });

  /** @param {HTMLElement} code */
  function buttonFor(code) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button copy";
    button.textContent = code.dataset.copy ?? "";
    button.setAttribute("aria-describedby", `${code.id}-label`);
    button.setAttribute("aria-live", "polite");
    button.onclick = async () => {
      button.textContent = ((await copied(code)) ? code.dataset.copied : code.dataset.copy) ?? "";
      setTimeout(() => (button.textContent = code.dataset.copy ?? ""), 2000);
    };
    return button;
  }

  /** @param {HTMLElement} code
   * @returns {Promise<boolean>} whether it is on the clipboard; when not, it is selected at least */
  async function copied(code) {
    try {
      await navigator.clipboard.writeText(code.textContent ?? "");
      return true;
    } catch {
      // Handled: no clipboard on an address without TLS, or not allowed. The older way needs a selection anyway.
      getSelection()?.selectAllChildren(code);
      return document.execCommand("copy");
    }
  }
})();
