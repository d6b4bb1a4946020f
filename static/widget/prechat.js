/**
 * The pre-chat form: who a guest is, asked before their first message, as the widget's settings say. What they answer is
 * theirs to say, and proves nothing.
 *
 * @import {ApiError} from "./api.js"
 * @import {Ui} from "./parts.js"
 */

import { useEffect, useLayoutEffect, useRef, useState } from "../vendor/hooks.js";
import { html } from "./parts.js";

/** The contact's own traits: how the browser is to treat them. Other fields are custom attributes.
 * @type {Record<string, {type: string, autocomplete: string, maxlength: number}>} */
const OWN = {
  name: { type: "text", autocomplete: "name", maxlength: 200 },
  email: { type: "email", autocomplete: "email", maxlength: 254 },
  phone: { type: "tel", autocomplete: "tel", maxlength: 50 },
};
const CUSTOM = { type: "text", autocomplete: "off", maxlength: 1000 };
/** No field can have this name. */
const CONSENT = "?";

/** @typedef {{name: string, required?: boolean, label?: Record<string, string>}} Field */

/** @param {{ui: Ui, onShown: () => void}} props */
export function Prechat({ ui, onShown }) {
  const { t, session, state, lang } = ui;
  const { fields = [], skippable, consent } = state.widget?.prechat ?? {};
  const texts = state.widget?.texts[lang] ?? {};
  const [answers, setAnswers] = useState(/** @type {Record<string, string>} */ ({}));
  const [wrong, setWrong] = useState(/** @type {Record<string, string>} */ ({}));
  const [isBusy, setBusy] = useState(false);
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  useLayoutEffect(onShown, []);
  useEffect(() => {
    // On a touch screen the keyboard would cover what is being asked.
    if (matchMedia("(pointer: fine)").matches) first(form.current, "input")?.focus();
  }, []);
  useEffect(() => first(form.current, "[aria-invalid=true]")?.focus(), [wrong]);

  const answer = (/** @type {string} */ name, /** @type {string} */ value) => setAnswers((now) => ({ ...now, [name]: value }));

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    const missing = lacking(fields, consent, answers);
    setWrong(missing);
    if (isBusy || Object.keys(missing).length) return;
    setBusy(true);
    try {
      await session.ask("POST", "profile", bodyOf(fields, answers));
      if (answers.email) ui.say({ t: "email_supplied" });
      await session.boot(); // With the cursor of the contact, which only a snapshot has.
      session.excuse();
    } catch (error) {
      setBusy(false);
      setWrong(problemOf(/** @type {ApiError} */ (error), fields));
    }
  }

  return html`
    <form class="prechat" ref=${form} noValidate onSubmit=${submit} aria-labelledby="prechat">
      <h2 id="prechat">${texts.prechat_title || t("prechatTitle")}</h2>
      ${texts.prechat_intro && html`<p>${texts.prechat_intro}</p>`}
      ${fields.map((field) => html`<${Question} key=${field.name} ui=${ui} field=${field} value=${Object.hasOwn(answers, field.name) ? answers[field.name] : ""} problem=${Object.hasOwn(wrong, field.name) ? wrong[field.name] : ""} onAnswer=${answer} />`)}
      ${consent && html`<${Consent} ui=${ui} text=${texts.consent} consent=${consent} isGiven=${Boolean(answers[CONSENT])} problem=${wrong[CONSENT]} onAnswer=${answer} />`}
      <p class="problem" role="alert">${wrong[""] && t(wrong[""])}</p>
      <button class="button" disabled=${isBusy}>${t("prechatStart")}</button>
      ${skippable && html`<button class="plain" type="button" onClick=${session.excuse}>${t("prechatSkip")}</button>`}
    </form>
  `;
}

/** @param {{ui: Ui, field: Field, value: string, problem?: string, onAnswer: (name: string, value: string) => void}} props */
function Question({ ui, field: { name, label, required }, value, problem, onAnswer }) {
  const id = `prechat-${name}`;
  const own = Object.hasOwn(OWN, name);
  const text = own ? ui.t(`prechat_${name}`) : label?.[ui.lang] || label?.en || Object.values(label ?? {})[0] || name;
  return html`
    <p>
      <label for=${id}>${text} ${!required && html`<small>${ui.t("prechatOptional")}</small>`}</label>
      <input id=${id} name=${name} ...${own ? OWN[name] : CUSTOM} value=${value} required=${required} aria-invalid=${problem ? "true" : null} aria-describedby=${problem ? `${id}-problem` : null}
        onInput=${(/** @type {InputEvent} */ event) => onAnswer(name, /** @type {HTMLInputElement} */ (event.target).value)} />
      ${problem && html`<small class="wrong" id=${`${id}-problem`}>${ui.t(problem)}</small>`}
    </p>
  `;
}

/** @param {{ui: Ui, text?: string, consent: {required?: boolean, url?: string}, isGiven: boolean, problem?: string, onAnswer: (name: string, value: string) => void}} props */
function Consent({ ui, text, consent, isGiven, problem, onAnswer }) {
  const link = consent.url && html`<a href=${consent.url} target="_blank" rel="noopener">${ui.t("prechatPrivacy")}</a>`;
  return html`
    <p class="consent">
      <label>
        <input type="checkbox" checked=${isGiven} required=${consent.required} aria-invalid=${problem ? "true" : null} aria-describedby=${problem ? "consent-problem" : null}
          onChange=${(/** @type {Event} */ event) => onAnswer(CONSENT, /** @type {HTMLInputElement} */ (event.target).checked ? "1" : "")} />
        <span>${text || ui.t("prechatConsent")} ${!consent.required && html`<small>${ui.t("prechatOptional")}</small>`}</span>
      </label>
      ${link} ${problem && html`<small class="wrong" id="consent-problem">${ui.t(problem)}</small>`}
    </p>
  `;
}

/** What is wrong with the answers, per field, before anybody is asked.
 * @param {Field[]} fields
 * @param {{required?: boolean} | null | undefined} consent
 * @param {Record<string, string>} answers
 * @returns {Record<string, string>} the key of a sentence for each */
export function lacking(fields, consent, answers) {
  const missing = fields.filter(({ name, required }) => required && !answerTo(answers, name)).map(({ name }) => name);
  if (consent?.required && !answers[CONSENT]) missing.push(CONSENT);
  return Object.fromEntries(missing.map((name) => [name, name === CONSENT ? "prechatAgree" : "prechatMissing"]));
}

/** @param {Field[]} fields
 * @param {Record<string, string>} answers
 * @returns {Record<string, any>} the body of POST profile */
export function bodyOf(fields, answers) {
  const given = fields.map(({ name }) => [name, answerTo(answers, name)]).filter(([, value]) => value);
  const own = given.filter(([name = ""]) => Object.hasOwn(OWN, name));
  const custom = given.filter(([name = ""]) => !Object.hasOwn(OWN, name));
  return { ...Object.fromEntries(own), attributes: Object.fromEntries(custom), consent: Boolean(answers[CONSENT]) };
}

/** @param {Record<string, string>} answers
 * @param {string} name any word, "constructor" too */
function answerTo(answers, name) {
  return Object.hasOwn(answers, name) ? (answers[name] ?? "").trim() : "";
}

/** @param {ApiError} error
 * @param {Field[]} fields
 * @returns {Record<string, string>} */
function problemOf({ status, attr }, fields) {
  const isOfField = status === 422 && fields.some(({ name }) => name === attr);
  return { [isOfField ? String(attr) : ""]: isOfField ? "prechatWrong" : "prechatFailed" };
}

/** @param {HTMLElement | null} form
 * @param {string} selector
 * @returns {HTMLElement | null | undefined} */
function first(form, selector) {
  return form?.querySelector(selector);
}
