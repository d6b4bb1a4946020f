/** Runs under Node what a folder holds: `node law.run.js <reducer> <folder>` prints what went wrong as JSON. */

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { divergedSchedules, wrongVectors } from "./law.js";

const [reducerPath, folder] = process.argv.slice(2);
const reducer = await import(pathToFileURL(resolve(reducerPath)).href);
const lines = (name) => readFileSync(join(folder, name), "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));

const [vectors, histories, schedules] = ["vectors", "histories", "schedules"].map((name) => lines(`${name}.jsonl`));
console.log(JSON.stringify({
  ran: { vectors: vectors.length, schedules: schedules.length },
  wrong: wrongVectors(reducer, vectors),
  diverged: divergedSchedules(reducer, histories, schedules),
}));
