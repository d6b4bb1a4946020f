/** Moments as people read them, in the browser's own time zone and the page's language. */
import { findAll } from "./page.js";
import { text } from "./texts.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const language = document.documentElement.lang;

/** @param {Intl.DateTimeFormatOptions} options */
function format(options) {
  const formatter = new Intl.DateTimeFormat(language, options);
  return (/** @type {Date} */ at) => formatter.format(at);
}

const clock = format({ hour: "numeric", minute: "2-digit" });
const weekday = format({ weekday: "short" });
const dayAndMonth = format({ day: "numeric", month: "short" });
const fullDay = format({ day: "numeric", month: "short", year: "numeric" });
const longDay = format({ weekday: "long", day: "numeric", month: "long" });
const exact = format({ dateStyle: "full", timeStyle: "short" });

/** @param {number} value
 * @param {"minute" | "hour" | "day"} unit */
function amount(value, unit) {
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "narrow" }).format(value);
}

/** @param {Date} at
 * @returns {number} whole days between that day and today */
function daysAgo(at) {
  const midnight = new Date().setHours(0, 0, 0, 0);
  return Math.round((midnight - new Date(at).setHours(0, 0, 0, 0)) / DAY);
}

/** How long ago, as short as can be.
 * @param {Date} at */
function span(at) {
  const ms = Date.now() - at.getTime();
  if (ms < MINUTE) return "";
  if (ms < HOUR) return amount(Math.floor(ms / MINUTE), "minute");
  return ms < DAY ? amount(Math.floor(ms / HOUR), "hour") : amount(Math.floor(ms / DAY), "day");
}

/** @param {Date} at */
function short(at) {
  const ms = Date.now() - at.getTime();
  if (ms < MINUTE) return text("now");
  if (ms < HOUR) return span(at);
  const days = daysAgo(at);
  if (days <= 0) return clock(at);
  if (days < 7) return weekday(at);
  return at.getFullYear() === new Date().getFullYear() ? dayAndMonth(at) : fullDay(at);
}

/** A moment that is to come: its time, with the day when that is another one.
 * @param {Date} at */
function until(at) {
  const days = -daysAgo(at);
  if (days <= 0) return clock(at);
  return `${days < 7 ? weekday(at) : dayAndMonth(at)} ${clock(at)}`;
}

/** The name of a day: today, yesterday, or its date.
 * @param {Date} at */
export function dayName(at) {
  const days = daysAgo(at);
  if (days > 1) return days < 300 ? longDay(at) : fullDay(at);
  const name = new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(-days, "day");
  return name.charAt(0).toLocaleUpperCase(language) + name.slice(1);
}

/** @param {Date} at */
export function dateOf(at) {
  return fullDay(at);
}

/** @type {Record<string, (at: Date) => string>} */
const STYLES = { clock, short, span, until, day: fullDay };

/** Write every moment below an element; call it again as time goes by.
 * @param {ParentNode} [within] */
export function showTimes(within = document) {
  for (const element of findAll("time[data-time]", within)) {
    const at = new Date(element.getAttribute("datetime") ?? "");
    if (Number.isNaN(at.getTime())) continue;
    const shown = STYLES[element.dataset.time ?? ""]?.(at) ?? exact(at);
    if (element.textContent !== shown) element.textContent = shown;
    element.title = exact(at);
  }
}
