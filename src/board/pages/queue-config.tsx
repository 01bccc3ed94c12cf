/** The settings of a queue: read by all who may read it, changed by its administrators. */

import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { patch } from "../api.ts";
import { say } from "../toast.tsx";
import { can } from "../token.ts";
import type { QueueStats } from "../types.ts";
import { Fact } from "../ui/fact.tsx";
import { SelectField, TextField } from "../ui/fields.tsx";
import { useSubmission } from "../ui/submission.ts";
import { durationText } from "../ui/time.ts";
import { CONFIG_FIELDS, type ConfigField, configPatchOf, configTexts } from "./config-form.ts";
import { queuePath } from "./paths.ts";
import type { LiveQueue } from "./queue-live.ts";

interface ConfigProps {
  readonly queue: string;
  readonly live: LiveQueue;
}

export function QueueConfigForm({ queue, live }: ConfigProps): ComponentChildren {
  const config = live.stats.value?.config;
  if (config === undefined) return null;
  if (!can("admin", queue)) return <ConfigFacts config={config} />;
  // Anew when somebody else changes them: a form that shows what was would bring it back.
  return <Editor key={JSON.stringify(config)} queue={queue} config={config} onChanged={() => live.refresh()} />;
}

type Config = QueueStats["config"];

function ConfigFacts({ config }: { readonly config: Config }): ComponentChildren {
  const { orphanAfterMs, retention, defaults } = config;
  const kept = (ms: number | null): string => (ms === null ? "for ever" : durationText(ms));
  return (
    <dl class="facts">
      <Fact name="A silent worker is dead after">{durationText(orphanAfterMs)}</Fact>
      <Fact name="Done tasks are kept">{kept(retention.doneMs)}</Fact>
      <Fact name="Killed tasks are kept">{kept(retention.killedMs)}</Fact>
      <Fact name="Attempts">{defaults.maxAttempts}</Fact>
      <Fact name="Priority">{defaults.priority}</Fact>
      <Fact name="Time for one run">{defaults.timeoutMs === null ? "no limit" : durationText(defaults.timeoutMs)}</Fact>
    </dl>
  );
}

interface EditorProps {
  readonly queue: string;
  readonly config: Config;
  readonly onChanged: () => Promise<void>;
}

function Editor({ queue, config, onChanged }: EditorProps): ComponentChildren {
  const before = configTexts(config);
  const values = Object.fromEntries(CONFIG_FIELDS.map((field) => [field, useSignal(before[field])])) as Record<
    ConfigField,
    Signal<string>
  >;
  const { isBusy, error, run } = useSubmission();
  const texts = Object.fromEntries(CONFIG_FIELDS.map((field) => [field, values[field].value])) as Record<
    ConfigField,
    string
  >;
  const change = configPatchOf(config, texts);
  const isSame = "patch" in change && Object.keys(change.patch).length === 0;
  const wrong = (field: ConfigField): string | null =>
    "wrong" in change && change.field === field ? change.wrong : null;
  const text = (field: ConfigField, label: string, hint?: string) => (
    <TextField label={label} value={values[field]} hint={hint} error={wrong(field)} />
  );
  const submit = async (): Promise<void> => {
    if (!("patch" in change)) return;
    const changed = change.patch;
    await run(async () => {
      await patch(queuePath(queue, "/config"), changed);
      say("The settings are changed.", "good");
      await onChanged();
    });
  };
  return (
    <form
      class="stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <fieldset>
        <legend>The queue</legend>
        <div class="fields">
          <SelectField
            label="Paused"
            value={values.paused}
            options={{ false: "No", true: "Yes: nothing is claimed" }}
          />
          {text("orphanAfterMs", "A silent worker is dead after", "1 s to 24 h")}
          {text("doneMs", "Keep Done tasks for", "Empty: for ever")}
          {text("killedMs", "Keep Killed tasks for", "Empty: for ever")}
        </div>
      </fieldset>
      <fieldset>
        <legend>Defaults of new tasks</legend>
        <div class="fields">
          {text("maxAttempts", "Attempts")}
          {text("priority", "Priority")}
          {text("timeoutMs", "Time for one run", "Empty: no limit")}
          <SelectField
            label="Wait between attempts"
            value={values.type}
            options={{ exponential: "Longer each time", fixed: "Always as long" }}
          />
          {text("baseMs", "First wait")}
          {text("factor", "Factor", "Each wait so many times the last")}
          {text("maxMs", "Longest wait")}
          {text("jitter", "Jitter", "0 to 1: 0.1 is ±10 %")}
        </div>
      </fieldset>
      {error.value === null ? null : (
        <p class="error" role="alert">
          {error.value}
        </p>
      )}
      <div class="row">
        <button type="submit" class="primary" disabled={isSame || isBusy.value || "wrong" in change}>
          Save settings
        </button>
      </div>
    </form>
  );
}
