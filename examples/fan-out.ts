/**
 * One task that pushes many and awaits them: `npx node examples/fan-out.ts`, and again with PRINIA_URL set. A report is made
 * of pages; each page is a task of its own, done by whoever is free, and the report adds them up.
 */

import { DurableBackend, http, TaskFailedError, unwrap } from "prinia";
import { MemoryStorage } from "prinia/memory";
import { Worker } from "prinia/worker";

interface Report {
  readonly pages: readonly string[];
}

interface Page {
  readonly text: string;
}

const url = process.env.PRINIA_URL;
const backend = <Args>(queue: string) =>
  url
    ? new DurableBackend<Args, number>(queue, http({ url, token: process.env.PRINIA_TOKEN }))
    : new MemoryStorage<Args, number>(queue);
const reports = backend<Report>("reports");
const pages = backend<Page>("pages");

/** Counts the words of one page. */
await using _counters = new Worker("counter", pages, ({ text }) => text.split(/\s+/).filter(Boolean).length, {
  concurrency: 4,
});

/** Fans out, waits, and adds up. While it waits its worker gives signs of life, so that its lease is kept. */
await using _reporter = new Worker("reporter", reports, async (report, { id, progress, signal }) => {
  // The keys make a second attempt find the pages of the first, rather than push them again.
  const tasks = report.pages.map((text, at) => ({
    args: { text },
    idempotencyKey: `${id} page ${at}`,
    groupKey: id,
  }));
  const pushed = await pages.pushAll(tasks);
  let words = 0;
  let done = 0;
  for await (const result of pages.waitFor(pushed, { signal })) {
    // One page that cannot be counted fails the report, which is tried again: done pages are not.
    words += unwrap(result);
    progress({ done: ++done, of: pushed.length });
  }
  return words;
});

const { id } = await reports.push({ pages: ["one two three", "four five", "six"] });
try {
  console.log(`${unwrap(await reports.waitForSingle(id))} words`);
} catch (error) {
  if (!(error instanceof TaskFailedError)) throw error;
  console.error(`no report: ${error.message}`);
}
