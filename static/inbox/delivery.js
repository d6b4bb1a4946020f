/**
 * What only a browser can tell of delivery: it opens a socket of its own, has the server say something to the team, and
 * hears it there; and it compares its clock with the server's.
 */
import { fact, find } from "./page.js";

const PATIENCE_MS = 10_000;
const place = find("#in-browser");
/** @type {Record<string, string>} */
const TEXTS = JSON.parse(find("#delivery-texts")?.textContent ?? "{}");

/** @param {string} id
 * @param {boolean} isGood
 * @param {string} seen */
function show(id, isGood, seen) {
  const line = find(`#${id}`);
  if (!line) return;
  line.classList.add(isGood ? "good" : "bad");
  /** @param {string} name */
  const part = (name) => /** @type {HTMLElement} */ (find(name, line));
  part(".verdict").textContent = isGood ? TEXTS.good : TEXTS.bad;
  part(".seen").textContent = seen;
  part(".remedy")?.toggleAttribute("hidden", isGood);
}

async function echo() {
  const csrf = /** @type {HTMLMetaElement} */ (find("meta[name=csrf-token]")).content;
  const headers = { "X-CSRFToken": csrf, "X-Curbe-Tenant": fact("tenant") };
  const left = Date.now();
  const answer = await fetch(place?.dataset.echo ?? "", { method: "POST", headers });
  compareClocks(Number(answer.headers.get("X-Server-Time")), left, Date.now());
}

/** An answer that took its time does not make a clock wrong: only what is outside of the time it was on its way counts.
 * @param {number} theirs ms since 1970
 * @param {number} left when it was asked for
 * @param {number} came */
function compareClocks(theirs, left, came) {
  const apart = Math.max(0, left - theirs, theirs - came) / 1000;
  if (theirs) show("browser-clock", apart <= Number(place?.dataset.skew), TEXTS.clock.replace("{s}", apart.toFixed(1)));
}

/** Resolves when the socket was told what `echo` had the server say; with the number of ms since. */
function roundTrip() {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/inbox`);
  let askedAt = 0;
  const done = new Promise((resolve, reject) => {
    socket.onopen = () => socket.send(JSON.stringify({ t: "hello", v: 1, auth: null, after: null, tab: crypto.randomUUID?.() ?? String(Math.random()), tenant_id: fact("tenant") }));
    socket.onclose = ({ code }) => reject(TEXTS.refused.replace("{code}", String(code)));
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      if (frame.t === "ping") socket.send('{"t":"pong"}');
      if (frame.t === "welcome") {
        askedAt = performance.now();
        echo().catch(() => {}); // Handled: nothing is heard then, and that is what is shown.
      }
      if (askedAt && frame.t === "eph" && frame.k === "presence" && frame.by?.id === fact("agent")) resolve(Math.round(performance.now() - askedAt));
    };
    window.setTimeout(() => reject(TEXTS.unheard), PATIENCE_MS);
  });
  return done.finally(() => {
    socket.onclose = null;
    socket.close();
  });
}

roundTrip().then(
  (ms) => show("socket", true, TEXTS.heard.replace("{ms}", String(ms))),
  (why) => show("socket", false, String(why)),
);
