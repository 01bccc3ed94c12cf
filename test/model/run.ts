/**
 * Random lives of queues. fast-check's commands, rather than a loop of our own: a life that fails is cut down to the few
 * steps that it takes, and is played again from a seed and a path.
 */

import fc from "fast-check";
import { stepArbitraries } from "./lives.ts";
import { Play } from "./play.ts";
import type { OpenSystem } from "./port.ts";
import type { Step } from "./steps.ts";
import { Violation } from "./violation.ts";

class Command implements fc.AsyncCommand<Play, object> {
  readonly #step: Step;

  constructor(step: Step) {
    this.#step = step;
  }

  check(play: Readonly<Play>): boolean {
    return this.#step.do !== "restart" || play.restarts;
  }

  run(play: Play): Promise<void> {
    return play.step(this.#step);
  }

  toString(): string {
    const { do: what, ...rest } = this.#step;
    return `${what}${JSON.stringify(rest)}`;
  }
}

export interface RunOptions {
  /** What it is called in the command that plays it again. */
  readonly driver: string;
  readonly open: OpenSystem;
  readonly seed: number;
  readonly runs: number;
  /** Steps of the longest life. */
  readonly steps: number;
  /** Tasks of a burst, more than are claimed from the schedule in place; 0 is none, nor of whatever else takes long. */
  readonly burst: number;
  /** Plays one again. */
  readonly path?: string | undefined;
  readonly replayPath?: string | undefined;
  /** No further run begins after so long, ms. */
  readonly withinMs?: number | undefined;
}

export interface RunReport {
  readonly runs: number;
  readonly operations: number;
  /** `null` when all went well. */
  readonly failure: { readonly seed: number; readonly detail: string; readonly replay: string } | null;
}

export async function run(options: RunOptions): Promise<RunReport> {
  const { open, seed, steps, burst, path, replayPath, withinMs } = options;
  let [runs, operations] = [0, 0];
  const commands = fc.commands(
    stepArbitraries(burst).map((step) => step.map((one) => new Command(one))),
    { maxCommands: steps, size: "max", ...(replayPath === undefined ? {} : { replayPath }) },
  );
  const property = fc.asyncProperty(commands, async (life) => {
    const system = await open();
    const play = new Play(system);
    try {
      await play.begin();
      await fc.asyncModelRun(() => ({ model: play, real: {} }), life);
      await play.end();
    } finally {
      runs++;
      operations += play.steps;
      await system.close();
    }
  });
  const details = await fc.check(property, {
    seed,
    numRuns: options.runs,
    ...(path === undefined ? {} : { path, endOnFailure: true }),
    ...(withinMs === undefined ? {} : { interruptAfterTimeLimit: withinMs }),
  });
  return { runs, operations, failure: details.failed ? failureOf(options, details) : null };
}

/** For tests: prints what was played, and fails with what plays it again. */
export async function hold(options: Omit<RunOptions, "seed">): Promise<void> {
  const seed = Date.now() % 1_000_000_000;
  const { runs, operations, failure } = await run({ ...options, seed });
  console.info(`${options.driver}: seed ${seed}, ${runs} runs, ${operations} steps`);
  if (failure)
    throw new Violation(`${failure.detail}

${failure.replay}`);
}

type Details = Pick<
  fc.RunDetails<[Iterable<unknown>]>,
  "seed" | "counterexample" | "counterexamplePath" | "errorInstance"
>;

function failureOf({ driver, steps, burst }: RunOptions, details: Details): NonNullable<RunReport["failure"]> {
  const { seed, counterexample, counterexamplePath, errorInstance } = details;
  const life = String(counterexample?.[0] ?? "");
  const replayPath = /replayPath="([^"]*)"/.exec(life)?.[1] ?? "";
  const size = `--steps ${steps}${burst === 0 ? "" : ` --burst ${burst}`}`;
  const place = `--path ${counterexamplePath} --replay ${replayPath}`;
  const replay = `npm run fuzz -- --driver ${driver} --seed ${seed} ${size} ${place}`;
  const why = errorInstance instanceof Violation ? errorInstance.message : stackOf(errorInstance);
  return { seed, detail: `${life}\n${why}`, replay };
}

const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
