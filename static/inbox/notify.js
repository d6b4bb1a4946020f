/** Telling an agent who looks elsewhere: by a sound of our own, and by the desktop when the agent and the browser let us. */
import { fact } from "./page.js";
import { preferences } from "./writing.js";

/** Two short notes, one after the other: their pitch in hertz. */
const NOTES = [660, 880];
const NOTE_S = 0.12;
/** @type {AudioContext | null} */
let audio = null;

/** @param {string} conversation
 * @param {string} title
 * @param {string} sentence */
export function notify(conversation, title, sentence) {
  if (preferences().sound) play();
  if (!preferences().desktop || !("Notification" in window) || Notification.permission !== "granted") return;
  // One of a conversation at a time; the latest takes the place of the one before it.
  const shown = new Notification(title, { body: sentence, tag: conversation });
  shown.onclick = () => {
    window.focus();
    shown.close();
    location.assign(`${fact("base")}c/${conversation}/`);
  };
}

/** Whether the browser lets us show notifications, after asking whoever is there. Asked only when somebody wants them. */
export async function mayNotify() {
  return "Notification" in window && (await Notification.requestPermission()) === "granted";
}

/** A sound, if the browser lets a page that nobody has touched make one. */
export function play() {
  audio ??= new AudioContext();
  const out = audio.createGain();
  out.connect(audio.destination);
  NOTES.forEach((pitch, i) => note(/** @type {AudioContext} */ (audio), out, pitch, i * NOTE_S));
  void audio.resume();
}

/** @param {AudioContext} context
 * @param {GainNode} out
 * @param {number} pitch
 * @param {number} after seconds */
function note(context, out, pitch, after) {
  const sound = context.createOscillator();
  const volume = context.createGain();
  const start = context.currentTime + after;
  sound.frequency.value = pitch;
  volume.gain.setValueAtTime(0.12, start);
  volume.gain.exponentialRampToValueAtTime(0.001, start + NOTE_S * 2);
  sound.connect(volume).connect(out);
  sound.start(start);
  sound.stop(start + NOTE_S * 2);
}
