/** A reporter of Node's test runner: one JSON object a line for each test, and of a failure where it was raised. */
export default async function* report(events) {
  for await (const { type, data } of events) {
    if (type !== "test:pass" && type !== "test:fail") continue;
    const error = data.details.error?.cause ?? data.details.error;
    const failure = { code: error?.code, stack: error?.stack, error: String(error?.message ?? error) };
    yield `${JSON.stringify({ name: data.name, passed: type === "test:pass", ...failure })}\n`;
  }
}
