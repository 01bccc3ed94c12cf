/** Plays a step on a system, and holds everything that it shows afterwards against the model. */

import { invariants } from "./invariants.ts";
import { compare } from "./oracle/compare.ts";
import { judge } from "./oracle/judge.ts";
import { ModelQueue } from "./oracle/queue.ts";
import { judgeNumbers } from "./oracle/reads.ts";
import { isLeased, isTerminal } from "./oracle/task.ts";
import { sweep } from "./oracle/workers.ts";
import type { Answer, Call, CallOf, Sight, System } from "./port.ts";
import { type Calling, callOf } from "./resolve.ts";
import type { Stall, Step } from "./steps.ts";
import { must, Violation } from "./violation.ts";

/** Short, so that a run comes past every deadline. */
const SETTINGS = { orphanAfterMs: 5_000, retention: { doneMs: 20_000, killedMs: 40_000 } };

/** More than any life here leaves behind. */
const MOST_RINGS = 40;

interface Page {
  readonly tasks: readonly unknown[];
  readonly nextCursor?: string;
}

/** A system and what the model knows of it. */
export class Play {
  readonly #system: System;
  readonly q: ModelQueue = new ModelQueue();
  #before: Sight | null = null;
  /** Before that, and when they go, rows are written that are no task's. */
  #hasTables = false;
  steps = 0;

  constructor(system: System) {
    this.#system = system;
  }

  get restarts(): boolean {
    return this.#system.restarts;
  }

  /** Every life begins so. */
  async begin(): Promise<void> {
    this.#hasTables = false;
    await this.#call({ verb: "configure", change: SETTINGS });
    this.#hasTables = true;
  }

  /**
   * What is left alone comes to rest: leases are taken back, what is kept no longer goes, and then no alarm is left, but
   * for one that was set for what is over since.
   *
   * @throws Violation
   */
  async end(): Promise<void> {
    if (!this.#system.onlyTasksWake) return;
    for (let rings = 0; this.#before?.alarmAt != null; rings++) {
      must(rings < MOST_RINGS, "a queue that is left alone comes to rest", this.#before);
      await this.#pass(Math.max(0, this.#before.alarmAt - this.q.now));
      await this.#alarm();
    }
    must(!this.q.oldestFirst().some(isLeased), "what nobody works on is taken back", this.#before);
  }

  /** @throws Violation */
  async step(step: Step): Promise<void> {
    this.steps++;
    switch (step.do) {
      case "pass":
        return this.#pass(step.ms);
      case "alarm":
        return this.#alarm();
      case "restart":
        return this.#restart();
      case "together":
        return this.#together(step.steps);
      case "wear":
        return this.#wear(step.worker, step.times);
      case "stall":
        for (const way of step.ways) await this.#stall(step.worker, way);
        return;
      default:
        return this.#resolved(step);
    }
  }

  async #resolved(step: Calling): Promise<void> {
    this.#begin();
    const call = callOf(this.q, step);
    if (call) await this.#call(call);
  }

  #pass(ms: number): Promise<void> {
    this.#system.pass(ms);
    this.#begin();
    return this.#settle([]);
  }

  /** A claim that is not started. */
  async #stall(worker: string, way: Stall): Promise<void> {
    await this.#call({ verb: "poll", worker, max: 1, autoStart: false, events: [] });
    if (way === "superseded") return this.#call({ verb: "register", worker });
    const { orphanAfterMs } = this.q.config;
    await this.#pass(orphanAfterMs - 1);
    const session = this.q.presentSession(worker)?.token ?? "";
    if (way === "slow") await this.#call({ verb: "heartbeat", worker, session });
    await this.#pass(1);
    await this.#alarm();
  }

  async #wear(worker: string, times: number): Promise<void> {
    for (let n = 0; n < times; n++) {
      await this.#call({ verb: "poll", worker, max: 1, autoStart: true, events: [] });
      const held = this.q.allLeases.at(-1);
      if (held) await this.#call({ verb: "events", events: [{ type: "release", id: held.id, lease: held.lease }] });
    }
  }

  #begin(): void {
    this.q.now = this.#system.now;
    this.q.changed.clear();
    this.q.costs.begin();
  }

  async #call(call: Call): Promise<void> {
    this.#begin();
    const answer = await this.#system.call(call);
    await this.#judge([call], [answer]);
    // A queue that is dropped begins anew, as every one.
    if (call.verb === "drop" && answer.ok) await this.begin();
    if (call.verb === "list" && answer.ok) await this.#nextPage(call, answer.value as Page);
  }

  async #together(steps: readonly Step[]): Promise<void> {
    this.#begin();
    const calls = steps.flatMap((step) => callOf(this.q, step as Calling) ?? []);
    if (calls.length > 0) await this.#judge(calls, await this.#system.together(calls));
  }

  async #nextPage(call: CallOf<"list">, { tasks, nextCursor: cursor }: Page): Promise<void> {
    if (cursor === undefined) return;
    await this.#call({ ...call, query: { ...call.query, cursor }, from: call.from + tasks.length });
  }

  /** What is wrong is told with the calls that it followed from. */
  async #judge(calls: readonly Call[], answers: readonly Answer[]): Promise<void> {
    try {
      for (const [at, call] of calls.entries()) {
        judge(this.q, call, answers[at] as Answer);
        this.q.costs.write();
      }
      // At most one transaction each.
      this.q.costs.commits += calls.length - 1;
      await this.#settle(calls);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      const shown = calls.map((call, at) => `after ${JSON.stringify(call)}\n  answered ${JSON.stringify(answers[at])}`);
      throw new Violation([error.message, ...shown, `at ${this.q.now}`].join("\n"));
    }
  }

  async #alarm(): Promise<void> {
    this.#begin();
    const runs = await this.#system.alarm();
    if (runs > 0) {
      sweep(this.q);
      this.#retain();
    }
    this.q.costs.commits = runs;
    await this.#settle([]);
  }

  /** What is kept no longer goes, within the bounds of the retention. */
  #retain(): void {
    const { q } = this;
    const old = q.oldestFirst().filter((task) => isTerminal(task) && (q.keptUntil(task) ?? Infinity) <= q.now);
    q.mayGo(old, null);
  }

  async #restart(): Promise<void> {
    this.#begin();
    await this.#system.restart();
    this.q.restartedAt = this.q.now;
    for (const session of this.q.sessions) session.heardAt = null;
    if (this.#system.sweepsAtStart) sweep(this.q);
    await this.#settle([]);
  }

  async #settle(calls: readonly Call[]): Promise<void> {
    const { q } = this;
    q.now = this.#system.now;
    const paid = this.#system.paid?.() ?? null;
    const bill = this.#hasTables && !calls.some(({ verb }) => verb === "drop") ? paid : null;
    const after = await this.#system.look();
    q.seen(new Set(after.tasks.map(({ id }) => id)));
    q.costs.write();
    for (const seen of after.tasks) {
      const task = q.tasks.get(seen.id);
      must(task !== undefined, "nothing is there that was not pushed, or was removed", seen);
      compare(task, seen, q);
      task.revision = seen.revision;
    }
    judgeNumbers(q, after);
    invariants(q, { before: this.#before, after, calls, bill });
    // The report to the directory may come meanwhile.
    const { task, session } = this.#system.paid?.() ?? { task: 0, session: 0 };
    must(task + session === 0, "(j) what is only asked writes no row");
    this.#before = after;
  }
}
