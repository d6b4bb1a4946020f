/**
 * What a shop's own developer writes: it tells the messenger who is signed in, and its buttons start a conversation, also
 * when the messenger has not loaded yet.
 */
(() => {
  const stub = (...args) => stub.q.push(args);
  stub.q = [];
  window.Curbe ??= stub;

  // The shop's server puts this into the page when somebody is signed in.
  const signedIn = document.getElementById("signed-in");
  if (signedIn) {
    const { boot, token_url } = JSON.parse(signedIn.textContent);
    window.Curbe("boot", boot);
    window.Curbe("onAuthRequired", () => freshToken(token_url));
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.ask");
    if (button) window.Curbe("showNewMessage", button.value);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-signs-out]")) window.Curbe("shutdown");
  });

  /** A token of this moment, or null when nobody is signed in any more. */
  async function freshToken(url) {
    const answer = await fetch(url, { cache: "no-store" });
    return answer.status === 200 ? (await answer.json()).token : null;
  }
})();
