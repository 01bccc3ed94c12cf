/** When a task is to run: after a delay, or at a time. */

import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { FormDialog } from "../ui/dialog.tsx";
import { SelectField, TextField } from "../ui/fields.tsx";
import { useSubmission } from "../ui/submission.ts";
import { durationOf, instantField, instantOf } from "../ui/time.ts";

export interface When {
  readonly kind: Signal<string>;
  readonly delay: Signal<string>;
  readonly time: Signal<string>;
}

export function useWhen(kind: "now" | "delay"): When {
  return {
    kind: useSignal<string>(kind),
    delay: useSignal("5 min"),
    time: useSignal(instantField(Date.now() + 3_600_000)),
  };
}

/** What was chosen: an instant, ms, `undefined` for at once; or what is wrong, in words. */
export function instantOfWhen({ kind, delay, time }: When, now: number): { runAt?: number } | { wrong: string } {
  if (kind.value === "now") return {};
  if (kind.value === "delay") {
    const ms = durationOf(delay.value);
    return ms === null
      ? { wrong: "Write a number and a unit, such as `90 s`, `5 min`, `2 h` or `1 d`." }
      : { runAt: now + ms };
  }
  const runAt = instantOf(time.value);
  return runAt === null ? { wrong: "Choose a day and a time." } : { runAt };
}

interface WhenFieldsProps {
  readonly when: When;
  /** Whether "at once" is a choice. */
  readonly now?: boolean;
}

export function WhenFields({ when, now }: WhenFieldsProps): ComponentChildren {
  const chosen = instantOfWhen(when, 0);
  const wrong = "wrong" in chosen ? chosen.wrong : null;
  return (
    <>
      <SelectField
        label="When"
        value={when.kind}
        options={{ ...(now ? { now: "At once" } : {}), delay: "After a delay", time: "At a time" }}
      />
      {when.kind.value === "delay" ? (
        <TextField label="Delay" value={when.delay} hint="Such as 90 s, 5 min, 2 h, 1 d" error={wrong} />
      ) : null}
      {when.kind.value === "time" ? (
        <TextField label="Time" type="datetime-local" value={when.time} hint="In your time zone" error={wrong} />
      ) : null}
    </>
  );
}

interface RescheduleProps {
  readonly title: string;
  readonly onClose: () => void;
  /** Throws what the server refuses. */
  readonly onSubmit: (runAt: number) => Promise<void>;
}

export function RescheduleDialog({ title, onClose, onSubmit }: RescheduleProps): ComponentChildren {
  const when = useWhen("delay");
  const { isBusy, error, run } = useSubmission();
  const submit = async (): Promise<void> => {
    const chosen = instantOfWhen(when, Date.now());
    if ("wrong" in chosen) return;
    await run(async () => {
      await onSubmit(chosen.runAt ?? Date.now());
      onClose();
    });
  };
  return (
    <FormDialog
      title={title}
      action="Reschedule"
      busy={isBusy.value}
      error={error.value}
      onClose={onClose}
      onSubmit={submit}
    >
      <p class="muted">It waits until then. A worker that runs it now is told to stop; a Killed task begins anew.</p>
      <WhenFields when={when} />
    </FormDialog>
  );
}
