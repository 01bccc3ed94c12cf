// Capabilities are asked for by type: what has them is taken, and what has not is refused, both at compile time.
import { expectTypeOf, test } from "vitest";
import type {
  Backend,
  BackendExt,
  Expose,
  FetchById,
  LeasedTask,
  ListTasks,
  RegisterWorker,
  Reschedule,
  ResumeAbandoned,
  ResumeById,
  RunTasks,
  Schema,
  Task,
  TaskResult,
  TaskSink,
  TaskStatus,
  Update,
  Vacuum,
  WaitForCompletion,
} from "../../src/client/index.ts";
import { DurableBackend, dequeue, http, task, type unwrap } from "../../src/client/index.ts";
import { MemoryStorage } from "../../src/memory.ts";
import type { SqliteStorage } from "../../src/sqlite/index.ts";
import { Worker } from "../../src/worker/index.ts";

interface Email {
  readonly to: string;
}
interface Receipt {
  readonly messageId: string;
}

type Every = Backend<Email, Receipt> &
  BackendExt<Email, Receipt> &
  Expose<Email, Receipt> &
  FetchById<Email, Receipt> &
  Update<Email, Receipt> &
  Reschedule &
  Vacuum &
  ResumeById &
  ResumeAbandoned &
  RegisterWorker &
  WaitForCompletion<Receipt> &
  RunTasks<Receipt, Email>;

/** Only its type is looked at. */
const never = <T>(): T => undefined as never;
/** What the compiler alone looks at. */
const typed = (_: () => unknown): void => undefined;

test("the complete backends have every trait", () => {
  expectTypeOf<MemoryStorage<Email, Receipt>>().toExtend<Every>();
  expectTypeOf<SqliteStorage<Email, Receipt>>().toExtend<Every>();
  expectTypeOf<DurableBackend<Email, Receipt>>().toExtend<Every>();
});

test("what needs a trait takes a backend that has it, and refuses one that has not", () => {
  const later = (_: Reschedule & ListTasks): void => undefined;
  typed(() => later(new MemoryStorage<Email>("emails")));
  const deque = () => dequeue<Email>("1s");
  expectTypeOf<ReturnType<typeof deque>>().toExtend<Backend<Email> & TaskSink<Email>>();
  // @ts-expect-error a deque keeps no task that could be rescheduled
  typed(() => later(deque()));
  // @ts-expect-error nor can it wait for one
  typed(() => deque().waitFor([]));
});

test("args and results are those of the backend", () => {
  const emails = () => new DurableBackend<Email, Receipt>("emails", http({ url: "http://127.0.0.1" }));
  typed(() => emails().push({ to: "a" }));
  typed(() => emails().pushTask(task({ to: "a" }).priority(1)));
  expectTypeOf<ReturnType<DurableBackend<Email, Receipt>["run"]>>().toEqualTypeOf<Promise<Receipt>>();
  typed(() => emails().runTask(task({ to: "a" }).priority(1), { timeout: "10s" }));
  // @ts-expect-error what is run takes args of this queue
  typed(() => emails().run({ from: "a" }));
  // @ts-expect-error what is pushed are args of this queue
  typed(() => emails().push({ from: "a" }));
  // @ts-expect-error also when it is built
  typed(() => emails().pushTask(task({ from: "a" })));
  expectTypeOf<Awaited<ReturnType<DurableBackend<Email, Receipt>["fetchById"]>>>().toEqualTypeOf<Task<
    Email,
    Receipt
  > | null>();
  expectTypeOf<ReturnType<typeof unwrap<Receipt>>>().toEqualTypeOf<Receipt>();
});

test("a worker's handler takes the args of its backend, and gives its results", () => {
  const emails = () => new MemoryStorage<Email, Receipt>("emails");
  typed(() => new Worker("w", emails(), (email) => ({ messageId: email.to })));
  typed(
    () =>
      new Worker("w", emails(), async (email, { attempt, lease }) => ({ messageId: `${email.to}${attempt}${lease}` })),
  );
  // @ts-expect-error the queue's results are receipts
  typed(() => new Worker("w", emails(), () => 7));
  // @ts-expect-error its args have no such field
  typed(() => new Worker("w", emails(), (email) => ({ messageId: email.from })));
});

test("a schema types both ends: what is pushed, and what the handler gets", () => {
  const schema = never<Schema<{ readonly at: string }, { readonly at: Date }>>;
  const queue = () => new MemoryStorage("times", { schema: schema() });
  typed(() => queue().push({ at: "2026-01-01" }));
  // @ts-expect-error the schema's input is a text
  typed(() => queue().push({ at: new Date() }));
  typed(() => new Worker("w", queue(), ({ at }) => at.getTime()));
});

test("a result is told apart by its status", () => {
  typed(() => {
    const result = never<TaskResult<Receipt>>();
    if (result.status === "Done") expectTypeOf(result.value).toEqualTypeOf<Receipt>();
    else expectTypeOf(result.error).toEqualTypeOf<string>();
    const status = never<TaskStatus<Receipt>>();
    if (status.status === "Failed") expectTypeOf(status.lastError).toEqualTypeOf<string | undefined>();
    // @ts-expect-error only what is Done has a value
    if (status.status === "Failed") status.value;
  });
  expectTypeOf<LeasedTask<Email>>().toExtend<Task<Email>>();
});
