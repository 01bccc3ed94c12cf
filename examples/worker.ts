/** A worker in ten lines: `node examples/worker.ts`. It says hello to whatever is pushed to the queue "greetings". */

import { createWorker } from "../src/client/index.ts";

const worker = createWorker({
  url: process.env.PRINIA_URL ?? "http://127.0.0.1:8787",
  token: process.env.PRINIA_TOKEN,
  queue: "greetings",
  handler: (args: { name: string }) => `Hello, ${args.name}!`,
});

process.on("SIGINT", () => worker.stop());
process.on("SIGTERM", () => worker.stop());
await worker.closed;
