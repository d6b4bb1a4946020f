/** What a shop's own developer writes: its buttons start a conversation, also when the messenger has not loaded yet. */
(() => {
  const stub = (...args) => stub.q.push(args);
  stub.q = [];
  window.Curbe ??= stub;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.ask");
    if (button) window.Curbe("showNewMessage", button.value);
  });
})();
