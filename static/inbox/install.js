/** Copying the line that a site is given. */

document.addEventListener("click", async ({ target }) => {
  const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (target).closest("[data-copies]"));
  if (!button) return;
  const line = document.getElementById(button.dataset.copies ?? "");
  if (!line) return;
  try {
    await navigator.clipboard.writeText(line.textContent ?? "");
    button.textContent = button.dataset.done ?? "";
  } catch {
    getSelection()?.selectAllChildren(line); // Handled: without leave for the clipboard it is marked, to be copied by hand.
  }
});
