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
    window.Curbe("onAuthRequired", () => freshToken(token_url, boot.user_id));
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.ask");
    if (button) window.Curbe("showNewMessage", button.value);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-signs-out]")) window.Curbe("shutdown");
  });

  /**
   * A token of this moment for whom the page announces, or null when there is none. Somebody else may have signed in
   * meanwhile, in another tab: then the page is out of date. It starts over, and their token is not handed over to it.
   */
  async function freshToken(url, announced) {
    const answer = await fetch(url, { cache: "no-store" });
    if (!answer.ok) return null;
    const { user_id, token } = answer.status === 204 ? {} : await answer.json();
    if (user_id === announced) return token;
    location.reload();
    return null;
  }
})();
