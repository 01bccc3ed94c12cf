/** What a task is pushed with, besides its args. What is left empty is as the queue has it. */

import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { SelectField, TextField } from "../ui/fields.tsx";
import { nodeAt } from "../ui/json.ts";
import { editedFlaw, JsonEditor } from "../ui/json-editor.tsx";
import { durationOf } from "../ui/time.ts";
import { instantOfWhen, useWhen, type When, WhenFields } from "./reschedule.tsx";

const NAMES = [
  "priority",
  "maxAttempts",
  "timeoutMs",
  "baseMs",
  "factor",
  "maxMs",
  "jitter",
  "idempotencyKey",
  "groupKey",
  "meta",
] as const;
type Name = (typeof NAMES)[number];

type Values = Readonly<Record<Name | "backoff", string>>;

export interface Options {
  readonly when: When;
  readonly values: Readonly<Record<Name | "backoff", Signal<string>>>;
}

export function useOptions(): Options {
  const backoff = useSignal("default");
  const signals = NAMES.map((name) => [name, useSignal("")] as const);
  return {
    when: useWhen("now"),
    values: { ...(Object.fromEntries(signals) as Record<Name, Signal<string>>), backoff },
  };
}

type Fields = [string, string | undefined][];

export interface Form {
  readonly fields: Fields;
  /** What is wrong, in words. */
  readonly wrong?: string;
}

/** The fields of a push, JSON each, or the first that cannot be read. */
export function formOf({ when, values }: Options, isBatch: boolean, now: number): Form {
  const chosen = instantOfWhen(when, now);
  if ("wrong" in chosen) return { fields: [], wrong: chosen.wrong };
  const texts = Object.fromEntries(Object.entries(values).map(([name, { value }]) => [name, value.trim()])) as Values;
  try {
    return {
      fields: [
        ["runAt", chosen.runAt === undefined ? undefined : String(chosen.runAt)],
        ["priority", number("Priority", texts.priority)],
        ["maxAttempts", number("Attempts", texts.maxAttempts)],
        ["timeoutMs", duration("Time for one run", texts.timeoutMs)],
        ["backoff", backoff(texts)],
        ["idempotencyKey", isBatch ? undefined : string(texts.idempotencyKey)],
        ["groupKey", string(texts.groupKey)],
        ["meta", meta(texts.meta)],
      ],
    };
  } catch (error) {
    return { fields: [], wrong: (error as Error).message };
  }
}

const string = (text: string): string | undefined => (text === "" ? undefined : JSON.stringify(text));

function number(name: string, text: string): string | undefined {
  if (text === "") return undefined;
  if (!/^-?\d+(\.\d+)?$/.test(text)) throw new Error(`${name} is a number, not "${text}".`);
  return String(Number(text));
}

function duration(name: string, text: string): string | undefined {
  if (text === "") return undefined;
  const ms = durationOf(text);
  if (ms === null) throw new Error(`${name} is a number and a unit, such as 90 s, 5 min or 2 h, not "${text}".`);
  return String(ms);
}

function backoff(texts: Values): string | undefined {
  if (texts.backoff === "default") return undefined;
  const isFixed = texts.backoff === "fixed";
  const members = [
    ["type", JSON.stringify(texts.backoff)],
    ["baseMs", duration("First wait", texts.baseMs)],
    ["factor", isFixed ? undefined : number("Factor", texts.factor)],
    ["maxMs", isFixed ? undefined : duration("Longest wait", texts.maxMs)],
    ["jitter", number("Jitter", texts.jitter)],
  ] as const;
  return `{${members.flatMap(([name, value]) => (value === undefined ? [] : [`"${name}":${value}`])).join(",")}}`;
}

function meta(text: string): string | undefined {
  if (text === "") return undefined;
  if (editedFlaw(text) !== null) throw new Error("Meta is not JSON.");
  if (nodeAt(text).kind !== "object") throw new Error("Meta is a JSON object: { … }.");
  return text;
}

interface OptionFieldsProps {
  readonly options: Options;
  readonly isBatch: boolean;
}

export function OptionFields({ options: { when, values }, isBatch }: OptionFieldsProps): ComponentChildren {
  const isOwn = values.backoff.value !== "default";
  const isGrowing = values.backoff.value === "exponential";
  return (
    <details class="card" open>
      <summary>Options</summary>
      <div class="stack-small">
        <div class="fields">
          <WhenFields when={when} now />
          <TextField label="Priority" value={values.priority} hint="Higher goes first" />
          <TextField label="Attempts" value={values.maxAttempts} hint="At most so many" />
          <TextField label="Time for one run" value={values.timeoutMs} hint="Such as 90 s or 5 min" />
          <TextField
            label="Idempotency key"
            value={values.idempotencyKey}
            disabled={isBatch}
            hint={isBatch ? "Not for several tasks at once" : "No second task with the same key"}
          />
          <TextField label="Group key" value={values.groupKey} hint="To find what belongs together" />
        </div>
        <div class="fields">
          <SelectField
            label="Wait between attempts"
            value={values.backoff}
            options={{ default: "As the queue has it", exponential: "Longer each time", fixed: "Always as long" }}
          />
          {isOwn ? <TextField label="First wait" value={values.baseMs} hint="Such as 1 s" /> : null}
          {isGrowing ? (
            <TextField label="Factor" value={values.factor} hint="Each wait so many times the last" />
          ) : null}
          {isGrowing ? <TextField label="Longest wait" value={values.maxMs} hint="Such as 1 h" /> : null}
          {isOwn ? <TextField label="Jitter" value={values.jitter} hint="0 to 1: 0.1 is ±10 %" /> : null}
        </div>
        <JsonEditor
          label="Meta"
          value={values.meta}
          rows={4}
          optional
          hint="A JSON object, up to 8 KiB, for whoever reads the task"
        />
      </div>
    </details>
  );
}
