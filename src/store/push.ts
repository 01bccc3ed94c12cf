/** push: new tasks, durable when it returns; those that somebody waits for are delivered in the same write. */

import { inOrder, newState } from "../task/draft.ts";
import { formatId } from "../task/id.ts";
import { keyName } from "../task/key.ts";
import { placeOf, transition } from "../task/machine.ts";
import { ok, type Result } from "../task/result.ts";
import type { TaskState } from "../task/state.ts";
import { type Backoff, DEFAULT_BACKOFF, type NewTask, type Pushed } from "../task/task.ts";
import { hasBacklog } from "./backlog.ts";
import { type InsertRow, insertedRow, insertRows } from "./insert.ts";
import { keyHolders } from "./keys.ts";
import { delivered } from "./leased.ts";
import { joinsLine } from "./line.ts";
import { wakeForLease } from "./liveness.ts";
import { IN_LINE, LISTED, type Place, placeCode } from "./place.ts";
import { codeOf, idOf, statusOf } from "./rows.ts";
import { isSpanned, spanOver } from "./span.ts";
import { type Deliveries, deal, roomOf, type Taker } from "./takers.ts";
import type { Tx } from "./tx.ts";

export interface PushAnswer<T extends Taker> {
  readonly pushed: Pushed[];
  readonly deliveries: Deliveries<T>;
}

interface Draft {
  readonly task: NewTask;
  readonly seq: number;
  readonly random: number;
  readonly state: TaskState;
  readonly priority: number;
}

/**
 * Pushes a batch, all or nothing. A task whose idempotency key is held answers the holder's id.
 *
 * @param takers who waits for tasks; none while the queue is paused
 */
export function push<T extends Taker>(tx: Tx, tasks: readonly NewTask[], takers: readonly T[]): Result<PushAnswer<T>> {
  const held = keyHolders(tx, tasks);
  const drafts: Draft[] = [];
  const createdAt = Math.max(tx.now, tx.tally.lastMs);
  const chance = tx.chance.bits30(tasks.length);
  const pushed = tasks.map((task, index): Pushed => {
    const known = task.idempotencyKey === undefined ? undefined : held.get(keyName(task));
    if (known) return known;
    const draft = drafted(tx, task, tx.tally.nextSeq + drafts.length, chance[index] ?? 0);
    drafts.push(draft);
    const id = formatId({ ms: createdAt, partition: tx.partition, seq: draft.seq, random: draft.random });
    const answer: Pushed = { id, status: "Pending", created: true };
    if (task.idempotencyKey !== undefined) held.set(keyName(task), { ...answer, created: false });
    return answer;
  });
  if (drafts.length === 0) return ok({ pushed, deliveries: new Map() });
  const deliveries = insert(tx, createdAt, drafts, takers);
  // Only now: whoever finds the line empty has looked as far as there were rows.
  tx.tally.nextSeq += drafts.length;
  tx.tally.lastMs = createdAt;
  return ok({ pushed: answered(tx, pushed, deliveries), deliveries });
}

const drafted = (tx: Tx, task: NewTask, seq: number, random: number): Draft => ({
  task,
  seq,
  random,
  state: newState(task, tx.config.defaults, tx.now),
  priority: task.priority ?? tx.config.defaults.priority,
});

/** Writes the drafts, those that find a taker as leased. */
function insert<T extends Taker>(
  tx: Tx,
  createdAt: number,
  drafts: readonly Draft[],
  takers: readonly T[],
): Deliveries<T> {
  // With a backlog the older tasks go first: these join it, and the claim that follows sees to the order.
  const direct = roomOf(takers) > 0 && !hasBacklog(tx);
  const due = direct ? drafts.filter((draft) => placeOf(draft.state, tx.now) === "ready").sort(inOrder) : [];
  const dealt = deal(due, takers);
  const takerOf = new Map(dealt.map(([draft, taker]) => [draft.seq, taker]));
  if (dealt.length > 0) spanOver(tx, Math.min(...takerOf.keys()), Math.max(...takerOf.keys()));
  const token = dealt.length > 0 ? tx.chance.token() : 0;
  const rows = drafts.map((draft): InsertRow => {
    const taker = takerOf.get(draft.seq);
    const state = taker ? claimed(tx, draft.state, token, taker) : draft.state;
    tx.journal.moved(null, state.status);
    if (state.deadline !== null) tx.journal.wake(state.deadline);
    return rowOf(tx, draft, state, taker?.session ?? null);
  });
  insertRows(tx, createdAt, rows);
  tx.journal.pushed += drafts.length;
  for (const draft of drafts) tx.journal.touched.push(draft.seq);
  for (const _ of dealt) tx.journal.waits.push(0);
  const first = drafts[0]?.seq ?? 0;
  const deliveries = delivered(
    tx,
    // The rows are in the order of their sequences, without a gap.
    dealt.map(([{ seq }, taker]) => [insertedRow(rows[seq - first] as InsertRow, createdAt, taker.worker), taker]),
  );
  for (const { session } of deliveries.keys()) wakeForLease(tx, session);
  return deliveries;
}

function claimed(tx: Tx, state: TaskState, token: number, taker: Taker): TaskState {
  const claim = transition(state, { type: "claim", token, autoStart: taker.autoStart }, { now: tx.now, random: 0 });
  if (!claim.ok) throw new Error(`a due task could not be claimed: ${claim.error.detail}`);
  return claim.value.next;
}

function rowOf(tx: Tx, { task, seq, random, priority }: Draft, state: TaskState, holder: number | null): InsertRow {
  const keyed = task.idempotencyKey !== undefined;
  return {
    seq,
    status: codeOf(state.status),
    place: placeFor(tx, state, priority, seq),
    priority,
    runAt: state.runAt,
    random,
    attempt: state.attempt,
    maxAttempts: state.maxAttempts,
    lease: state.token,
    holder,
    lockAt: state.lockAt,
    startedAt: state.startedAt,
    deadline: state.deadline,
    timeoutMs: state.timeoutMs,
    backoff: backoffText(state.backoff),
    key: task.idempotencyKey ?? null,
    until: keyed ? (task.idempotencyUntil ?? "gone") : null,
    groupKey: task.groupKey ?? null,
    codec: task.codec === undefined || task.codec === "json" ? null : task.codec,
    meta: task.meta === undefined || Object.keys(task.meta).length === 0 ? null : JSON.stringify(task.meta),
    args: task.args,
  };
}

function placeFor(tx: Tx, state: TaskState, priority: number, seq: number): Place | null {
  const place = placeOf(state, tx.now);
  if (place === null) return isSpanned(tx, seq) ? null : LISTED;
  return joinsLine(tx, priority, state.runAt) ? IN_LINE : placeCode(place);
}

const BUILT_IN = JSON.stringify(DEFAULT_BACKOFF);

/** The built-in backoff is kept as nothing. */
export function backoffText(backoff: Backoff): string | null {
  if (backoff === DEFAULT_BACKOFF) return null;
  const text = JSON.stringify(backoff);
  return text === BUILT_IN ? null : text;
}

/** Fills in what became of the delivered ones. */
function answered<T extends Taker>(tx: Tx, pushed: Pushed[], deliveries: Deliveries<T>): Pushed[] {
  if (deliveries.size === 0) return pushed;
  const statuses = new Map([...deliveries.values()].flat().map((row) => [idOf(tx, row), statusOf(row.status)]));
  return pushed.map((one) => ({ ...one, status: statuses.get(one.id) ?? one.status }));
}
