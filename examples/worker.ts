/** A worker in ten lines: `npx node examples/worker.ts`. It says hello to whatever is pushed to the queue "greetings". */

import { DurableBackend, socket } from "prinia";
import { Monitor, Worker } from "prinia/worker";

const url = process.env.PRINIA_URL ?? "http://127.0.0.1:8787";
const token = process.env.PRINIA_TOKEN;
const greetings = new DurableBackend<{ name: string }, string>("greetings", socket({ url, token }));

await new Monitor()
  .register(() => new Worker("greeter", greetings, ({ name }) => `Hello, ${name}!`, { concurrency: 10 }))
  .runWithSignals("SIGTERM", "SIGINT");
