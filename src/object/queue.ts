/** QueueObject: one partition of a queue. Thin: it takes calls, frames and alarms to the rules and the store. */

import { DurableObject } from "cloudflare:workers";
import { directoryStub, type Env } from "../env.ts";
import { ALARM_RETRY_MS } from "../limits.ts";
import { logBug } from "../protocol/bug.ts";
import type {
  BulkInput,
  ConfigPatch,
  EventsInput,
  ListQuery,
  PollInput,
  RegisterInput,
  VacuumInput,
} from "../protocol/types.ts";
import { durableDriver } from "../store/durable.ts";
import * as long from "../store/long.ts";
import type { FullRow } from "../store/rows.ts";
import * as byId from "../store/tasks.ts";
import { taskNotFound, tooBusy } from "../task/refusals.ts";
import { ok, type Result } from "../task/result.ts";
import type { NewTask, TaskPatch } from "../task/task.ts";
import { tick } from "./alarm.ts";
import type { QueueApi, When } from "./api.ts";
import { Connections } from "./connections.ts";
import type { Desk } from "./desk.ts";
import { dropQueue } from "./drop.ts";
import { Partition } from "./partition.ts";
import { type Pushes, pushesOf } from "./pushes.ts";
import * as reads from "./reads.ts";
import { Reporter } from "./reporter.ts";
import { Sockets } from "./sockets.ts";
import type { Step } from "./step.ts";
import { Watchers } from "./watchers.ts";
import { inTurns } from "./work.ts";
import * as writes from "./writes.ts";

export class QueueObject extends DurableObject<Env> implements QueueApi {
  readonly #desk: Desk;
  readonly #partition: Partition;
  readonly #pushes: Pushes;
  readonly #sockets: Sockets;
  readonly #reporter: Reporter;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    // Pings are answered by the runtime: they wake nobody, and their time is the heartbeat.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    const connections = new Connections(ctx);
    const watchers = new Watchers(connections, () => reads.readable(this.#reading(), this.#partition.opened));
    const announce = () => ctx.waitUntil(this.#reporter.report());
    const sql = durableDriver(ctx.storage);
    this.#partition = new Partition({ ...nameOf(ctx), sql, storage: ctx.storage, connections, watchers, announce });
    this.#desk = { partition: this.#partition, connections, watchers };
    this.#pushes = pushesOf(this.#desk);
    this.#sockets = new Sockets(this.#desk, this.#pushes, ctx);
    this.#reporter = new Reporter(this.#partition, () => directoryStub(env));
    void ctx.blockConcurrencyWhile(() => this.#partition.start());
  }

  async push(tasks: readonly NewTask[]) {
    const { group } = this.#partition;
    const weight = tasks.reduce((sum, { args }) => sum + args.length, 0);
    return group.isFull ? tooBusy() : group.together(this.#pushes, { tasks }, weight);
  }

  poll(input: PollInput) {
    return this.#write((step) => writes.poll(this.#desk, step, input));
  }

  events(input: EventsInput) {
    return this.#write((step) => writes.events(this.#desk, step, input));
  }

  register(input: RegisterInput) {
    return this.#write((step) => writes.registerWorker(this.#desk, step, input));
  }

  heartbeat(input: { worker: string; session: string }) {
    return this.#write((step) => writes.heartbeat(this.#desk, step, input));
  }

  goodbye(input: { worker: string; session: string }) {
    return this.#write((step) => writes.sayGoodbye(this.#desk, step, input));
  }

  async workers() {
    return reads.workers(this.#readingIfUsed());
  }

  async task(id: string) {
    return reads.task(this.#readingIfUsed(), id);
  }

  async list(query: ListQuery) {
    return reads.tasks(this.#readingIfUsed(), query);
  }

  update({ id, patch }: { id: string; patch: TaskPatch }) {
    return this.#change(id, (step) => textOf(step, byId.update(step.tx, id, patch)));
  }

  reschedule({ id, delayMs, runAt }: { id: string } & When) {
    return this.#change(id, (step) =>
      textOf(step, byId.reschedule(step.tx, id, runAt ?? step.tx.now + (delayMs ?? 0))),
    );
  }

  resume(id: string) {
    return this.#change(id, (step) => mapped(byId.resume(step.tx, id), (resumed) => ({ resumed })));
  }

  cancel(id: string) {
    return this.#change(id, (step) => mapped(byId.cancel(step.tx, id), (cancelled) => ({ cancelled })));
  }

  remove(id: string) {
    return this.#change(id, (step) => byId.remove(step.tx, id));
  }

  async bulk(input: BulkInput) {
    if (!this.#partition.opened) return ok({ matched: 0, changed: 0, more: false });
    return ok(await inTurns(this.#desk, long.bulk(input, Date.now())));
  }

  async purge() {
    return ok(this.#partition.opened ? await inTurns(this.#desk, long.purge()) : { purged: 0, more: false });
  }

  async vacuum(input: VacuumInput) {
    if (!this.#partition.opened) return ok({ vacuumed: 0, more: false });
    return ok(await inTurns(this.#desk, long.vacuum(input, this.#partition.tally)));
  }

  async resumeAbandoned() {
    return ok({ resumed: this.#partition.opened ? await inTurns(this.#desk, long.sweepAll()) : 0 });
  }

  async drop({ force }: { force: boolean }): Promise<Result<null>> {
    if (!this.#partition.opened) return ok(null);
    const { queue } = nameOf(this.ctx);
    const dropped = await this.#partition.group.do((step) => dropQueue(this.#desk, step, force), { alone: true });
    if (!dropped.ok) return dropped;
    // The tables went with the transaction; this gives back the storage itself, and the alarm.
    const emptied = this.ctx.storage.deleteAll();
    this.#partition.reload();
    this.#partition.alarm.clear();
    this.#desk.connections.forgetSessions();
    await emptied;
    await directoryStub(this.env).forget(queue);
    return dropped;
  }

  async status(ids: readonly string[]) {
    return reads.status(this.#readingIfUsed(), ids);
  }

  async info() {
    return reads.info(this.#reading(), this.#partition.opened);
  }

  async stats() {
    return ok(reads.stats(this.#reading(), this.#partition.opened));
  }

  async config() {
    return ok(this.#partition.config);
  }

  configure(patch: ConfigPatch) {
    return this.#write((step) => writes.configureQueue(this.#desk, step, patch));
  }

  async health(): Promise<Result<null>> {
    this.ctx.storage.sql.exec("SELECT 1").one();
    return ok(null);
  }

  override async fetch(request: Request): Promise<Response> {
    return this.#sockets.accept(request);
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    await this.#sockets.message(socket, message);
  }

  override async webSocketClose(socket: WebSocket, code: number): Promise<void> {
    await this.#sockets.closed(socket, code);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.#sockets.closed(socket, 1006);
  }

  /** A fired alarm is used up: whatever happens, the next is set before this ends. */
  override async alarm(): Promise<void> {
    this.#partition.alarm.clear();
    if (!this.#partition.opened) return;
    try {
      await this.#partition.group.do((step) => {
        this.#sockets.expelEnded(step);
        tick(this.#partition, step);
      });
    } catch (error) {
      logBug("an alarm, which is tried again", error);
      await this.#partition.alarm.postpone(Date.now() + ALARM_RETRY_MS);
      return;
    }
    await this.#partition.rearm(Date.now());
  }

  async #write<T>(run: (step: Step) => Result<T>, weight = 0): Promise<Result<T>> {
    const { group } = this.#partition;
    return group.isFull ? tooBusy() : group.do(run, { weight });
  }

  /** A change of one task: there is none in a queue that was never used. */
  async #change<T>(id: string, run: (step: Step) => Result<T>): Promise<Result<T>> {
    return this.#partition.opened ? this.#write(run) : taskNotFound(id);
  }

  #reading() {
    return this.#partition.read(Date.now());
  }

  #readingIfUsed() {
    return this.#partition.opened ? this.#reading() : null;
  }
}

/** `queue/k`: the queue may have slashes itself. */
function nameOf(ctx: DurableObjectState): { queue: string; partition: number } {
  const name = ctx.id.name ?? "";
  const slash = name.lastIndexOf("/");
  if (slash < 1) throw new Error("a queue's object is named queue/partition");
  return { queue: name.slice(0, slash), partition: Number(name.slice(slash + 1)) };
}

const mapped = <T, U>(result: Result<T>, map: (value: T) => U): Result<U> =>
  result.ok ? ok(map(result.value)) : result;

const textOf = (step: Step, row: Result<FullRow>): Result<string> =>
  mapped(row, (found) => reads.taskOf(step.tx, found));
