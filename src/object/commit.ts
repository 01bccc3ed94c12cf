/** Group commit: what arrives together is written in one transaction, and told only once it stands. */

import { MAX_GROUP, MAX_IN_LINE, MAX_LINE_WEIGHT } from "../limits.ts";
import { marksOf } from "../store/tally.ts";
import type { Step } from "./step.ts";

/** One request or frame, in the order of arrival. */
interface Job {
  /** Whether it must have a transaction to itself. */
  readonly alone: boolean;
  /** What it keeps in memory while it is in line, in characters. */
  readonly weight: number;
  /** Runs in a savepoint of its own: if it throws, it alone is undone. */
  run(step: Step): void;
  settle(): void;
  reject(error: unknown): void;
}

type Place = Partial<Pick<Job, "alone" | "weight">>;

/** What the group needs from its object. */
export interface CommitHost {
  /** Begins a transaction's work: one reading of the clock for all that is in it. */
  begin(): Step;
  /** Runs inside the transaction, after the jobs: deliveries, tally, alarm. */
  conclude(group: Step): void;
  /** Runs once the transaction stands: memory, attachments, sends. */
  publish(group: Step): void;
  /** Runs if it does not: memory is read again from storage. */
  abandon(): void;
  transaction<T>(body: () => T extends PromiseLike<unknown> ? never : T): T;
}

export class GroupCommit {
  readonly #host: CommitHost;
  readonly #now: () => number;
  #jobs: Job[] = [];
  #weight = 0;
  #flushedAt = Number.NEGATIVE_INFINITY;

  constructor(host: CommitHost, now: () => number = Date.now) {
    this.#host = host;
    this.#now = now;
  }

  /** Whether what comes now should be refused: the line is kept in memory, and whoever stands at its end waits long. */
  get isFull(): boolean {
    return this.#jobs.length >= MAX_IN_LINE || this.#weight >= MAX_LINE_WEIGHT;
  }

  /**
   * Runs `work` in the next transaction, after all that came before.
   *
   * @param place `alone`: whether nothing else may stand in the same transaction; `weight`: as a job has it
   * @returns what it returned, once that is written; rejects if it threw, or if the whole transaction failed
   */
  do<T>(work: (step: Step) => T, { alone = false, weight = 0 }: Place = {}): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let value: { readonly of: T } | null = null;
      this.#enqueue({
        alone,
        weight,
        run: (step) => {
          value = { of: work(step) };
        },
        settle: () => value && resolve(value.of),
        reject,
      });
    });
  }

  #enqueue(job: Job): void {
    this.#jobs.push(job);
    this.#weight += job.weight;
    if (this.#jobs.length > 1) return;
    // In a quiet queue nothing would be gathered but a timer's millisecond. In a busy one a microtask would gather
    // nothing, since each message is an event of its own: there the timer pays. It lives as long as the event that waits
    // for it, so it does not keep the object from sleeping.
    if (this.#now() - this.#flushedAt > QUIET_MS) queueMicrotask(() => this.#flush());
    else setTimeout(() => this.#flush(), 0);
  }

  /** Takes what is to be written together: all, or up to the first that must be alone, or as many as may be. */
  #take(): Job[] {
    const alone = this.#jobs.findIndex((job) => job.alone);
    const count = Math.min(alone < 0 ? this.#jobs.length : Math.max(1, alone), MAX_GROUP);
    const taken = this.#jobs.splice(0, count);
    for (const { weight } of taken) this.#weight -= weight;
    if (this.#jobs.length > 0) setTimeout(() => this.#flush(), 0);
    return taken;
  }

  #flush(): void {
    const jobs = this.#take();
    this.#flushedAt = this.#now();
    const done: Job[] = [];
    let group: Step;
    try {
      group = this.#host.transaction(() => {
        const begun = this.#host.begin();
        for (const job of jobs) if (this.#attempt(begun, job)) done.push(job);
        this.#host.conclude(begun);
        return begun;
      });
    } catch (error) {
      this.#host.abandon();
      for (const job of done) job.reject(error);
      return;
    }
    try {
      this.#host.publish(group);
    } finally {
      // It stands, whatever became of the telling.
      for (const job of done) job.settle();
    }
  }

  #attempt(group: Step, job: Job): boolean {
    const step = group.part();
    const { tally } = group.tx;
    const marks = marksOf(tally);
    try {
      this.#host.transaction(() => job.run(step));
    } catch (error) {
      Object.assign(tally, marks);
      job.reject(error);
      return false;
    }
    group.absorb(step);
    return true;
  }
}

/** Without a transaction for so long, a queue is quiet, ms. */
const QUIET_MS = 5;
