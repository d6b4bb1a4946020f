/** `node:assert/strict`, as far as our tests use it. Node runs the same tests with its own. */

class AssertionError extends Error {}

function check(isTrue, message, actual, expected) {
  if (!isTrue) throw new AssertionError(`${message ?? ""} ${shown(actual)} instead of ${shown(expected)}`);
}

function shown(value) {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
}

function isSame(a, b) {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Map || a instanceof Set) return isSame([...a], [...b]);
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key]));
}

async function rejection(promise) {
  try {
    await (typeof promise === "function" ? promise() : promise);
  } catch (error) {
    return { error };
  }
  throw new AssertionError("it did not reject");
}

function thrown(act) {
  try {
    act();
  } catch (error) {
    return { error };
  }
  throw new AssertionError("it did not throw");
}

/** `expected` as in Node: a pattern for the message, fields of the error, or its class. */
function checkError({ error }, expected) {
  if (expected instanceof RegExp) check(expected.test(String(error)), "the error is", error, expected);
  else if (typeof expected === "function") check(error instanceof expected, "the error is", error, expected.name);
  else for (const [name, value] of Object.entries(expected ?? {})) check(isSame(error[name], value), name, error[name], value);
}

const assert = {
  ok: (value, message) => check(value, message, value, true),
  equal: (actual, expected, message) => check(Object.is(actual, expected), message, actual, expected),
  deepEqual: (actual, expected, message) => check(isSame(actual, expected), message, actual, expected),
  match: (text, pattern, message) => check(pattern.test(text), message, text, pattern),
  fail: (message) => check(false, message),
  throws: (act, expected) => checkError(thrown(act), expected),
  rejects: async (promise, expected) => checkError(await rejection(promise), expected),
};

export default assert;
