/** Runs the operations of a store, and sees to what follows from them: who is told, who is served, when to look again. */

import type { Clock } from "../backend/clock.ts";
import { ALARM_RETRY_MS } from "../limits.ts";
import { earliest } from "../task/instant.ts";
import { ok, type Result } from "../task/result.ts";
import { Alarm } from "./alarm.ts";
import { Connections } from "./connections.ts";
import { type Audience, newsOf, tell } from "./news.ts";
import { Polls, type WaitingPoll } from "./polls.ts";
import { accepted, refusal } from "./refusal.ts";
import { type LocalStore, type Occasion, occasionAt } from "./store.ts";
import { leasedValuesOf } from "./values.ts";
import { Waits } from "./waits.ts";

/** An operation that was done. */
export interface Begun<T> {
  readonly result: Result<T>;
  /** Resolves once it is sure to stay, and others were told; nothing when that is so already. */
  readonly told: Promise<void> | undefined;
}

export class Engine implements Audience {
  readonly store: LocalStore;
  readonly clock: Clock;
  readonly polls = new Polls();
  readonly waits = new Waits();
  readonly connections = new Connections();
  readonly #alarm: Alarm;
  /** When the workers with open polls were last given a sign of life. */
  #heardAt = 0;
  #isSettling = false;
  #isClosed = false;

  constructor(store: LocalStore, clock: Clock) {
    this.store = store;
    this.clock = clock;
    this.#alarm = new Alarm(clock, () => this.#ring());
    // A store may come with leases and deadlines.
    this.#settleSoon();
  }

  /** @throws PriniaError when it is refused */
  async do<T>(work: (on: Occasion) => Result<T>): Promise<T> {
    const { result, told } = this.begin(work);
    if (told) await told;
    return accepted(result);
  }

  /** Does the work now. */
  begin<T>(work: (on: Occasion) => Result<T>): Begun<T> {
    const now = this.clock.now();
    this.#hear(now);
    const on = occasionAt(now);
    const result = work(on);
    const news = newsOf(this.store, on, this);
    this.#settleSoon();
    const told = this.store.flushed?.().then(() => tell(news, this));
    if (!told) tell(news, this);
    // Whoever asked for it waits for it; where nobody does, its failure is no news.
    told?.catch(() => undefined);
    return { result, told };
  }

  /** Serves those who wait, in the order in which they came. */
  deliver(): void {
    for (let poll = this.polls.first; poll && this.#mayClaim(); poll = this.polls.first) {
      if (!this.#serve(poll)) return;
    }
  }

  close(error: unknown): void {
    this.#isClosed = true;
    this.#alarm.clear();
    for (const poll of this.polls.all) poll.fail(error);
    this.waits.fail(error);
    this.store.close();
  }

  #mayClaim(): boolean {
    return !this.store.config().paused && this.store.hasDue(occasionAt(this.clock.now()));
  }

  /** @returns whether it waits no more */
  #serve(poll: WaitingPoll): boolean {
    try {
      const { result, told } = this.begin((on) => this.store.claim(on, { ...poll.seat, events: [] }));
      if (!result.ok) poll.fail(refusal(result.error));
      else if (result.value.tasks.length === 0) return false;
      else poll.end(result.value.tasks.map(leasedValuesOf), told);
    } catch (error) {
      poll.fail(error);
    }
    return true;
  }

  /**
   * An open poll is a sign of life for as long as it waits. Where the alarm is much too late, the clock has jumped, or the
   * process stood still, and no worker in it could speak: they all get one, before anybody calls them dead.
   */
  #hear(now: number): void {
    const thirdMs = this.store.config().orphanAfterMs / 3;
    const isLate = this.#alarm.lateBy(now) >= thirdMs;
    // The clock may have been set back.
    if (!isLate && Math.abs(now - this.#heardAt) < thirdMs) return;
    this.#heardAt = now;
    const refs = [...this.polls.all.map(({ seat }) => seat), ...(isLate ? this.connections.all : [])];
    for (const { worker, session } of refs) this.store.heartbeat(occasionAt(now), { worker, session });
  }

  /** What is done in one turn is followed up once. */
  #settleSoon(): void {
    if (this.#isSettling) return;
    this.#isSettling = true;
    queueMicrotask(() => {
      this.#isSettling = false;
      if (!this.#isClosed) this.#guarded(() => this.#settle());
    });
  }

  #settle(): void {
    this.deliver();
    const now = this.clock.now();
    this.#alarm.setBy(this.#nextLook(now), now, this.waits.isEmpty);
  }

  #nextLook(now: number): number | null {
    const on = occasionAt(now);
    const { paused, orphanAfterMs } = this.store.config();
    const dueAt = this.polls.isEmpty || paused ? null : this.store.nextDueAt(on);
    // What is due already is left only while nobody can take it: it is no reason to look again and again.
    const nextDueAt = dueAt !== null && dueAt > now ? dueAt : null;
    // While there are workers here, a jump of the clock must show before it is long enough to kill one.
    const beatAt = this.connections.isEmpty ? null : now + orphanAfterMs / 3;
    return earliest(nextDueAt, this.store.nextDeadline(on), beatAt);
  }

  #ring(): void {
    this.#guarded(() => {
      const { told } = this.begin((on) => {
        const at = this.store.nextDeadline(on);
        if (at !== null && at <= on.now) {
          this.store.sweep(on);
          this.store.retain(on);
        }
        return ok(null);
      });
      told?.catch((error: unknown) => this.#failed(error));
    });
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Nobody has asked for it, so nobody can be told but the log. */
  #failed(error: unknown): void {
    console.error("a queue could not be seen to, which is tried again", error);
    this.#alarm.clear();
    const now = this.clock.now();
    this.#alarm.setBy(now + ALARM_RETRY_MS, now, this.waits.isEmpty);
  }
}
