// For `npm run fuzz`: plays lives inside workerd for as long as the binding FUZZ says. Without it there is nothing to do.
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, test, vi } from "vitest";
import type { WorkerdOrder } from "../../model/order.ts";
import { type RunReport, run } from "../../model/run.ts";
import { freezeTime, thawTime } from "../object/lab.ts";
import { openHttp } from "./http.ts";
import { openObject } from "./object.ts";

const { FUZZ = "" } = env as { readonly FUZZ?: string };

beforeEach(freezeTime);
afterEach(thawTime);

const drivers = { object: openObject, http: openHttp };
const HOUR_MS = 3_600_000;

test.skipIf(FUZZ === "")("lives inside workerd, for as long as one likes", { timeout: HOUR_MS }, async () => {
  const print = console.log;
  // The audit.
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  const { driver, seconds, seed, steps = 50, path, replayPath } = JSON.parse(FUZZ) as WorkerdOrder;
  // Real time: that of the object stands still.
  const end = performance.now() + seconds * 1_000;
  const violations: object[] = [];
  let [runs, operations] = [0, 0];
  for (let batch = 0; performance.now() < end && violations.length === 0; batch++) {
    const life = { driver, open: drivers[driver], seed: seed + batch, steps, burst: 0, path, replayPath };
    const done: RunReport = await run({ ...life, runs: 10 });
    runs += done.runs;
    operations += done.operations;
    if (done.failure) violations.push({ driver, ...done.failure });
    if (path !== undefined) break;
  }
  print(`FUZZ ${JSON.stringify({ runs, operations, violations })}`);
});
