/** A worker process of the demo: `node worker.ts <url> <queue>`. It stops when its parent does, or asks it to. */

import { createWorker } from "../../src/client/index.ts";
import { type Digest, digestFile } from "./digest.ts";
import type { FileArgs } from "./plan.ts";

const CONCURRENCY = 8;
const [, , url = "", queue = ""] = process.argv;

const worker = createWorker<FileArgs, Digest>({
  url,
  queue,
  name: "demo",
  concurrency: CONCURRENCY,
  handler: ({ path, succeedsAt = 1 }, { attempt }) => {
    if (attempt < succeedsAt) throw new Error(`fails on purpose until attempt ${succeedsAt}`);
    return digestFile(path);
  },
  onEvent: ({ type }) => {
    if (type === "start") process.send?.("ready");
  },
});

process.on("SIGTERM", () => worker.stop({ graceMs: 1_000 }));
// Ctrl-C reaches the whole process group, but it is the parent who says in which order things end.
process.on("SIGINT", () => undefined);
process.on("disconnect", () => worker.stop({ graceMs: 0 }));

await worker.closed;
if (process.connected) process.disconnect();
