/**
 * What the browser gives: storage, time, chance, the catalogue of a language. Everything else takes these as arguments.
 *
 * @import {Clock, Store} from "../realtime/types.js"
 */

/** @type {Clock} */
export const clock = {
  now: () => Date.now(),
  set: (run, ms) => window.setTimeout(run, ms),
  clear: (id) => window.clearTimeout(id),
  random: () => Math.random(),
};

/** Do something in one tab of this browser at a time. Where it has no locks, or forbids them, each tab does as it comes.
 * @param {string} name
 * @param {() => Promise<void>} act never rejects
 * @returns {Promise<any>} when it is done */
export function alone(name, act) {
  return navigator.locks?.request(name, act).catch(act) ?? act();
}

/** @param {number} bytes */
export function hex(bytes) {
  return [...crypto.getRandomValues(new Uint8Array(bytes))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A random UUID (version 4); the browser's own exists on secure pages only. */
export function uuid() {
  const digits = hex(16);
  const variant = ((parseInt(digits.charAt(16), 16) & 3) | 8).toString(16);
  const text = `${digits.slice(0, 12)}4${digits.slice(13, 16)}${variant}${digits.slice(17)}`;
  return text.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** A store over the browser's storage. Where that is blocked or full, values live in memory and `set` says false.
 * @param {() => Storage} open throws where storage is blocked
 * @returns {Store} */
export function storeOf(open) {
  /** @type {Map<string, string>} */
  const memory = new Map();
  /** @type {<T>(act: (storage: Storage) => T, otherwise: T) => T} */
  const attempt = (act, otherwise) => {
    try {
      return act(open());
    } catch {
      return otherwise; // Handled: the memory has it.
    }
  };
  return {
    get: (key) => memory.get(key) ?? attempt((storage) => storage.getItem(key), null),
    set(key, value) {
      const isSaved = attempt((storage) => (storage.setItem(key, value), true), false);
      if (isSaved) memory.delete(key);
      else memory.set(key, value);
      return isSaved;
    },
    remove(key) {
      memory.delete(key);
      attempt((storage) => storage.removeItem(key), undefined);
    },
    keys(prefix) {
      const all = [...memory.keys(), ...attempt((storage) => Object.keys(storage), [])];
      return [...new Set(all)].filter((key) => key.startsWith(prefix));
    },
  };
}

/** Where what was last on the screen is kept.
 * @param {string} tenantId */
export function cacheKey(tenantId) {
  return `curbe_cache:${tenantId}`;
}

/** What was begun and not sent, per thread; a user's apart from those of the browser's guest.
 * @param {Store} store
 * @param {string} scope whose browser it is: a tenant's id
 * @param {() => string | null} user who is signed in */
export function draftsOf(store, scope, user) {
  const all = `curbe_draft:${scope}:`;
  const prefix = () => (user() ? `${all}${user()}/` : all);
  /** @param {string} thread */
  const keyOf = (thread) => prefix() + thread;
  /** @param {string} thread */
  const get = (thread) => store.get(keyOf(thread)) ?? "";
  /** @param {string} thread
   * @param {string} [text] none: there is nothing to keep any more */
  const keep = (thread, text) => void (text ? store.set(keyOf(thread), text) : store.remove(keyOf(thread)));
  return {
    keyOf,
    get,
    keep,
    /** @param {string} from
     * @param {string} to */
    move(from, to) {
      if (get(from)) keep(to, get(from));
      keep(from);
    },
    /** The guest has turned out to be the user. */
    carry() {
      for (const key of store.keys(all).filter((key) => !key.includes("/"))) {
        store.set(keyOf(key.slice(all.length)), store.get(key) ?? "");
        store.remove(key);
      }
    },
    /** @param {string} [from] everybody's without it */
    wipe(from = all) {
      for (const key of store.keys(from)) store.remove(key);
    },
    /** Those of whoever is here. */
    wipeOwn() {
      this.wipe(prefix());
    },
  };
}

/** The first twelve hex digits of a SHA-256: enough to compare two logs, of no use to anybody else.
 * @param {string} secret */
export async function fingerprint(secret) {
  if (!crypto.subtle) return "(needs a secure page)";
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
  return [...new Uint8Array(digest).slice(0, 6)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @typedef {Record<string, string>} Words */

/** Of each language what every screen says, and what is only said by the parts that are loaded later.
 * @type {Record<string, (() => Promise<{default: Words}>)[]>} */
const CATALOGUES = {
  en: [() => import("./i18n/en.js"), () => import("./i18n/en-more.js")],
  es: [() => import("./i18n/es.js"), () => import("./i18n/es-more.js")],
};

/** The catalogue of a language, English where there is none.
 * @param {string} language a BCP 47 tag
 * @param {boolean} isWhole with the words of the parts that are loaded later
 * @returns {Promise<{lang: string, words: Words}>} */
export async function wordsFor(language, isWhole) {
  const wanted = language.toLowerCase().split("-")[0] ?? "";
  const lang = Object.hasOwn(CATALOGUES, wanted) ? wanted : "en";
  const [first, ...rest] = CATALOGUES[lang] ?? [];
  const some = await Promise.all([first, ...(isWhole ? rest : [])].map((load) => load?.()));
  return { lang, words: Object.assign({}, ...some.map((one) => one?.default)) };
}

/** A style sheet; rejects when it does not come.
 * @param {string} href */
export function styled(href) {
  return new Promise((resolve, reject) => {
    const link = document.createElement("link");
    Object.assign(link, { rel: "stylesheet", href, onload: resolve, onerror: reject });
    document.head.append(link);
  });
}
