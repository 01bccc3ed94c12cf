// Faults between clients and their queue, each once, under load.
import { expect, test } from "vitest";
import { startServe } from "../support/server.ts";
import { FAULTS, torment } from "./faults.ts";

test("whatever happens on the way, and in a deploy in the middle, nothing is lost or doubled unseen", async () => {
  const seed = 1 + Math.floor(Math.random() * 2 ** 20);
  console.log(`seed ${seed}`);
  const server = await startServe();
  const report = await torment(server, { queue: "faults", seed, faults: Object.keys(FAULTS) });
  const why = Object.groupBy(report.doubled, (one) => one.why);
  console.log(JSON.stringify({ ...report.figures, doubled: Object.entries(why).map(([k, v]) => [k, v?.length]) }));
  expect(report.violations).toEqual([]);
  expect(report.failures).toEqual([]);
  expect([...report.faults.keys()]).toEqual(Object.keys(FAULTS));
});
