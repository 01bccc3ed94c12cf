/** `node test/chaos/overload-main.ts [--small]`: bursts, crowds and a long backlog, and what they cost. */

import { parseArgs } from "node:util";
import { cleanedUp } from "../support/cleanup.ts";
import { startInspected } from "./inspected.ts";
import { FULL, overload, SMALL } from "./overload.ts";

const { values } = parseArgs({ options: { small: { type: "boolean" } } });
const server = await startInspected();
const figures = await overload(server, values.small ? SMALL : FULL, ({ part, ms }) => console.log(`${part}: ${ms} ms`));
console.table(
  figures.map(({ part, operations, ms, peak, faults }) => ({
    ...{ part, operations, ms, "a second": Math.round((operations / ms) * 1_000) },
    ...{
      "heap used, MiB at most": peak.used,
      "heap size, MiB at most": peak.total,
      faults: faults.join("; ") || "none",
    },
  })),
);
await server.kill();
await cleanedUp();
process.exitCode = figures.every(({ faults }) => faults.length === 0) ? 0 : 1;
