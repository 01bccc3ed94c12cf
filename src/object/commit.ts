/** Group commit: what arrives together is written in one transaction, and told only once it stands. */

import { ENOUGH_TO_WRITE, MAX_GROUP, MAX_IN_LINE, MAX_LINE_WEIGHT, MAX_TURNS } from "../limits.ts";
import { marksOf } from "../store/tally.ts";
import type { Step } from "./step.ts";

/** One request or frame, in the order of arrival. */
interface Job {
  /** Whether it must have a transaction to itself. */
  readonly alone: boolean;
  /** What it keeps in memory while it is in line, in characters. */
  readonly weight: number;
  /** Jobs of one kind are run together. */
  readonly kind: Kind<unknown, unknown>;
  readonly item: unknown;
  /** Takes what the kind answered. */
  answered(value: unknown): void;
  settle(): void;
  reject(error: unknown): void;
}

type Place = Partial<Pick<Job, "alone" | "weight">>;

/** Work that has nothing in common with any other. */
const SINGLE: Kind<(step: Step) => unknown, unknown> = {
  run: (step, works) => works.map((work) => work(step)),
  fitting: () => 1,
};

/** Requests of one kind that cost less when they are done together: next to each other in line, they are. */
export interface Kind<I, O> {
  /** Does them, in order. */
  run(step: Step, items: readonly I[]): readonly O[];
  /** How many of these, from the first on, may be done together; at least one. */
  fitting(items: readonly I[]): number;
}

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
  /** Runs if a part of it is undone, while the others go on. */
  undone(): void;
  transaction<T>(body: () => T extends PromiseLike<unknown> ? never : T): T;
  /** Resolves once what has arrived meanwhile was taken in. */
  turn(): Promise<void>;
}

export class GroupCommit {
  readonly #host: CommitHost;
  #jobs: Job[] = [];
  #weight = 0;
  /** Whether the line waits for company. */
  #gathering = false;
  /** Whether the line is written at the end of this turn. */
  #called = false;

  constructor(host: CommitHost) {
    this.#host = host;
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
  do<T>(work: (step: Step) => T, place: Place = {}): Promise<T> {
    return this.#enqueue(SINGLE as Kind<(step: Step) => T, T>, work, place);
  }

  /** As `do`, together with others of its kind. If these throw, each is done by itself, and only the bad ones fail. */
  together<I, O>(kind: Kind<I, O>, item: I, weight = 0): Promise<O> {
    return this.#enqueue(kind, item, { weight });
  }

  #enqueue<I, O>(kind: Kind<I, O>, item: I, { alone = false, weight = 0 }: Place): Promise<O> {
    const { promise, resolve, reject } = Promise.withResolvers<O>();
    let value: O;
    const answered = (answer: unknown) => {
      value = answer as O;
    };
    // A kind is only ever given its own items, and gives its own answers.
    this.#weight += weight;
    this.#jobs.push({
      alone,
      weight,
      kind: kind as Kind<unknown, unknown>,
      item,
      answered,
      settle: () => resolve(value),
      reject,
    });
    if (weight >= ENOUGH_TO_WRITE) this.#call();
    else if (!this.#gathering) void this.#gather();
    return promise;
  }

  #call(): void {
    if (this.#called) return;
    this.#called = true;
    queueMicrotask(() => this.#flush());
  }

  /** Waits for company: turn by turn, as long as each brings some. A microtask would gather nothing, since each message is an event of its own. */
  async #gather(): Promise<void> {
    this.#gathering = true;
    for (let turn = 0, before = -1; turn < MAX_TURNS && this.#jobs.length > before; turn++) {
      before = this.#jobs.length;
      try {
        await this.#host.turn();
      } catch {
        // Company is a saving; without it, what is there is written.
        break;
      }
    }
    this.#gathering = false;
    this.#flush();
  }

  /** Takes what is to be written together: all, or up to the first that must be alone, or as many as may be. */
  #take(): Job[] {
    const alone = this.#jobs.findIndex((job) => job.alone);
    const count = Math.min(alone < 0 ? this.#jobs.length : Math.max(1, alone), MAX_GROUP);
    const taken = this.#jobs.splice(0, count);
    for (const { weight } of taken) this.#weight -= weight;
    return taken;
  }

  #flush(): void {
    this.#called = false;
    const jobs = this.#take();
    if (jobs.length === 0) return;
    if (this.#jobs.length > 0) this.#call();
    const done: Job[] = [];
    let group: Step;
    try {
      group = this.#host.transaction(() => {
        const begun = this.#host.begin();
        for (const run of runsOf(jobs)) done.push(...this.#attempt(begun, run));
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

  /** Runs jobs of one kind, in one savepoint. @returns those that succeeded */
  #attempt(group: Step, jobs: readonly Job[]): readonly Job[] {
    const step = group.part();
    const { tally } = group.tx;
    const marks = marksOf(tally);
    try {
      const [{ kind }] = jobs as readonly [Job];
      const answers = this.#host.transaction(() => ({
        of: kind.run(
          step,
          jobs.map(({ item }) => item),
        ),
      }));
      for (const [place, job] of jobs.entries()) job.answered(answers.of[place]);
    } catch (error) {
      Object.assign(tally, marks);
      this.#host.undone();
      if (jobs.length > 1) return jobs.flatMap((job) => this.#attempt(group, [job]));
      jobs[0]?.reject(error);
      return [];
    }
    group.absorb(step);
    return jobs;
  }
}

/** Jobs that are next to each other and of one kind, as many as fit. */
function runsOf(jobs: readonly Job[]): readonly Job[][] {
  const runs: Job[][] = [];
  const same: Job[] = [];
  for (const job of jobs) {
    if (job.kind === SINGLE || job.kind !== same[0]?.kind) runs.push(...cut(same.splice(0)));
    same.push(job);
  }
  return [...runs, ...cut(same)];
}

/** @param jobs of one kind */
function cut(jobs: readonly Job[]): Job[][] {
  const parts: Job[][] = [];
  for (let rest = jobs; rest.length > 0; ) {
    const count = rest.length === 1 ? 1 : Math.max(1, jobs[0]?.kind.fitting(rest.map(({ item }) => item)) ?? 1);
    parts.push(rest.slice(0, count));
    rest = rest.slice(count);
  }
  return parts;
}
