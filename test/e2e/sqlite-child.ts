/** A process that pushes into a queue in a file, works on it, and says what was answered, until it is killed. */

import { SqliteStorage } from "../../src/sqlite/index.ts";
import { Worker } from "../../src/worker/index.ts";

const [path = ""] = process.argv.slice(2);
const queue = new SqliteStorage<number, number>("numbers", { path });
await queue.configure({ orphanAfterMs: 1_000, defaults: { backoff: { baseMs: 10 } } });

new Worker("doubler", queue, async (n) => 2 * n, { id: "doubler", concurrency: 8 });

/** Pushes one after the other, and waits for every second one. */
async function feed(lane: number): Promise<void> {
  for (let n = lane; ; n += 100) {
    const { id } = await queue.push(n);
    console.log(`pushed ${id} ${n}`);
    if (n % 200 < 100) continue;
    const { status } = await queue.waitForSingle(id);
    console.log(`${status} ${id} ${n}`);
  }
}

for (let lane = 0; lane < 8; lane++) void feed(lane);
