/** A queue in a file, whose time is set by hand, and which can be closed and opened again. */

import { join } from "node:path";
import { type Occasion, occasionAt } from "../../../src/local/store.ts";
import { openFile } from "../../../src/sqlite/open.ts";
import { QueueFile } from "../../../src/sqlite/queue-file.ts";
import { SqliteStore } from "../../../src/sqlite/store.ts";
import type { NodeDriver } from "../../../src/store/node.ts";
import type { HolderEvent, NewTask } from "../../../src/task/task.ts";
import type { LeasedTaskView } from "../../../src/task/view.ts";
import { cleanUp, temporaryFolder } from "../../support/cleanup.ts";
import { START, value } from "../../support/store.ts";

export class FileBench {
  readonly path: string = join(temporaryFolder(), "queue.db");
  now = START;
  sql!: NodeDriver;
  file!: QueueFile;
  store!: SqliteStore;
  /** What the last operation was told of. */
  on: Occasion = occasionAt(START);
  #isOpen = false;

  constructor() {
    this.open();
    cleanUp(() => this.close());
  }

  open(): void {
    this.sql = openFile("emails", { path: this.path, synchronous: "full" });
    this.file = new QueueFile("emails", this.sql, queueMicrotask);
    this.store = new SqliteStore(this.file, this.now);
    this.#isOpen = true;
  }

  close(): void {
    if (this.#isOpen) this.store.close();
    this.#isOpen = false;
  }

  /** Another process takes the file over, after so long. */
  reopen(afterMs = 0): void {
    this.close();
    this.now += afterMs;
    this.open();
  }

  /** The next operation's occasion. */
  next(): Occasion {
    this.on = occasionAt(this.now);
    return this.on;
  }

  push(...tasks: Partial<NewTask>[]): string[] {
    const pushed = this.store.push(
      this.next(),
      tasks.map((task) => ({ args: "null", ...task })),
    );
    return value(pushed).map(({ id }) => id);
  }

  pushOne(task: Partial<NewTask> = {}): string {
    return this.push(task)[0] ?? "";
  }

  register(worker = "w"): string {
    return value(this.store.register(this.next(), { worker })).session;
  }

  claim(session: string, max = 1, autoStart = true, worker = "w"): readonly LeasedTaskView[] {
    return value(this.store.claim(this.next(), { worker, session, max, autoStart, events: [] })).tasks;
  }

  /** Pushes a task, and has it claimed at once. */
  leased(session: string, autoStart = true, task: Partial<NewTask> = {}): LeasedTaskView {
    this.push({ priority: 1, ...task });
    const [leased] = this.claim(session, 1, autoStart);
    if (!leased) throw new Error("nothing was claimed");
    return leased;
  }

  event(event: HolderEvent, session?: string) {
    const [answer] = value(this.store.events(this.next(), { session }, [event]));
    return answer;
  }

  /** Status, attempt and last error of a task. */
  task(id: string) {
    return value(this.store.task(this.next(), id));
  }

  counts(): Readonly<Record<string, number>> {
    return this.store.stats(this.next()).counts;
  }
}
