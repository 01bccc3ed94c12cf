/** One verb for the tasks that are ticked, or for all that a filter finds: counted, asked, done, stopped. */

import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { getText, post } from "../api.ts";
import { formatCount } from "../format.ts";
import { say } from "../toast.tsx";
import { errorText } from "../ui/act.ts";
import { Dialog, DialogForm } from "../ui/dialog.tsx";
import {
  type BulkAnswer,
  type BulkApi,
  type BulkCount,
  type BulkOrder,
  type BulkVerb,
  type Choice,
  countBulk,
  runBulk,
} from "./bulk-run.ts";
import { queuePath } from "./paths.ts";
import { bulkFilterOf, isFiltered, type View } from "./queue-query.ts";
import { instantOfWhen, useWhen, WhenFields } from "./reschedule.tsx";
import { idsOf } from "./task-model.ts";
import { APPLIES } from "./task-offers.ts";

const VERBS: readonly BulkVerb[] = ["resume", "reschedule", "cancel", "delete"];
const NAMES: Readonly<Record<BulkVerb, string>> = {
  resume: "Retry",
  reschedule: "Reschedule",
  cancel: "Cancel",
  delete: "Delete",
};
const PAST: Readonly<Record<BulkVerb, string>> = {
  resume: "will be tried again",
  reschedule: "rescheduled",
  cancel: "cancelled",
  delete: "deleted",
};
const MEANS: Readonly<Record<BulkVerb, string>> = {
  resume: "They are tried again now, from the first attempt on.",
  reschedule: "They wait until then. Workers that run some of them are told to stop; Killed ones begin anew.",
  cancel: "They become Killed, and are not tried again. Workers that run some of them are told to stop.",
  delete: "They are gone for good, with their args, runs and results. This cannot be undone.",
};

interface BulkProps {
  readonly queue: string;
  readonly view: View;
  readonly chosen: Signal<ReadonlySet<string>>;
  readonly onDone: () => void;
}

export function QueueBulk({ queue, view, chosen, onDone }: BulkProps): ComponentChildren {
  const asked = useSignal<{ verb: BulkVerb; choice: Choice; what: string } | null>(null);
  const filter = bulkFilterOf(view);
  const count = chosen.value.size;
  const what = count > 0 ? `${formatCount(count)} chosen` : whatOf(view);
  const choice: Choice | null = count > 0 ? { ids: [...chosen.value] } : filter === null ? null : { filter };
  // Ticked rows may have moved on: then the verb is asked of them, and passes over those that it does not fit.
  const verbs = VERBS.filter((verb) => count > 0 || view.status === null || APPLIES[verb].includes(view.status));
  return (
    <fieldset class="row bulk">
      <legend class="visually-hidden">What to do with many tasks</legend>
      <span class="muted">{choice === null ? "Choose tasks to do something with them." : `${what}:`}</span>
      {choice === null
        ? null
        : verbs.map((verb) => (
            <button
              key={verb}
              type="button"
              class={verb === "cancel" || verb === "delete" ? "small danger" : "small"}
              onClick={() => {
                asked.value = { verb, choice, what };
              }}
            >
              {NAMES[verb]}
              {count > 0 ? "…" : " all…"}
            </button>
          ))}
      {asked.value === null ? null : (
        <BulkDialog
          queue={queue}
          {...asked.value}
          onClose={() => {
            asked.value = null;
          }}
          onDone={() => {
            chosen.value = new Set();
            onDone();
          }}
        />
      )}
    </fieldset>
  );
}

function whatOf(view: View): string {
  const tasks = view.status === null ? "tasks" : `${view.status} tasks`;
  return isFiltered(view) ? `All ${tasks} that are like this` : `All ${tasks}`;
}

const apiOf = (queue: string): BulkApi => ({
  bulk: (verb, body) => post<BulkAnswer>(queuePath(queue, `/tasks/${verb}`), body),
  list: async (filter, cursor) => {
    const texts = Object.entries({ ...filter, order: "oldest", limit: 1_000, cursor })
      .filter(([, value]) => value !== undefined)
      .map(([name, value]): [string, string] => [name, String(value)]);
    return idsOf(await getText(queuePath(queue, `/tasks?${new URLSearchParams(texts)}`)));
  },
});

interface BulkDialogProps {
  readonly queue: string;
  readonly verb: BulkVerb;
  readonly choice: Choice;
  readonly what: string;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function BulkDialog({ queue, verb, choice, what, onClose, onDone }: BulkDialogProps): ComponentChildren {
  const when = useWhen("delay");
  const counted = useSignal<BulkCount | null>(null);
  const error = useSignal<string | null>(null);
  /** How many so far; `null` before it begins. */
  const progress = useSignal<number | null>(null);
  const isStopped = useSignal(false);
  // What comes in later was not counted, and is left alone.
  const fixed = useMemo(() => fixedChoice(choice, Date.now()), []);
  useEffect(() => {
    countBulk(apiOf(queue), { verb, choice: fixed, runAt: Date.now() }).then(
      (count) => {
        counted.value = count;
      },
      (refusal) => {
        error.value = errorText(refusal);
      },
    );
    return () => {
      isStopped.value = true;
    };
  }, []);
  const run = async (): Promise<void> => {
    const chosenTime = instantOfWhen(when, Date.now());
    if ("wrong" in chosenTime) return;
    const order: BulkOrder = { verb, choice: fixed, runAt: chosenTime.runAt ?? Date.now() };
    progress.value = 0;
    error.value = null;
    try {
      const changed = await runBulk(apiOf(queue), order, {
        onProgress: (sofar) => {
          progress.value = sofar;
        },
        isStopped: () => isStopped.value,
      });
      say(`${tasksText(changed)} ${PAST[verb]}${isStopped.value ? ", then stopped" : ""}.`, "good");
      onClose();
    } catch (refusal) {
      error.value = `${progress.value === 0 ? "" : `${tasksText(progress.value ?? 0)} ${PAST[verb]}, then: `}${errorText(refusal)}`;
      progress.value = null;
    }
    onDone();
  };
  const title = `${NAMES[verb]}: ${what}`;
  const count = counted.value;
  return (
    <Dialog title={title} onClose={onClose}>
      {progress.value !== null ? (
        <Progress done={progress.value} counted={count} onStop={() => (isStopped.value = true)} />
      ) : (
        <DialogForm
          action={count === null ? NAMES[verb] : `${NAMES[verb]} ${countText(count)}`}
          danger={verb === "cancel" || verb === "delete"}
          busy={count === null || (count.count === 0 && !count.more)}
          error={error.value}
          onSubmit={run}
        >
          <p role="status">{count === null ? (error.value === null ? "Counting…" : "") : countSentence(count)}</p>
          <p class="muted">{MEANS[verb]}</p>
          {verb === "reschedule" ? <WhenFields when={when} /> : null}
        </DialogForm>
      )}
    </Dialog>
  );
}

function fixedChoice(choice: Choice, now: number): Choice {
  if ("ids" in choice) return choice;
  const { before = now } = choice.filter;
  return { filter: { ...choice.filter, before: Math.min(before, now) } };
}

const tasksText = (count: number): string => `${formatCount(count)} ${count === 1 ? "task" : "tasks"}`;
const countText = ({ count, more }: BulkCount): string => `${more ? "more than " : ""}${tasksText(count)}`;

function countSentence(count: BulkCount): string {
  if (count.count === 0 && !count.more) return "There are none that this can be done with.";
  return `This is for ${countText(count)}.`;
}

interface ProgressProps {
  readonly done: number;
  readonly counted: BulkCount | null;
  readonly onStop: () => void;
}

function Progress({ done, counted, onStop }: ProgressProps): ComponentChildren {
  const known = counted !== null && !counted.more ? Math.max(counted.count, done) : undefined;
  return (
    <div class="dialog-form">
      <p role="status">
        {tasksText(done)}
        {known === undefined ? "" : ` of ${formatCount(known)}`}
      </p>
      <progress aria-label="Progress" {...(known === undefined ? {} : { value: done, max: known })} />
      <div class="row dialog-end">
        <button type="button" onClick={onStop}>
          Stop
        </button>
      </div>
    </div>
  );
}
