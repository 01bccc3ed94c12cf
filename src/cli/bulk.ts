/** One verb for many tasks: counted, asked about, then done in steps with a bar. */

import type { BulkAnswer, BulkOrder, QueuePort } from "../backend/port.ts";
import { MAX_BATCH, MAX_BULK } from "../limits.ts";
import type { BulkVerb } from "../task/bulk.ts";
import type { Status } from "../task/status.ts";
import { JSON_ARG, SERVER_ARGS, transportOf } from "./client.ts";
import { FILTER_ARGS, type FilterArgs, filterOf } from "./commands/filter.ts";
import { CommandError, EXIT, Interrupted, UsageError } from "./exit.ts";
import { tasks } from "./output.ts";
import { progressOf } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

export const BULK_ARGS = {
  queue: { type: "positional", required: true, description: "The queue's name" },
  id: { type: "positional", required: false, description: "Ids of tasks; or say which by the options" },
  all: { type: "boolean", description: "All to which the verb applies" },
  ...FILTER_ARGS,
  yes: { type: "boolean", alias: "y", description: "Do not ask" },
  ...JSON_ARG,
  ...SERVER_ARGS,
} as const;

/** Small enough for the progress to be seen, and for Ctrl-C to be one. */
const STEP = 1_000;

/** From which statuses each verb moves a task: one at a time, or a call would look at those that it passes over again and again. */
const APPLIES: Readonly<Record<BulkVerb, readonly Status[]>> = {
  resume: ["Failed", "Killed"],
  cancel: ["Pending", "Queued", "Running", "Failed"],
  reschedule: ["Pending", "Queued", "Running", "Failed", "Killed"],
  delete: ["Pending", "Done", "Failed", "Killed"],
};

export interface BulkRequest extends FilterArgs {
  readonly queue: string;
  readonly all?: boolean | undefined;
  readonly yes?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly url?: string | undefined;
  readonly token?: string | undefined;
  /** The queue's name, then the ids. */
  readonly _: readonly string[];
}

/** How it is told: "retry", "retried". */
export interface Words {
  readonly infinitive: string;
  readonly past: string;
}

type When = Pick<BulkOrder, "delayMs" | "runAt">;
type Part =
  | { readonly ids: readonly string[] }
  | { readonly filter: Extract<BulkOrder, { filter: unknown }>["filter"] };

export async function bulk(verb: BulkVerb, words: Words, args: BulkRequest, terminal: Terminal, when: When = {}) {
  const port = transportOf(args, terminal).queue(args.queue);
  const { parts, isFilter } = partsOf(verb, args);
  const call = (part: Part, more: object) => port.bulk(verb, { ...part, ...when, ...more });
  let expected = parts.length;
  if (isFilter) {
    const counts = await Promise.all(parts.map((part) => call(part, { limit: MAX_BULK, dryRun: true })));
    expected = counts.reduce((sum, { changed }) => sum + changed, 0);
    const atLeast = counts.some(({ more }) => more) ? "at least " : "";
    if (expected > 0 || atLeast)
      await confirmed(`${atLeast}${tasks(expected)} of ${args.queue}`, words, args, terminal);
  }
  const { changed, matched } = await carryOut(port, verb, parts, expected, { call, words, terminal });
  if (args.json) terminal.out(JSON.stringify({ verb, matched, changed }));
  else terminal.out(`${tasks(changed)} ${words.past}`);
  // Ids were meant: that one of them was not changed is news.
  if (!isFilter && changed < args._.length - 1) {
    const left = tasks(new Set(args._.slice(1)).size - changed);
    throw new CommandError(
      EXIT.refused,
      `${left} could not be ${words.past}: not there, or of a status from which that is not done.`,
    );
  }
}

function partsOf(verb: BulkVerb, args: BulkRequest): { readonly parts: readonly Part[]; readonly isFilter: boolean } {
  const ids = [...new Set(args._.slice(1))];
  const filter = filterOf(args);
  const isFilter = Object.keys(filter).length > 0;
  if (ids.length > 0) {
    if (isFilter || args.all) throw new UsageError("Give ids, or options that say which tasks, and not both.");
    const count = Math.ceil(ids.length / MAX_BATCH);
    return {
      parts: Array.from({ length: count }, (_, at) => ({ ids: ids.slice(at * MAX_BATCH, (at + 1) * MAX_BATCH) })),
      isFilter: false,
    };
  }
  if (!isFilter && !args.all)
    throw new UsageError("Which tasks? Give ids, or --status, --group, --after, --before, or --all.");
  const statuses = APPLIES[verb].filter((status) => filter.status === undefined || filter.status === status);
  if (statuses.length === 0)
    throw new UsageError(
      `Tasks that are ${filter.status} are not to be had: the verb applies to ${APPLIES[verb].join(", ")}.`,
    );
  return { parts: statuses.map((status) => ({ filter: { ...filter, status } })), isFilter: true };
}

/** @throws CommandError when the answer is no, UsageError when nobody can be asked */
export async function confirmed(
  what: string,
  { infinitive }: Pick<Words, "infinitive">,
  { yes }: { readonly yes?: boolean | undefined },
  terminal: Terminal,
): Promise<void> {
  if (yes) return;
  if (!terminal.canAsk)
    throw new UsageError(`It would ${infinitive} ${what}: say --yes, since nobody can be asked here.`);
  const answer = await terminal.ask(`${infinitive[0]?.toUpperCase()}${infinitive.slice(1)} ${what}? [y/N] `);
  if (terminal.interrupted.aborted) throw new Interrupted();
  if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError(EXIT.refused, "Nothing was done.");
}

interface Doing {
  readonly call: (part: Part, more: object) => Promise<BulkAnswer>;
  readonly words: Words;
  readonly terminal: Terminal;
}

async function carryOut(
  port: QueuePort,
  verb: BulkVerb,
  parts: readonly Part[],
  expected: number,
  { call, words, terminal }: Doing,
) {
  const sum = { matched: 0, changed: 0 };
  const bar = progressOf(terminal, expected, words.past);
  const step = async (part: Part, more: object = {}): Promise<BulkAnswer> => {
    if (terminal.interrupted.aborted) throw new Interrupted();
    const answer = await call(part, more);
    sum.matched += answer.matched;
    sum.changed += answer.changed;
    bar.to(sum.changed);
    return answer;
  };
  try {
    for (const part of parts) {
      if ("ids" in part) await step(part);
      // A task that waits is rescheduled and waits still: the same call would find it again.
      else if (verb === "reschedule" && part.filter.status === "Pending") await along(port, part.filter, step);
      else
        for (let more = true; more; ) {
          const answer = await step(part, { limit: STEP });
          more = answer.more && answer.changed > 0;
          if (answer.more && answer.changed === 0) await along(port, part.filter, step);
        }
    }
    return sum;
  } catch (error) {
    if (error instanceof Interrupted) terminal.err(`Stopped: ${tasks(sum.changed)} ${words.past}.`);
    throw error;
  } finally {
    bar.end();
  }
}

/** Along the list, which goes on where it was. */
async function along(port: QueuePort, filter: object, step: (part: Part) => Promise<BulkAnswer>): Promise<void> {
  let cursor: string | undefined;
  do {
    const page = await port.list({ ...filter, order: "oldest", limit: STEP, cursor });
    const ids = page.tasks.map(({ id }) => id);
    if (ids.length > 0) await step({ ids });
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}
