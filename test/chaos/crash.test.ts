// The server is killed with -9 in the middle of pushes, work and waits, and started again on the same data.
import { expect, test } from "vitest";
import { startServe } from "../support/server.ts";
import { crash } from "./crash.ts";

const KILLS = 3;

test("kill -9, three times under load: no answered push or ack is lost, and no task runs twice without a reason", async () => {
  const seed = 1 + Math.floor(Math.random() * 2 ** 20);
  console.log(`seed ${seed}`);
  const server = await startServe();
  const report = await crash(server, { queue: "crash", seed, kills: KILLS });
  console.log(JSON.stringify({ ...report.figures, recoveries: report.recoveries, doubled: report.doubled.length }));
  expect(report.violations).toEqual([]);
  expect(report.failures).toEqual([]);
  expect(report.kills).toBe(KILLS);
  expect(report.recoveries).toHaveLength(KILLS);
  expect(report.figures.pushed).toBeGreaterThan(20);
});
