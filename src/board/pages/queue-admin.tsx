/** What an administrator does to a queue as a whole. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { patch, post } from "../api.ts";
import { formatCount } from "../format.ts";
import { say } from "../toast.tsx";
import { act } from "../ui/act.ts";
import { FormDialog } from "../ui/dialog.tsx";
import { SelectField, TextField } from "../ui/fields.tsx";
import { durationOf } from "../ui/time.ts";
import { queuePath } from "./paths.ts";
import { Ask } from "./task-verbs.tsx";

interface VerbProps {
  readonly queue: string;
  readonly onChanged: () => void;
}

export function PauseButton({
  queue,
  isPaused,
  onChanged,
}: VerbProps & { readonly isPaused: boolean }): ComponentChildren {
  const press = async (): Promise<void> => {
    await act(
      () => patch(queuePath(queue, "/config"), { paused: !isPaused }),
      () => (isPaused ? "It goes on." : "Paused: nothing is claimed until it goes on. What runs is not stopped."),
    );
    onChanged();
  };
  return (
    <button type="button" onClick={press}>
      {isPaused ? "Continue" : "Pause"}
    </button>
  );
}

type Asked = "vacuum" | "abandoned" | "purge" | null;

export function AdminVerbs({ queue, onChanged }: VerbProps): ComponentChildren {
  const asked = useSignal<Asked>(null);
  const ask = (what: Asked) => () => {
    asked.value = what;
  };
  const props = { queue, onChanged, onClose: ask(null) };
  return (
    <>
      <button type="button" onClick={ask("vacuum")}>
        Vacuum…
      </button>
      <button type="button" onClick={ask("abandoned")}>
        Resume abandoned…
      </button>
      <button type="button" class="danger" onClick={ask("purge")}>
        Purge…
      </button>
      {asked.value === "vacuum" ? <VacuumDialog {...props} /> : null}
      {asked.value === "abandoned" ? <AbandonedDialog {...props} /> : null}
      {asked.value === "purge" ? <PurgeDialog {...props} /> : null}
    </>
  );
}

type AskedProps = VerbProps & { readonly onClose: () => void };

function VacuumDialog({ queue, onChanged, onClose }: AskedProps): ComponentChildren {
  const age = useSignal("");
  const status = useSignal("");
  const isBusy = useSignal(false);
  const olderThanMs = age.value.trim() === "" ? undefined : durationOf(age.value);
  const submit = async (): Promise<void> => {
    if (olderThanMs === null) return;
    isBusy.value = true;
    const body = {
      ...(olderThanMs === undefined ? {} : { olderThanMs }),
      ...(status.value === "" ? {} : { status: status.value }),
    };
    const isDone = await act(
      () => untilNoMore<{ vacuumed: number }>(queuePath(queue, "/vacuum"), body, ({ vacuumed }) => vacuumed),
      (count) => `Removed ${formatCount(count)} tasks.`,
    );
    isBusy.value = false;
    onChanged();
    if (isDone) onClose();
  };
  return (
    <FormDialog title="Vacuum" action="Remove them" danger busy={isBusy.value} onClose={onClose} onSubmit={submit}>
      <p class="muted">Removes tasks that have ended, for good. A queue does this by itself, as its settings say.</p>
      <SelectField label="Which" value={status} options={{ "": "Done and Killed", Done: "Done", Killed: "Killed" }} />
      <TextField
        label="Ended longer ago than"
        value={age}
        hint="Such as 1 h or 7 d; 0 for all. Empty: as the settings say."
        error={olderThanMs === null ? "Write a number and a unit, such as 1 h or 7 d." : null}
      />
    </FormDialog>
  );
}

/** A call does a bounded share of a large queue. */
async function untilNoMore<T>(path: string, body: object, countOf: (answer: T) => number): Promise<number> {
  let count = 0;
  for (;;) {
    const answer = await post<T & { readonly more: boolean }>(path, body);
    count += countOf(answer);
    if (!answer.more) return count;
  }
}

function AbandonedDialog({ queue, onChanged, onClose }: AskedProps): ComponentChildren {
  return (
    <Ask
      title="Resume what dead workers hold?"
      action="Resume them"
      onClose={onClose}
      job={async () => {
        const { resumed } = await post<{ resumed: number }>(queuePath(queue, "/resume-abandoned"));
        say(resumed === 0 ? "No dead worker holds a task." : `Resumed ${formatCount(resumed)} tasks.`, "good");
        onChanged();
      }}
    >
      <p>Tasks held by workers that are silent for too long go back to Pending at once, with all their attempts.</p>
    </Ask>
  );
}

function PurgeDialog({ queue, onChanged, onClose }: AskedProps): ComponentChildren {
  const typed = useSignal("");
  return (
    <Ask
      title={`Purge ${queue}?`}
      action="Remove the tasks"
      onClose={onClose}
      job={async () => {
        if (typed.value !== queue) throw new Error("The name that you wrote is not the queue's.");
        const count = await untilNoMore<{ purged: number }>(queuePath(queue, "/purge"), {}, ({ purged }) => purged);
        say(`Removed ${formatCount(count)} tasks.`, "good");
        onChanged();
      }}
    >
      <p>
        All its tasks are removed but those that a worker holds, whatever their status, for good. This cannot be undone.
      </p>
      <TextField label={`To go on, write its name: ${queue}`} value={typed} />
    </Ask>
  );
}
