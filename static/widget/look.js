/**
 * Colours of the tenant, made readable; and times as people say them. Pure.
 *
 * @import {Availability} from "./types.js"
 */

const WHITE = [255, 255, 255];
const NIGHT = [23, 24, 28];
/** Of the style sheet's surfaces those on which a colour reads worst: --sunken when it is light, --raised when it is dark. */
const SUNKEN = [243, 244, 246];
const RAISED = [33, 35, 40];
/** WCAG AA, for text. */
const ENOUGH = 4.5;

/** @param {string} hex #rrggbb
 * @returns {number[] | null} */
export function parseColor(hex) {
  const digits = /^#([0-9a-f]{6})$/i.exec(hex)?.[1];
  return digits ? [0, 2, 4].map((at) => parseInt(digits.slice(at, at + 2), 16)) : null;
}

/** WCAG contrast, 1 to 21.
 * @param {number[]} a
 * @param {number[]} b */
export function contrast(a, b) {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

/** The custom properties that a tenant's colour becomes: itself, ink that reads on it, and as text a shade that reads on
 * every surface. A colour on which no ink reads is darkened; one that is none leaves the defaults of the style sheet.
 * @param {string} hex
 * @param {boolean} isDark
 * @returns {Record<string, string>} */
export function palette(hex, isDark) {
  const color = parseColor(hex);
  if (!color) return {};
  const isDarkInk = contrast(color, WHITE) < ENOUGH && contrast(color, NIGHT) >= ENOUGH;
  const brand = isDarkInk ? color : readable(color, WHITE, false);
  return {
    "--brand": `rgb(${brand.join(" ")})`,
    "--brand-ink": isDarkInk ? `rgb(${NIGHT.join(" ")})` : "#fff",
    "--brand-text": `rgb(${readable(color, isDark ? RAISED : SUNKEN, isDark).join(" ")})`,
  };
}

/** The nearest shade that reads beside the other colour.
 * @param {number[]} color
 * @param {number[]} other
 * @param {boolean} isLighter which way to go */
function readable(color, other, isLighter) {
  let shade = color;
  for (let step = 0; step < 40 && contrast(shade, other) < ENOUGH; step++)
    shade = shade.map((part) => (isLighter ? Math.ceil(part + (255 - part) * 0.06) : Math.floor(part * 0.94)));
  return shade;
}

/** @param {number[]} color */
function luminance(color) {
  const [r = 0, g = 0, b = 0] = color.map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** "5 min. ago", "3 h ago", then the date. A clock that is behind never speaks of the future.
 * @param {string} iso
 * @param {number} now ms since the epoch
 * @param {string} lang
 * @param {string} justNow */
export function ago(iso, now, lang, justNow) {
  const minutes = Math.max(0, Math.floor((now - Date.parse(iso)) / 60_000));
  if (minutes < 1) return justNow;
  const relative = new Intl.RelativeTimeFormat(lang, { style: "narrow" });
  if (minutes < 60) return relative.format(-minutes, "minute");
  if (minutes < 24 * 60) return relative.format(-Math.floor(minutes / 60), "hour");
  if (minutes < 7 * 24 * 60) return relative.format(-Math.floor(minutes / 60 / 24), "day");
  return new Date(iso).toLocaleDateString(lang, { day: "numeric", month: "short" });
}

/** @param {string} iso
 * @param {string} lang */
export function exactTime(iso, lang) {
  return new Date(iso).toLocaleString(lang, { dateStyle: "long", timeStyle: "short" });
}

/** @param {string} iso
 * @param {string} lang */
export function hour(iso, lang) {
  return new Date(iso).toLocaleTimeString(lang, { hour: "numeric", minute: "2-digit" });
}

/** How many days from now, by the reader's calendar.
 * @param {string} iso
 * @param {number} now ms since the epoch */
function daysTo(iso, now) {
  return Math.round((new Date(iso).setHours(12, 0, 0, 0) - new Date(now).setHours(12, 0, 0, 0)) / 86_400_000);
}

/** @param {number} days
 * @param {string} lang */
function relativeDay(days, lang) {
  return new Intl.RelativeTimeFormat(lang, { numeric: "auto" }).format(days, "day");
}

/** The key of what to expect of the team at the moment, and its values: "We are back tomorrow at 9:00".
 * @param {Availability} availability
 * @param {number} now ms since the epoch
 * @param {string} lang
 * @returns {[string, {day: string, time: string}?]} */
export function expectation({ online, reply_time, back_at }, now, lang) {
  if (online) return [`reply_${reply_time}`];
  if (!back_at || Date.parse(back_at) < now) return ["replyAway"];
  const days = daysTo(back_at, now);
  const weekday = new Date(back_at).toLocaleDateString(lang, { weekday: "long" });
  return [days < 2 ? "backSoon" : "backAt", { day: days < 2 ? relativeDay(days, lang) : weekday, time: hour(back_at, lang) }];
}

/** "Today", "Yesterday", else the date.
 * @param {string} iso
 * @param {number} now ms since the epoch
 * @param {string} lang */
export function dayName(iso, now, lang) {
  const days = daysTo(iso, now);
  const date = new Date(iso).toLocaleDateString(lang, { weekday: "long", day: "numeric", month: "long" });
  const name = days > -2 && days < 1 ? relativeDay(days, lang) : date;
  return name.charAt(0).toLocaleUpperCase(lang) + name.slice(1);
}
