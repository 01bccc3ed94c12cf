/** Buttons for what may be done with a task, and the questions that they ask. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { del, post, sendText } from "../api.ts";
import { go, queueHref, taskHref } from "../router.ts";
import { say } from "../toast.tsx";
import { can } from "../token.ts";
import { act } from "../ui/act.ts";
import { FormDialog, restFocus } from "../ui/dialog.tsx";
import { useSubmission } from "../ui/submission.ts";
import { queuePath, taskPath } from "./paths.ts";
import { RescheduleDialog } from "./reschedule.tsx";
import { copyOf, type Task } from "./task-model.ts";
import { type Offer, offersOf, type Rights } from "./task-offers.ts";

const rightsIn = (queue: string): Rights => ({ push: can("push", queue), manage: can("manage", queue) });

interface VerbsProps {
  readonly task: Task;
  readonly onEdit: () => void;
  /** The task was changed from here. */
  readonly onChanged: () => void;
}

const LABELS: Readonly<Record<Offer, string>> = {
  resume: "Retry now",
  edit: "Edit args",
  reschedule: "Reschedule…",
  copy: "Run again as a copy",
  cancel: "Cancel task…",
  delete: "Delete…",
};

const isDestructive = (offer: Offer): boolean => offer === "cancel" || offer === "delete";

export function TaskVerbs({ task, onEdit, onChanged }: VerbsProps): ComponentChildren {
  const asked = useSignal<"cancel" | "delete" | "reschedule" | null>(null);
  // What was pressed goes away with the status that it was for.
  const hasActed = useRef(false);
  useEffect(() => {
    if (hasActed.current) restFocus();
  }, [task.status]);
  const offers = offersOf(task.status, rightsIn(task.queue));
  const close = (): void => {
    asked.value = null;
  };
  const press = (offer: Offer): void => {
    hasActed.current = true;
    if (offer === "edit") onEdit();
    else if (offer === "copy") pushCopy(task);
    else if (offer === "resume") retry(task).then(onChanged);
    else asked.value = offer;
  };
  return (
    <fieldset class="row">
      <legend class="visually-hidden">What to do with this task</legend>
      {offers.map((offer) => (
        <button
          key={offer}
          type="button"
          class={offer === "resume" ? "primary" : isDestructive(offer) ? "danger" : ""}
          onClick={() => press(offer)}
        >
          {LABELS[offer]}
        </button>
      ))}
      {asked.value === "reschedule" ? (
        <RescheduleDialog
          title="Reschedule this task"
          onClose={close}
          onSubmit={async (runAt) => {
            await post(taskPath(task.queue, task.id, "/reschedule"), { runAt });
            say("Rescheduled.", "good");
            onChanged();
          }}
        />
      ) : null}
      {asked.value === "cancel" ? <CancelDialog task={task} onClose={close} onDone={onChanged} /> : null}
      {asked.value === "delete" ? <DeleteDialog task={task} onClose={close} /> : null}
    </fieldset>
  );
}

export const retry = (task: Task): Promise<boolean> =>
  act(
    () => post<{ resumed: boolean }>(taskPath(task.queue, task.id, "/resume")),
    ({ resumed }) => (resumed ? "It will be tried again, from the first attempt on." : "It has moved on meanwhile."),
  );

const pushCopy = (task: Task): Promise<boolean> =>
  act(
    () => sendText<{ id: string }>("POST", queuePath(task.queue, "/tasks"), copyOf(task)),
    ({ id }) => {
      go(taskHref(task.queue, id));
      return "Pushed as a new task, which this is.";
    },
  );

interface AskProps {
  readonly task: Task;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function CancelDialog({ task, onClose, onDone }: AskProps): ComponentChildren {
  const isHeld = task.lockBy !== undefined;
  return (
    <Ask
      title="Cancel this task?"
      action="Cancel the task"
      onClose={onClose}
      job={async () => {
        const { cancelled } = await post<{ cancelled: boolean }>(taskPath(task.queue, task.id, "/cancel"));
        say(cancelled ? "Cancelled." : "It had ended before.", cancelled ? "good" : "plain");
        onDone();
      }}
    >
      <p>
        It becomes Killed, and is not tried again.
        {isHeld ? ` ${task.lockBy}, who works on it, is told to stop.` : ""} It can be retried later.
      </p>
    </Ask>
  );
}

function DeleteDialog({ task, onClose }: Omit<AskProps, "onDone">): ComponentChildren {
  return (
    <Ask
      title="Delete this task?"
      action="Delete the task"
      onClose={onClose}
      job={async () => {
        await del(taskPath(task.queue, task.id));
        say("Deleted.", "good");
        go(queueHref(task.queue, { tab: task.status }));
      }}
    >
      <p>Its args, runs and result are gone for good. This cannot be undone.</p>
    </Ask>
  );
}

interface AskFormProps {
  readonly title: string;
  readonly action: string;
  readonly onClose: () => void;
  readonly job: () => Promise<void>;
  readonly children: ComponentChildren;
}

/** Asks first; what the server refuses is said where one was asked. */
export function Ask({ title, action, onClose, job, children }: AskFormProps): ComponentChildren {
  const { isBusy, error, run } = useSubmission();
  const submit = (): Promise<void> =>
    run(async () => {
      await job();
      onClose();
    });
  return (
    <FormDialog
      title={title}
      action={action}
      danger
      busy={isBusy.value}
      error={error.value}
      onClose={onClose}
      onSubmit={submit}
    >
      {children}
    </FormDialog>
  );
}
