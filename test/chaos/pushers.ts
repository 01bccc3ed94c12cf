/** Who pushes: one by one, in bulk, with keys until an answer comes, for later. */

import { setTimeout as sleep } from "node:timers/promises";
import { type DurableBackend, type NewTask, PriniaError } from "../../src/client/index.ts";
import type { Dice } from "../support/dice.ts";
import type { Args } from "./dealings.ts";
import type { History } from "./history.ts";

export interface PusherOptions {
  readonly url: string;
  readonly queue: string;
  readonly backend: DurableBackend<Args, unknown>;
  readonly history: History;
  readonly dice: Dice;
  /** Is told of ids that were answered. */
  readonly pushed: (ids: readonly string[]) => void;
  readonly signal: AbortSignal;
  /** The mean pause between two pushes, ms. */
  readonly paceMs: number;
}

type Made = NewTask<Args>;

const MOST_ATTEMPTS = 25;
const LATEST_MS = 2_500;
const BULK = 12;
/** Of a push with a key. */
const MOST_TRIES = 100;
const PAUSE_MS = 100;
const PATIENCE_MS = 3_000;
/** Codes after which nothing was written, for sure. */
const REFUSALS: ReadonlySet<string> = new Set(["bad_request", "too_many_requests", "payload_too_large", "forbidden"]);

function make({ history, dice }: PusherOptions, delayed: boolean, key?: string): Made {
  const mark = history.nextMark();
  const maxAttempts = dice.below(10) === 0 ? 3 : MOST_ATTEMPTS;
  const options = {
    ...(delayed ? { runAt: Date.now() + dice.below(LATEST_MS) } : {}),
    ...(key === undefined ? {} : { idempotencyKey: `${key}-${mark}` }),
  };
  history.add({ type: "push", mark, maxAttempts, ...options });
  return { args: { mark }, maxAttempts, priority: dice.below(3), ...options };
}

async function send({ backend, history, pushed }: PusherOptions, tasks: readonly Made[]): Promise<void> {
  // A connection that swallows all would be waited for without an end.
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const [only] = tasks;
  try {
    const answers =
      only && tasks.length === 1
        ? [await backend.pushTask(only, { signal })]
        : await backend.pushAll(tasks, { signal });
    for (const [place, { id, created }] of answers.entries())
      history.add({ type: "pushed", mark: tasks[place]?.args.mark ?? 0, id, created });
    pushed(answers.map(({ id }) => id));
  } catch (error) {
    const code = error instanceof PriniaError ? error.code : "";
    for (const { args } of tasks) {
      if (REFUSALS.has(code)) history.add({ type: "push-refused", mark: args.mark, code });
      else history.add({ type: "push-unknown", mark: args.mark });
    }
  }
}

async function paced(options: PusherOptions, push: () => Promise<void>): Promise<void> {
  while (!options.signal.aborted) {
    await push();
    await sleep(options.dice.below(2 * options.paceMs));
  }
}

/** One at a time. */
export const pushSingles = (options: PusherOptions): Promise<void> =>
  paced(options, () => send(options, [make(options, false)]));

/** Several at once, all or nothing. */
export const pushBulks = (options: PusherOptions): Promise<void> =>
  paced({ ...options, paceMs: options.paceMs * BULK }, () =>
    send(
      options,
      Array.from({ length: 2 + options.dice.below(BULK) }, () => make(options, false)),
    ),
  );

/** For later: some fall due while nobody is there to see it. */
export const pushDelayed = (options: PusherOptions): Promise<void> =>
  paced(options, () => send(options, [make(options, true)]));

/** With a key, by plain requests, again and again until an answer comes: as a careful user does. */
export const pushKeyed = (options: PusherOptions): Promise<void> =>
  paced(options, async () => {
    const task = make(options, options.dice.below(3) === 0, "key");
    const { mark } = task.args;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const answer = await post(options, task);
      if (answer) {
        options.history.add({ type: "pushed", mark, ...answer });
        return options.pushed([answer.id]);
      }
      options.history.add({ type: "push-unknown", mark });
      await sleep(PAUSE_MS);
    }
  });

async function post({ url, queue }: PusherOptions, task: Made): Promise<{ id: string; created: boolean } | null> {
  try {
    const response = await fetch(`${url}/v1/queues/${queue}/tasks`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(task),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const { id, created } = (await response.json()) as { id: string; created: boolean };
    return response.ok ? { id, created } : null;
  } catch {
    return null;
  }
}
