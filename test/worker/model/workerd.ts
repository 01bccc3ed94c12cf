/** What the two drivers inside workerd have in common: a queue's object, whose clock stands still and whose alarm is run by hand. */

import type { Answer, Bill, Call, SeenTask, SeenWorker, Sight, System } from "../../model/port.ts";
import { Lab, pass } from "../object/lab.ts";
import { billOf } from "../support/bill.ts";

/** How a queue is spoken to. A hop into an object is what takes time here: an answer may bring what is seen after it. */
export interface Drive {
  together(calls: readonly Call[]): Promise<{ readonly answers: Answer[]; readonly sight?: Sight }>;
  look(): Promise<Sight>;
}

/** Numbers of a queue, as its object tells them. */
export interface Numbers {
  readonly counts: Sight["counts"];
  readonly oldestDueAgeMs: number | null;
}

export const sightOf = (
  tasks: readonly SeenTask[],
  { counts, oldestDueAgeMs }: Numbers,
  workers: readonly SeenWorker[],
  alarmAt: number | null,
): Sight => ({ tasks, counts, oldestDueAgeMs, workers, alarmAt });

const MOST_ALARMS = 20;

export class WorkerdSystem implements System {
  readonly restarts = true;
  readonly sweepsAtStart = false;
  /** The directory is told of changes, too; and a hop takes milliseconds. */
  readonly onlyTasksWake = false;
  readonly #lab: Lab;
  readonly #drive: Drive;
  #paid: () => Bill;
  /** What was seen, as long as nothing happens after it. */
  #seen: Sight | undefined;

  private constructor(lab: Lab, drive: Drive, paid: () => Bill) {
    this.#lab = lab;
    this.#drive = drive;
    this.#paid = paid;
  }

  static async open(drive: (lab: Lab) => Drive): Promise<WorkerdSystem> {
    const lab = new Lab();
    // The tables are not on the bill.
    await lab.stub.configure({ paused: false });
    return new WorkerdSystem(lab, drive(lab), await billOf(lab.stub));
  }

  get now(): number {
    return Date.now();
  }

  pass(ms: number): void {
    this.#seen = undefined;
    pass(ms);
  }

  async call(call: Call): Promise<Answer> {
    const [answer] = await this.together([call]);
    return answer as Answer;
  }

  async together(calls: readonly Call[]): Promise<Answer[]> {
    const { answers, sight } = await this.#drive.together(calls);
    this.#seen = sight;
    return answers;
  }

  async look(): Promise<Sight> {
    return this.#seen ?? this.#drive.look();
  }

  async alarm(): Promise<number> {
    this.#seen = undefined;
    for (let runs = 0; runs < MOST_ALARMS; runs++) {
      const at = await this.#lab.alarmAt();
      if (at === null || at > Date.now()) return runs;
      await this.#lab.alarm();
    }
    throw new Error("the alarm is due again and again");
  }

  /** The instance goes, and with it the meter at its storage. */
  async restart(): Promise<void> {
    this.#seen = undefined;
    await this.#lab.evict();
    this.#paid = await billOf(this.#lab.stub);
  }

  paid(): Bill {
    return this.#paid();
  }

  async close(): Promise<void> {}
}
