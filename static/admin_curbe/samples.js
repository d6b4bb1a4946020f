/** A made-up visit for the preview. Nobody in it is real, and nothing of it is stored. */

/** Who says what, oldest first. @type {Record<string, {agent: string, said: [isOwn: boolean, text: string][], article: {title: string, summary: string}}>} */
const SAID = {
  en: {
    agent: "Your team",
    said: [
      [true, "Hello! Do you ship to the islands?"],
      [false, "Hi! Yes, every Tuesday and Friday. It takes about three days."],
      [true, "Great, thank you!"],
    ],
    article: { title: "Where we ship to", summary: "Countries, islands and how long it takes" },
  },
  es: {
    agent: "Tu equipo",
    said: [
      [true, "¡Hola! ¿Hacéis envíos a las islas?"],
      [false, "¡Hola! Sí, todos los martes y viernes. Tarda unos tres días."],
      [true, "¡Genial, gracias!"],
    ],
    article: { title: "Adónde enviamos", summary: "Países, islas y plazos" },
  },
};
const STEP_MS = 60_000;
const THREAD = "sample";

/** What somebody finds who was never here.
 * @returns {{conversations: any[], messages: any[]}} */
export function nothing() {
  return { conversations: [], messages: [] };
}

/** Who answers.
 * @param {string} lang */
export function faces(lang) {
  return [{ name: of(lang).agent, avatar_url: null }];
}

/** One conversation with an agent.
 * @param {string} lang
 * @param {number} now ms since the epoch */
export function talk(lang, now) {
  const { agent, said } = of(lang);
  const team = { kind: "agent", id: "agent", name: agent, avatar_url: null };
  const visitor = { kind: "contact", id: "visitor", name: "", avatar_url: null };
  const messages = said.map(([isOwn, text], i) => ({
    ...{ id: `${i}`, conversation_id: THREAD, seq: i + 1, kind: "message", author: isOwn ? visitor : team, body: text },
    ...{ body_html: `<p>${text}</p>`, attachments: [], client_message_id: null, deleted: false, event: null, rev: 1 },
    created_at: new Date(now - (said.length - i) * STEP_MS).toISOString(),
  }));
  const last = messages.at(-1);
  const conversation = {
    ...{ id: THREAD, status: "open", is_primary: true, cycle: 1, subject: "", rev: 1, unread_count: 0, rating: null },
    ...{ rating_requested: false, assignee: null, participants: [{ ...team, is_active: true }] },
    ...{ created_at: messages[0]?.created_at, last_message_at: last?.created_at, last_message: last },
    ...{ last_seq: messages.length, last_read_seq: messages.length, seen_seq: messages.length },
  };
  return { conversations: [conversation], messages };
}

/** What the help's API would answer.
 * @param {string} lang
 * @param {boolean} isList */
export function reading(lang, isList) {
  const { title, summary } = of(lang).article;
  const article = { slug: "sample", locale: lang, title, summary, body_html: `<p>${summary}</p>` };
  return isList ? { items: [article] } : article;
}

/** @param {string} lang */
function of(lang) {
  return /** @type {typeof SAID.en & {}} */ (SAID[lang] ?? SAID.en);
}
