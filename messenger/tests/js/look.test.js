import assert from "node:assert/strict";
import { test } from "node:test";
import { storeOf, uuid, wordsFor } from "../../../static/widget/browser.js";
import { ago, contrast, dayName, expectation, palette, parseColor } from "../../../static/widget/look.js";

const COLORS = ["#1f5eff", "#ffd400", "#ffffff", "#000000", "#777777", "#e91e63", "#00c853", "#1f4e5f"];

function rgb(text) {
  return text === "#fff" ? [255, 255, 255] : text.match(/\d+/g).map(Number);
}

test("ink on the tenant's colour, and the colour as text, always read (WCAG AA)", () => {
  for (const color of COLORS) {
    for (const [isDark, surface] of [[false, [243, 244, 246]], [true, [33, 35, 40]]]) {
      const made = palette(color, isDark);
      assert.ok(contrast(rgb(made["--brand-ink"]), rgb(made["--brand"])) >= 4.5, `ink on ${color}`);
      assert.ok(contrast(rgb(made["--brand-text"]), surface) >= 4.5, `${color} as text, dark: ${isDark}`);
    }
  }
});

test("contrast is WCAG's", () => {
  assert.equal(contrast([0, 0, 0], [255, 255, 255]), 21);
  assert.equal(contrast([119, 119, 119], [255, 255, 255]).toFixed(2), "4.48");
});

test("a colour that is none leaves the style sheet's", () => {
  for (const color of ["", "red", "#12", "url(x)", "#1f5eff;"]) assert.deepEqual(palette(color, false), {});
});

test("times are said relatively, in the language, and never lie in the future", () => {
  const now = Date.UTC(2030, 0, 10, 12);
  const before = (ms) => ago(new Date(now - ms).toISOString(), now, "en", "Just now");
  assert.equal(before(-90_000), "Just now");
  assert.equal(before(59_000), "Just now");
  assert.match(before(5 * 60_000), /^5\s?m/);
  assert.match(before(3 * 3_600_000), /^3\s?h/);
  assert.match(before(2 * 86_400_000), /^2\s?d/);
  assert.equal(before(9 * 86_400_000), "Jan 1");
  assert.match(ago(new Date(now - 5 * 60_000).toISOString(), now, "es", ""), /5\s?min/);
});

test("days have names", () => {
  const noon = new Date(2030, 0, 10, 12).getTime();
  assert.equal(dayName(new Date(2030, 0, 10, 0, 1).toISOString(), noon, "en"), "Today");
  assert.equal(dayName(new Date(2030, 0, 9, 23, 59).toISOString(), noon, "en"), "Yesterday");
  assert.equal(dayName(new Date(2030, 0, 9).toISOString(), noon, "es"), "Ayer");
  assert.equal(dayName(new Date(2030, 0, 7).toISOString(), noon, "en"), "Monday, January 7");
});

test("Spanish says everything that English says, with the same blanks", async () => {
  const [{ words: english }, { words: spanish }] = await Promise.all([wordsFor("en-GB"), wordsFor("es-MX")]);
  const blanks = (text) => (text.match(/\{\w+\}/g) ?? []).sort();
  assert.deepEqual(Object.keys(spanish), Object.keys(english));
  for (const key of Object.keys(english)) {
    assert.deepEqual(blanks(spanish[key]), blanks(english[key]), key);
    assert.ok(spanish[key].length > 1, key);
  }
  assert.equal((await wordsFor("tlh")).lang, "en");
  assert.equal((await wordsFor("constructor")).lang, "en");
});

test("a key is a random UUID of version 4", () => {
  const made = new Set(Array.from({ length: 500 }, uuid));
  assert.equal(made.size, 500);
  for (const one of made) assert.match(one, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("blocked or full storage keeps values in memory and says so", () => {
  const blocked = storeOf(() => {
    throw new Error("SecurityError");
  });
  assert.equal(blocked.set("a:1", "x"), false);
  assert.equal(blocked.get("a:1"), "x");
  assert.deepEqual(blocked.keys("a:"), ["a:1"]);
  blocked.remove("a:1");
  assert.equal(blocked.get("a:1"), null);
});

test("what to expect: how soon while somebody is there, else when they are back, by the reader's clock", () => {
  const now = new Date(2030, 0, 7, 20).getTime(); // A Monday evening.
  const back = (days, hours) => new Date(2030, 0, 7 + days, hours).toISOString();
  const said = (fields, lang = "en") => expectation({ online: false, reply_time: null, back_at: null, ...fields }, now, lang);
  assert.deepEqual(said({ online: true, reply_time: "hours" }), ["reply_hours"]);
  assert.deepEqual(said({ online: true }), ["reply_null"]);
  assert.deepEqual(said({}), ["replyAway"]);
  assert.deepEqual(said({ back_at: back(-1, 9) }), ["replyAway"]); // Remembered from a time before.
  assert.deepEqual(said({ back_at: back(0, 21) })[1].day, "today");
  assert.deepEqual([said({ back_at: back(1, 9) })[0], said({ back_at: back(1, 9) })[1].day], ["backSoon", "tomorrow"]);
  assert.match(said({ back_at: back(1, 9) })[1].time, /^9:00\sAM$/);
  assert.deepEqual([said({ back_at: back(4, 9) })[0], said({ back_at: back(4, 9) })[1].day], ["backAt", "Friday"]);
  assert.deepEqual(said({ back_at: back(4, 9) }, "es")[1], { day: "viernes", time: "9:00" });
});
