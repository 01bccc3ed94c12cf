/** `npm run bench:board`: how quickly the board answers, and what it takes in memory, on a large and busy queue. */

import { availableParallelism, loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startChromium } from "../../test/support/chromium.ts";
import { cleanedUp } from "../../test/support/cleanup.ts";
import { startServer, statsOf } from "../server.ts";
import { plainFetch } from "../wire.ts";
import type { Scene } from "../workloads/workload.ts";
import { fillQueue, type Load, startWorkers } from "./load.ts";
import { processorTimes } from "./shares.ts";
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
 * What a person does, again and again. Each is one press of a link, and what must be there afterwards.
 */
const PRESSES = [
  { name: "tab Running", press: /^Running/, seen: "Running tasks" },
  { name: "tab Killed", press: /^Killed/, seen: "Killed tasks" },
  { name: "tab Done", press: /^Done/, seen: "Done tasks" },
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
    await timeRoutes(scene);
    const browser = await startChromium();
    const watched = await Watched.open(browser, `${server.url}/board/queues/busy`);
    const [before, timesBefore] = [await changesOf(server.url), processorTimes()];
    const begun = Date.now();
    const answers: Answer[] = [];
    while (Date.now() - begun < Number(values.seconds) * 1000) await goRound(watched, answers);
    const seconds = (Date.now() - begun) / 1000;
    const changes = ((await changesOf(server.url)) - before) / seconds;
    report(answers, await watched.figures(), changes);
    reportShares(timesBefore, seconds);
    stopWorkers();
  } finally {
    await cleanedUp();
    await server.stop();
  }
}

/** The first time after a reload, when the page knows nothing of what is pressed, and the second time, when it does. */
async function goRound(watched: Watched, answers: Answer[]): Promise<void> {
  await watched.reload();
  for (const which of ["first", "again"]) {
    const steps = [
      ...PRESSES.map((press) => () => watched.press({ ...press, name: `${press.name}, ${which}` })),
      () => watched.openFirstTask(`a task, ${which}`),
      () => watched.back(`back to the list, ${which}`),
    ];
    for (const step of steps) {
      await sleep(250);
      answers.push(await step());
    }
  }
}

/** What the server alone takes for what the pages ask, under the same load, without a browser: 40 times each. */
async function timeRoutes({ url, queue }: Scene): Promise<void> {
  const lists = ["Running", "Killed", "Done"].map((status) => `/tasks?status=${status}&order=newest&limit=50`);
  const rows = [];
  for (const path of ["/tasks?order=newest&limit=50", ...lists, "/stats", "/history"]) {
    const times: number[] = [];
    for (let n = 0; n < 40; n++) {
      const begun = performance.now();
      await (await plainFetch(`${url}/v1/queues/${queue}${path}`)).text();
      times.push(performance.now() - begun);
      await sleep(25);
    }
    times.sort((a, b) => a - b);
    rows.push({ route: path, p50: Math.round(at(times, 0.5)), p99: Math.round(at(times, 0.99)) });
  }
  console.log("ms of a request, without a browser:");
  console.table(rows);
}

/** Cores that each program kept busy, of those that the machine has. */
function reportShares(before: ReadonlyMap<string, number>, seconds: number): void {
  const rows = [...processorTimes()]
    .map(([program, time]) => ({
      program,
      cores: Math.round((100 * (time - (before.get(program) ?? 0))) / seconds) / 100,
    }))
    .filter(({ cores }) => cores >= 0.01);
  const [load = 0] = loadavg();
  console.log(`cores in use by these, of ${availableParallelism()}; load of the machine ${load.toFixed(1)}:`);
  console.table(rows);
}

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/** Claims and acks so far, as the rows tell: one for each, and one for each commit. */
async function changesOf(url: string): Promise<number> {
  const { rowsWritten, commits } = await statsOf(url, "busy");
  return rowsWritten - commits;
}

function report(answers: readonly Answer[], figures: Awaited<ReturnType<Watched["figures"]>>, changes: number): void {
  const names = [...new Set(answers.map(({ name }) => name))];
  const table = names.map((name) => {
    const these = answers.filter((one) => one.name === name);
    const shown = these.map(({ shownMs }) => shownMs).sort((a, b) => a - b);
    const fresh = these.map(({ freshMs }) => freshMs).sort((a, b) => a - b);
    const [shownP50, shownP90, freshP50, freshP90] = [
      at(shown, 0.5),
      at(shown, 0.9),
      at(fresh, 0.5),
      at(fresh, 0.9),
    ].map(Math.round);
    return { press: name, times: these.length, shownP50, shownP90, freshP50, freshP90 };
  });
  console.log(`${load.tasks} tasks, ${load.workers} workers, ${changes.toFixed(0)} changes a second`);
  console.log("ms from a press to its content on the screen:");
  console.table(table);
  console.log("the page:");
  console.table(figures);
}

await main();
