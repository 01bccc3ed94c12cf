/** A history in the order that questions are asked of it: by task, by lease, by mark. */

import type { Acked, Delivery, Entry, Execution, Lost, Push, Pushed, Result, Value, Wait } from "../history.ts";

/** A task as the queue lists it in the end. */
export interface Listed {
  readonly id: string;
  readonly args: unknown;
  readonly status: string;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly lockBy?: string;
  readonly doneAt?: number;
  readonly lastResult?: { readonly ok: unknown } | { readonly err: string };
  readonly runs: readonly ListedRun[];
}

interface ListedRun {
  readonly attempt: number;
  readonly worker: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly outcome?: string;
}

/** What the queue says once all is over. */
export interface State {
  readonly tasks: readonly Listed[];
  readonly counts: Readonly<Record<string, number>>;
  readonly orphanAfterMs: number;
}

export interface Evidence {
  readonly state: State;
  readonly tasks: ReadonlyMap<string, Listed>;
  readonly pushes: readonly Push[];
  readonly pushed: readonly Pushed[];
  /** Marks whose push was refused, each time that it was sent. */
  readonly refused: ReadonlySet<number>;
  /** The first delivery of each lease, by task, in the order in which they were locked. */
  readonly leases: ReadonlyMap<string, readonly Delivery[]>;
  readonly executions: ReadonlyMap<string, readonly Execution[]>;
  readonly acked: readonly Acked[];
  /** When each call was sent. */
  readonly sentAt: ReadonlyMap<number, number>;
  readonly lost: ReadonlyMap<string, Lost>;
  readonly waits: readonly Wait[];
  readonly results: readonly Result[];
}

const of = <T extends Entry["type"]>(entries: readonly Entry[], type: T): Extract<Entry, { type: T }>[] =>
  entries.filter((entry): entry is Extract<Entry, { type: T }> => entry.type === type);

export function evidenceOf(entries: readonly Entry[], state: State): Evidence {
  const answered = new Set([...of(entries, "pushed"), ...of(entries, "push-unknown")].map(({ mark }) => mark));
  const refused = of(entries, "push-refused").filter(({ mark }) => !answered.has(mark));
  const first = new Map<string, Delivery>();
  for (const delivery of of(entries, "delivery")) if (!first.has(delivery.lease)) first.set(delivery.lease, delivery);
  return {
    state,
    tasks: new Map(state.tasks.map((task) => [task.id, task])),
    pushes: of(entries, "push"),
    pushed: of(entries, "pushed"),
    refused: new Set(refused.map(({ mark }) => mark)),
    leases: byTask([...first.values()].sort((a, b) => a.lockAt - b.lockAt)),
    executions: byTask(of(entries, "execution")),
    acked: of(entries, "acked"),
    sentAt: new Map(of(entries, "ack").map(({ call, at }) => [call, at])),
    lost: new Map(of(entries, "lost").map((lost) => [lost.lease, lost])),
    waits: of(entries, "wait"),
    results: of(entries, "result"),
  };
}

function byTask<T extends { readonly id: string }>(entries: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const entry of entries) {
    const group = groups.get(entry.id);
    if (group) group.push(entry);
    else groups.set(entry.id, [entry]);
  }
  return groups;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** The mark in a task's args; undefined when they are not ours. */
export const markOf = (args: unknown): number | undefined =>
  isObject(args) && typeof args.mark === "number" ? args.mark : undefined;

/** What a handler of ours returned; undefined when it is nothing of the kind. */
export const valueIn = (ok: unknown): Value | undefined =>
  isObject(ok) && typeof ok.mark === "number" && typeof ok.lease === "string"
    ? { mark: ok.mark, lease: ok.lease }
    : undefined;

/** The value that a listed task was ended with. */
export const endOf = (task: Listed): Value | undefined =>
  task.lastResult && "ok" in task.lastResult ? valueIn(task.lastResult.ok) : undefined;

export const isTerminal = (status: string): boolean => status === "Done" || status === "Killed";
