/** Changes a task's args, in place, and only if nobody else changed the task meanwhile. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { ApiError, sendText } from "../api.ts";
import { say } from "../toast.tsx";
import { formatJson } from "../ui/json.ts";
import { editedFlaw, JsonEditor } from "../ui/json-editor.tsx";
import { useSubmission } from "../ui/submission.ts";
import { Until } from "../ui/ticking.tsx";
import { taskPath } from "./paths.ts";
import { objectOf, type Task } from "./task-model.ts";
import { retry } from "./task-verbs.tsx";

interface EditProps {
  /** As it stands now, which may not be as it stood when the editing began. */
  readonly task: Task;
  readonly onEnd: () => void;
  readonly onChanged: () => void;
}

export function EditArgs({ task, onEnd, onChanged }: EditProps): ComponentChildren {
  const text = useSignal(formatJson(task.args));
  const revision = useSignal(task.revision);
  const { isBusy, error, run } = useSubmission();
  const isConflict = useSignal(false);

  const save = async (thenRetry: boolean): Promise<void> => {
    isConflict.value = false;
    const body = objectOf([
      ["args", text.value],
      ["revision", String(revision.value)],
    ]);
    try {
      const saved = await sendText<{ revision: number }>("PATCH", taskPath(task.queue, task.id), body);
      revision.value = saved.revision;
      if (!thenRetry) say("The args are changed.", "good");
      if (!thenRetry || (await retry(task))) onEnd();
    } catch (refusal) {
      isConflict.value = refusal instanceof ApiError && refusal.code === "revision_conflict";
      throw refusal;
    } finally {
      onChanged();
    }
  };
  const isWrong = editedFlaw(text.value) !== null || isBusy.value;
  const mayRetry = task.status === "Failed" || task.status === "Killed";
  return (
    <form class="stack edit" onSubmit={(event) => event.preventDefault()} aria-label="Edit args">
      <JsonEditor
        isFirst
        label="Args, as JSON"
        value={text}
        rows={Math.min(24, Math.max(6, text.value.split("\n", 24).length))}
      />
      {task.status === "Failed" ? (
        <p class="muted small">
          It is due for its next attempt <Until at={task.runAt} past="now" />: once a worker has it, it cannot be
          changed.
        </p>
      ) : null}
      {isConflict.value ? (
        <div class="error" role="alert">
          <p>
            Somebody or something else changed this task while you edited it: it has revision {task.revision} by now,
            and you began with {revision.value}. Your text is still here. Copy it and leave the editor to see what is
            new, or save it over what is there.
          </p>
          <p>
            <button
              type="button"
              onClick={() => {
                revision.value = task.revision;
                isConflict.value = false;
                error.value = null;
              }}
            >
              Save over revision {task.revision} instead
            </button>
          </p>
        </div>
      ) : error.value === null ? null : (
        <p class="error" role="alert">
          {error.value}
        </p>
      )}
      <div class="row">
        {mayRetry ? (
          <button type="button" class="primary" disabled={isWrong} onClick={() => run(() => save(true))}>
            Save and retry
          </button>
        ) : null}
        <button
          type="button"
          class={mayRetry ? "" : "primary"}
          disabled={isWrong}
          onClick={() => run(() => save(false))}
        >
          Save
        </button>
        <button type="button" class="quiet" onClick={onEnd}>
          Leave as it was
        </button>
      </div>
    </form>
  );
}
