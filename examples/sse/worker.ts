/** A worker that takes its time, and tells how far it is: `npx node examples/sse/worker.ts`. It counts primes. */

import { setImmediate as breathe } from "node:timers/promises";
import { AbortError, DurableBackend, socket, type TaskContext } from "prinia";
import { Monitor, Worker } from "prinia/worker";
import type { Count } from "./index.ts";

const STEPS = 10;
const url = process.env.PRINIA_URL ?? "http://127.0.0.1:8787";
const counts = new DurableBackend<Count, number>("primes", socket({ url, token: process.env.PRINIA_TOKEN }));

async function count({ below }: Count, { progress, signal }: TaskContext): Promise<number> {
  if (!(below >= 0)) throw new AbortError(`${below} is no number to count to`);
  let found = 0;
  for (let step = 0; step < STEPS; step++) {
    signal.throwIfAborted();
    found += primesBetween(Math.ceil((below * step) / STEPS), Math.ceil((below * (step + 1)) / STEPS));
    progress({ percent: (100 * (step + 1)) / STEPS });
    await breathe();
  }
  return found;
}

await new Monitor().register(() => new Worker("primes", counts, count)).runWithSignals("SIGTERM", "SIGINT");

/** From the first up to, but not including, the second. */
function primesBetween(from: number, to: number): number {
  let found = 0;
  for (let number = Math.max(2, from); number < to; number++) if (isPrime(number)) found++;
  return found;
}

function isPrime(number: number): boolean {
  for (let divisor = 2; divisor * divisor <= number; divisor++) if (number % divisor === 0) return false;
  return true;
}
