/** `node:test`, as far as our tests use it: one after the other, in the order in which they are written. */

const tests = [];

export function test(name, act) {
  tests.push({ name, act });
}

/** @returns {Promise<{name: string, error: string | null}[]>} */
export async function run() {
  const outcome = [];
  for (const { name, act } of tests) outcome.push({ name, error: await errorOf(act) });
  return outcome;
}

async function errorOf(act) {
  try {
    await act();
    return null;
  } catch (error) {
    return `${error}\n${error?.stack ?? ""}`;
  }
}
