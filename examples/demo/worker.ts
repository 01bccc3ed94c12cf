/** A worker process of the demo: `node worker.ts <url> <queue>`. It stops when its parent does, or asks it to. */

import { DurableBackend, socket } from "prinia";
import { Worker } from "prinia/worker";
import { type Digest, digestFile } from "./digest.ts";
import type { FileArgs } from "./plan.ts";

const CONCURRENCY = 8;
const [, , url = "", queue = ""] = process.argv;

const files = new DurableBackend<FileArgs, Digest>(queue, socket({ url }));

const worker = new Worker(
  "demo",
  files,
  ({ path, succeedsAt = 1 }, { attempt }) => {
    if (attempt < succeedsAt) throw new Error(`fails on purpose until attempt ${succeedsAt}`);
    return digestFile(path);
  },
  {
    concurrency: CONCURRENCY,
    prefetch: "auto",
    onEvent: ({ type }) => {
      if (type === "start") process.send?.("ready");
    },
  },
);

process.on("SIGTERM", () => worker.stop({ grace: "1s" }));
// Ctrl-C reaches the whole process group, but it is the parent who says in which order things end.
process.on("SIGINT", () => undefined);
process.on("disconnect", () => worker.stop({ grace: 0 }));

await worker.closed;
if (process.connected) process.disconnect();
