/**
 * One program, in memory or at the edge: `npx node examples/memory.ts`, and again with PRINIA_URL set. A program of yours
 * has one of the two imports, and one of the two backends: two lines are all that differs.
 */

import { DurableBackend, http, task, unwrap } from "prinia";
import { MemoryStorage } from "prinia/memory";
import { Worker } from "prinia/worker";

interface Email {
  readonly to: string;
}

const url = process.env.PRINIA_URL;
const emails = url
  ? new DurableBackend<Email, string>("emails", http({ url, token: process.env.PRINIA_TOKEN }))
  : new MemoryStorage<Email, string>("emails");

await using _worker = new Worker("mailer", emails, ({ to }, { attempt, logger }) => {
  logger.info(`attempt ${attempt}`);
  if (to.startsWith("grace") && attempt === 1) throw new Error("the mail server did not answer");
  return `sent to ${to} at attempt ${attempt}`;
});

const ada = await emails.push({ to: "ada@example.com" });
const grace = await emails.pushTask(task({ to: "grace@example.com" }).priority(5).backoff({ base: "50ms" }));

for (const { id } of [ada, grace]) console.log(unwrap(await emails.waitForSingle(id)));
