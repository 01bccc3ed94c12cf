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
import type { Settings } from "../store/config.ts";
import * as long from "../store/long.ts";
import * as byId from "../store/tasks.ts";
import { type Layout, UNDIVIDED } from "../task/layout.ts";
import { keyOf } from "../task/partition.ts";
import { otherKeyed, taskNotFound, tooBusy } from "../task/refusals.ts";
import { ok, type Result } from "../task/result.ts";
import type { NewTask, TaskPatch } from "../task/task.ts";
import { tick } from "./alarm.ts";
import type { QueueApi, When } from "./api.ts";
import type { Desk } from "./desk.ts";
import { dropQueue } from "./drop.ts";
import { nameOf } from "./name.ts";
import type { Partition } from "./partition.ts";
import { partsOf } from "./parts.ts";
import type { Pushes } from "./pushes.ts";
import * as reads from "./reads.ts";
import type { ScheduleInput, Schedules } from "./schedules.ts";
import type { Siblings } from "./siblings.ts";
import type { Sockets } from "./sockets.ts";
import type { Step } from "./step.ts";
import { inTurns } from "./work.ts";
import * as writes from "./writes.ts";

export class QueueObject extends DurableObject<Env> implements QueueApi {
  readonly #desk: Desk;
  readonly #partition: Partition;
  readonly #pushes: Pushes;
  readonly #sockets: Sockets;
  readonly #schedules: Schedules;
  readonly #siblings: Siblings;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    // Pings are answered by the runtime: they wake nobody, and their time is the heartbeat.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    const { desk, pushes, schedules, siblings, sockets } = partsOf(ctx, env);
    this.#desk = desk;
    this.#partition = desk.partition;
    this.#pushes = pushes;
    this.#schedules = schedules;
    this.#siblings = siblings;
    this.#sockets = sockets;
    void ctx.blockConcurrencyWhile(() => this.#partition.start());
  }

  async push(tasks: readonly NewTask[], layout?: Layout) {
    const founding = this.#siblings.beforeUse(layout);
    const founded = founding && (await founding);
    if (founded?.ok === false) return founded;
    const { group, keyed } = this.#partition;
    const wanted = layout ?? UNDIVIDED;
    if (keyed !== null && keyed !== wanted.keyed && tasks.some((task) => keyOf(task) !== undefined))
      return otherKeyed(nameOf(this.ctx).queue, keyed, wanted);
    const weight = tasks.reduce((sum, { args }) => sum + args.length, 0);
    return this.#partition.turnsAway() ? tooBusy() : group.together(this.#pushes, { tasks }, weight);
  }

  async poll(input: PollInput, layout?: Layout) {
    // Whoever looks into all partitions leaves those as they are that were never used.
    const isFirst = nameOf(this.ctx).partition === 0;
    if (!isFirst && !this.#partition.opened) return ok(writes.pollOfNothing(input));
    return this.#after(this.#siblings.beforeUse(layout) ?? this.#siblings.beforeMeeting(input), () =>
      this.#write((step) => writes.poll(this.#desk, step, input)),
    );
  }

  events(input: EventsInput) {
    return this.#after(this.#siblings.beforeMeeting(input), () =>
      this.#write((step) => writes.events(this.#desk, step, input)),
    );
  }

  register(input: RegisterInput, layout?: Layout) {
    return this.#use(layout, (step) => writes.registerWorker(this.#desk, step, input));
  }

  introduce({ worker }: { worker: string }, layout?: Layout) {
    return this.#use(layout, (step) => writes.introduce(this.#desk, step, worker));
  }

  meet(speaker: { worker: string; session: string }) {
    return this.#siblings.meet(speaker);
  }

  vouch(speaker: { worker?: string | undefined; session?: string | undefined }) {
    return this.#write((step) => this.#siblings.vouch(step, speaker));
  }

  found(keyed: number) {
    return this.#write((step) => ok(this.#siblings.foundation(step, keyed)));
  }

  async settings() {
    return ok(this.#siblings.settings);
  }

  settle(settings: Settings) {
    return this.#write((step) => this.#siblings.settle(step, settings));
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
    return this.#change(id, (step) => reads.textOf(step.tx, byId.update(step.tx, id, patch)));
  }

  reschedule({ id, delayMs, runAt }: { id: string } & When) {
    return this.#change(id, (step) =>
      reads.textOf(step.tx, byId.reschedule(step.tx, id, runAt ?? step.tx.now + (delayMs ?? 0))),
    );
  }

  resume(id: string) {
    return this.#change(id, (step) => reads.mapped(byId.resume(step.tx, id), (resumed) => ({ resumed })));
  }

  cancel(id: string) {
    return this.#change(id, (step) => reads.mapped(byId.cancel(step.tx, id), (cancelled) => ({ cancelled })));
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
    const { queue, partition } = nameOf(this.ctx);
    const dropped = await this.#partition.group.do((step) => dropQueue(this.#desk, step, force), { alone: true });
    if (!dropped.ok) return dropped;
    // The tables went with the transaction; this gives back the storage itself, and the alarm.
    const emptied = this.ctx.storage.deleteAll();
    this.#partition.reload();
    this.#partition.alarm.clear();
    this.#desk.dispatcher.forget();
    this.#desk.connections.forgetSessions();
    await emptied;
    await directoryStub(this.env).forget(queue, partition);
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

  async numbers() {
    return ok(reads.numbers(this.#reading(), this.#partition.opened, this.#partition.keyed ?? 1));
  }

  async history() {
    return ok(reads.history(this.#reading()));
  }

  async config() {
    const { config, code, settings } = this.#partition;
    return ok(Object.keys(code).length === 0 ? config : { ...config, code, set: settings.set });
  }

  configure(patch: ConfigPatch, layout?: Layout) {
    return this.#use(layout, (step) => writes.configureQueue(this.#desk, step, patch));
  }

  async schedules() {
    return this.#schedules.list();
  }

  async schedule(name: string) {
    return this.#schedules.get(name);
  }

  putSchedule(input: ScheduleInput, layout?: Layout) {
    return this.#use(layout, (step) => this.#schedules.put(step, input, layout));
  }

  pauseSchedule({ name, paused }: { name: string; paused: boolean }) {
    return this.#write((step) => this.#schedules.pause(step, name, paused));
  }

  deleteSchedule(name: string) {
    return this.#write((step) => this.#schedules.delete(step, name));
  }

  runSchedule(name: string) {
    return this.#write((step) => this.#schedules.run(step, name));
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
        this.#schedules.tick(step);
        tick(this.#partition, step);
      });
    } catch (error) {
      logBug("an alarm, which is tried again", error);
      await this.#partition.alarm.postpone(Date.now() + ALARM_RETRY_MS);
      return;
    }
    await this.#partition.rearm(Date.now());
  }

  /** Does a call once what it needs of other partitions is there; mostly nothing is. */
  async #after<T>(ready: Promise<Result<null>> | null, call: () => Promise<Result<T>>): Promise<Result<T>> {
    const done = ready === null ? null : await ready;
    return done?.ok === false ? done : call();
  }

  /** A call that may be the first of its queue. */
  #use<T>(layout: Layout | undefined, run: (step: Step) => Result<T>): Promise<Result<T>> {
    return this.#after(this.#siblings.beforeUse(layout), () => this.#write(run));
  }

  async #write<T>(run: (step: Step) => Result<T>, weight = 0): Promise<Result<T>> {
    return this.#partition.turnsAway() ? tooBusy() : this.#partition.group.do(run, { weight });
  }

  /** A change of one task: there is none in a queue that was never used. */
  async #change<T>(id: string, run: (step: Step) => Result<T>): Promise<Result<T>> {
    return this.#partition.opened ? this.#write(run) : taskNotFound(id);
  }

  #reading() {
    return this.#partition.read(Date.now());
  }

  #readingIfUsed() {
    return this.#partition.readIfUsed(Date.now());
  }
}
