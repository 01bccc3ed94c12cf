/** `npm run bench:board`: how quickly the board answers, and what it takes in memory, on a large and busy queue. */

import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startChromium } from "../../test/support/chromium.ts";
import { cleanedUp } from "../../test/support/cleanup.ts";
import { startServer, statsOf } from "../server.ts";
import { fillQueue, type Load, startWorkers } from "./load.ts";
import { type Answer, Watched } from "./watched.ts";

const { values } = parseArgs({
  options: {
    tasks: { type: "string", default: "1000000" },
    workers: { type: "string", default: "100" },
    changes: { type: "string", default: "500" },
    seconds: { type: "string", default: "60" },
  },
});
const load: Load = {
  tasks: Number(values.tasks),
  workers: Number(values.workers),
  changesPerSecond: Number(values.changes),
};

/**
 * What a person does, again and again. Not the tab of what is done: behind so many that wait, newest first, its pages are
 * empty at first, and the board says to look further. Each is one press of a link, and what must be there afterwards.
 */
const PRESSES = [
  { name: "tab Running", press: /^Running/, seen: "Running tasks" },
  { name: "tab Killed", press: /^Killed/, seen: "Killed tasks" },
  { name: "tab All", press: /^All/, seen: "Tasks" },
] as const;

async function main(): Promise<void> {
  const server = await startServer();
  const scene = { url: server.url, queue: "busy", partitions: 1, closed: () => 0 };
  try {
    console.log(`pushing ${load.tasks} tasks`);
    await fillQueue(scene, load);
    const stopWorkers = await startWorkers(scene, load);
    await sleep(2_000);
    const browser = await startChromium();
    const watched = await Watched.open(browser, `${server.url}/board/queues/busy`);
    const before = await changesOf(server.url);
    const begun = Date.now();
    const answers: Answer[] = [];
    while (Date.now() - begun < Number(values.seconds) * 1000) {
      for (const press of PRESSES) {
        answers.push(await watched.press(press));
        await sleep(250);
      }
      answers.push(await watched.openFirstTask());
      await sleep(250);
      answers.push(await watched.back());
      await sleep(250);
    }
    const changes = ((await changesOf(server.url)) - before) / ((Date.now() - begun) / 1000);
    report(answers, await watched.figures(), changes);
    stopWorkers();
  } finally {
    await cleanedUp();
    await server.stop();
  }
}

/** Claims and acks so far, as the rows tell: one for each, and one for each commit. */
async function changesOf(url: string): Promise<number> {
  const { rowsWritten, commits } = await statsOf(url, "busy");
  return rowsWritten - commits;
}

function report(answers: readonly Answer[], figures: Awaited<ReturnType<Watched["figures"]>>, changes: number): void {
  const names = [...new Set(answers.map(({ name }) => name))];
  const at = (sorted: readonly number[], share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  const table = names.map((name) => {
    const sorted = answers
      .filter((one) => one.name === name)
      .map(({ ms }) => ms)
      .sort((a, b) => a - b);
    return {
      press: name,
      times: sorted.length,
      p50: Math.round(at(sorted, 0.5) ?? 0),
      p99: Math.round(at(sorted, 0.99) ?? 0),
    };
  });
  console.log(`${load.tasks} tasks, ${load.workers} workers, ${changes.toFixed(0)} changes a second`);
  console.log("ms from a press to its content on the screen:");
  console.table(table);
  console.log("the page:");
  console.table(figures);
}

await main();
