/** The page's sentences for scripts, in the reader's language: see inbox/texts.py. */

/** @type {Record<string, string>} */
const TEXTS = JSON.parse(document.getElementById("texts")?.textContent ?? "{}");

/** @param {string} name
 * @param {Record<string, unknown>} [values] what its `{placeholders}` stand for
 * @returns {string} */
export function text(name, values = {}) {
  return (TEXTS[name] ?? name).replace(/\{(\w+)\}/g, (_, key) => String(values[key] ?? ""));
}
