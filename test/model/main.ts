/**
 * `npm run fuzz -- --minutes 5 [--seed S] [--driver sqlite|memory|object|http]` plays random lives of queues.
 * With `--path` and `--replay`, as a failing run prints them, it plays one again.
 */

import { parseArgs } from "node:util";
import { type FuzzResult, fuzz, LONG_LIVES, openLocal } from "./fuzz.ts";
import { run } from "./run.ts";
import { fuzzWorkerd } from "./workerd.ts";

const { values: given } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string" },
    driver: { type: "string" },
    path: { type: "string" },
    replay: { type: "string" },
    steps: { type: "string" },
    burst: { type: "string", default: "0" },
  },
});

const seed = Number(given.seed ?? Date.now() % 1_000_000_000);
const steps = given.steps === undefined ? undefined : Number(given.steps);
const report = (line: string): void => console.log(line);
const isLocal = (driver: string): driver is "sqlite" | "memory" => driver === "sqlite" || driver === "memory";

function driverOf(name: string): "sqlite" | "memory" | "object" | "http" {
  if (isLocal(name) || name === "object" || name === "http") return name;
  throw new Error(`there is no driver ${JSON.stringify(name)}: sqlite, memory, object, http`);
}

/** One life, once more. */
async function replay(path: string, replayPath: string): Promise<FuzzResult> {
  const driver = driverOf(given.driver ?? "sqlite");
  if (!isLocal(driver)) return fuzzWorkerd({ driver, seconds: 600, seed, path, replayPath, steps }, report);
  const lives = { ...LONG_LIVES, burst: Number(given.burst), ...(steps === undefined ? {} : { steps }) };
  const { failure, ...done } = await run({ driver, open: openLocal(driver), seed, ...lives, path, replayPath });
  if (failure) report(failure.detail);
  return { ...done, violations: failure ? [{ driver, ...failure }] : [] };
}

/** Half of the time in this process, where a life takes milliseconds; half inside workerd. */
async function play(seconds: number): Promise<FuzzResult> {
  const parts: FuzzResult[] = [];
  const driver = given.driver === undefined ? null : driverOf(given.driver);
  if (driver !== null && isLocal(driver)) parts.push(await fuzz({ seconds, seed, report, driver }));
  else if (driver !== null) parts.push(await fuzzWorkerd({ driver, seconds, seed, steps }, report));
  else {
    parts.push(await fuzz({ seconds: seconds / 2, seed, report }));
    parts.push(await fuzzWorkerd({ driver: "object", seconds: seconds / 3, seed }, report));
    parts.push(await fuzzWorkerd({ driver: "http", seconds: seconds / 6, seed }, report));
  }
  return {
    runs: parts.reduce((sum, part) => sum + part.runs, 0),
    operations: parts.reduce((sum, part) => sum + part.operations, 0),
    violations: parts.flatMap((part) => part.violations),
  };
}

report(`seed ${seed}`);
const result =
  given.path === undefined ? await play(Number(given.minutes) * 60) : await replay(given.path, given.replay ?? "");
report(`${result.runs} runs, ${result.operations} steps, ${result.violations.length} violations`);
if (result.violations.length > 0) process.exitCode = 1;
