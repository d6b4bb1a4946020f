/** Runs the file that the address names, and leaves what came of it where the outside can read it. */

import { run } from "node:test";

const { port1, port2 } = new MessageChannel();
const waiting = [];
port1.onmessage = () => waiting.shift()();
globalThis.setImmediate = (act) => {
  waiting.push(act);
  port2.postMessage(null);
};

const file = new URLSearchParams(location.search).get("file");
globalThis.outcome = await import(`../${file}`).then(run, (error) => [{ name: file, error: String(error) }]);
