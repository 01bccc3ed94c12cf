// What the declarations promise, and what they refuse. It is never run.
import { DurableBackend, http, type Pushed, type Reschedule, type TaskResult, task, unwrap } from "prinia";
import { MemoryStorage } from "prinia/memory";
import { msgpack } from "prinia/msgpack";
import { layer, timeout, Worker } from "prinia/worker";

interface Email {
  readonly to: string;
}

const emails = new DurableBackend<Email, string>("emails", http({ url: "https://queues.example.com" }));

const pushed: Pushed = await emails.pushTask(task({ to: "ada@example.com" }).runIn("10m").priority(5));
// @ts-expect-error Args are typed.
await emails.push({ from: "ada@example.com" });

await using mailer = new Worker("mailer", emails, ({ to }, { attempt }) => `${to} ${attempt.toFixed()}`, {
  layers: [timeout("30s"), layer("pass", (next) => next)],
});
// @ts-expect-error So is what a handler returns.
new Worker("counter", emails, ({ to }) => to.length);

const result: TaskResult<string> = await emails.waitForSingle(pushed.id);
export const length: number = unwrap(result).length + mailer.id.length;

/** Asks for no more of a backend than it needs. */
const later = ({ reschedule }: Reschedule) => reschedule;
later(new MemoryStorage<Email>("emails", { codec: msgpack }));
// @ts-expect-error And this one has not even that.
later({});
