/** Sockets of a queue: taken in, read, closed. */

import { logBug } from "../protocol/bug.ts";
import { hasScope, mayName } from "../protocol/caller.ts";
import { decodeFrame, decodeInternalFrame, FRAME_SCOPE, type FrameFailure } from "../protocol/frames.ts";
import type { Caller, ClientFrame, InternalFrame } from "../protocol/types.ts";
import { lastHeard, missing } from "../store/liveness.ts";
import { holdsLeases, sessionById } from "../store/sessions.ts";
import { belongHere } from "../task/places.ts";
import { tooBusy } from "../task/refusals.ts";
import { type Failure, fail, ok, type Result } from "../task/result.ts";
import type { NewTask } from "../task/task.ts";
import type { Connection } from "./connection.ts";
import type { Desk } from "./desk.ts";
import { perform } from "./frames.ts";
import type { Pushes } from "./pushes.ts";
import { errorText } from "./refusal.ts";
import type { Siblings } from "./siblings.ts";
import type { Step } from "./step.ts";
import { type AcceptingHost, acceptUpgrade, closeReply } from "./upgrade.ts";

export class Sockets {
  readonly #desk: Desk;
  readonly #pushes: Pushes;
  readonly #siblings: Siblings;
  readonly #host: AcceptingHost;
  /** Sockets with a frame that waits for other partitions: those behind it wait too, so that none is overtaken. */
  readonly #held = new Map<Connection, Promise<unknown>>();

  constructor(desk: Desk, pushes: Pushes, siblings: Siblings, host: AcceptingHost) {
    this.#desk = desk;
    this.#pushes = pushes;
    this.#siblings = siblings;
    this.#host = host;
  }

  /** Answers an upgrade that the Worker has checked. */
  accept(request: Request): Response {
    return acceptUpgrade(this.#host, request, this.#desk.connections.count, (connection) =>
      this.#desk.connections.add(connection),
    );
  }

  /** Takes in a frame. Answers in the order of arrival: refusals go the same way as all else. */
  message(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    const connection = this.#desk.connections.of(socket);
    if (!connection) return Promise.resolve();
    connection.heardAt = Date.now();
    const whole = read(connection.caller, message);
    // What has no room loses its weight, but not its place: it is refused in its turn.
    const frame = this.#desk.partition.turnsAway() ? refusedForNow(refOf(whole)) : whole;
    const weight = frame.ok && typeof message === "string" ? message.length : 0;
    const done = this.#inTurn(connection, frame, (ready) => this.#take(connection, ready, weight));
    return done.catch((error: unknown) => {
      // A bug. Whoever sent the frame waits for an answer all the same.
      logBug("a frame", error);
      const failure = fail("internal", "Something went wrong in this server; it has been logged.").error;
      connection.send(errorText(failure, refOf(frame)), Date.now());
    });
  }

  /** Takes a frame at once, or once what it and those before it need of other partitions is there. */
  async #inTurn(connection: Connection, frame: Read, take: (frame: Read) => Promise<unknown>): Promise<void> {
    const before = this.#held.get(connection);
    const ready = this.#before(connection, frame);
    if (before === undefined && ready === null) return void (await take(frame));
    const turn = Promise.resolve(before).then(async () => {
      const done = ready === null ? null : await ready;
      // It waits for its place in line alone: those behind it need not wait for its answer.
      return { taken: take(done?.ok === false ? refusedWith(done.error, refOf(frame)) : frame) };
    });
    const place = turn.catch(() => undefined);
    this.#held.set(connection, place);
    void place.then(() => this.#held.get(connection) === place && this.#held.delete(connection));
    await (await turn).taken;
  }

  /** What a frame needs of other partitions; `null` where nothing is needed. */
  #before({ caller }: Connection, frame: Read): Promise<Result<null>> | null {
    if (!frame.ok) return null;
    const { value } = frame;
    if (value.type === "push") return this.#siblings.beforeUse(caller.layout);
    if (value.type !== "register" && value.type !== "poll") return null;
    const { worker, session } = value;
    const founded = this.#siblings.beforeUse(caller.layout);
    if (session === undefined) return founded;
    if (founded === null) return this.#siblings.beforeMeeting({ worker, session });
    return founded.then((done) => (done.ok ? (this.#siblings.beforeMeeting({ worker, session }) ?? done) : done));
  }

  /** Whether a frame's tasks belong here, by the number that the queue has. */
  #belongs(connection: Connection, tasks: readonly NewTask[]): Result<null> {
    const { partition } = this.#desk;
    const { layout } = connection.caller;
    return layout === undefined
      ? ok(null)
      : belongHere(tasks, partition.number, layout, partition.keyed ?? layout.keyed);
  }

  #take(connection: Connection, frame: Read, weight: number): Promise<unknown> {
    const { group } = this.#desk.partition;
    if (!frame.ok) {
      const { error } = frame;
      return group.do((step) => step.admits(connection, error.ref) && step.refuse(connection, error, error.ref));
    }
    const { value } = frame;
    const here = value.type === "push" ? this.#belongs(connection, value.tasks) : ok(null);
    if (!here.ok) return this.#take(connection, refusedWith(here.error, refOf(frame)), 0);
    if (value.type === "push")
      return group.together(this.#pushes, { tasks: value.tasks, from: { connection, ref: value.ref } }, weight);
    const work = (step: Step) => step.admits(connection, refOf(frame)) && perform(this.#desk, step, connection, value);
    return group.do(work, { weight });
  }

  /** Tells all sockets whose token has ended, and closes them: for when the object is awake anyway. */
  expelEnded(step: Step): void {
    for (const one of this.#desk.connections.all) if (one.isOpen && one.isExpired(step.tx.now)) step.expel(one);
  }

  /** A socket that closed is no dead worker: its silence counts from the last sign of life, whoever looks later. */
  closed(socket: WebSocket, code: number): Promise<void> {
    closeReply(socket, code);
    const connection = this.#desk.connections.of(socket);
    if (!connection) return Promise.resolve();
    const { consumer, credit } = connection.memory;
    // One that was answered was heard at that time: this is the Worker's doing, and the lease must not outlive its holder.
    if (consumer?.poll && credit > 0) connection.heardAt = Date.now();
    this.#desk.connections.remove(connection);
    // A poll that ends is no farewell: the next one follows, and its session has a row that is written now and then.
    if (!consumer || consumer.poll || !this.#desk.partition.opened) return Promise.resolve();
    return this.#desk.partition.group.do((step) => this.#leave(step, consumer.session));
  }

  #leave(step: Step, id: number): void {
    if (!this.#desk.partition.isUsed()) return;
    const stillThere = this.#desk.connections.ofSession(id).some((one) => one.isOpen);
    const session = sessionById(step.tx, id);
    if (stillThere || !session || !holdsLeases(step.tx, id)) return;
    const heard = lastHeard(step.tx, session);
    missing(step.tx, id, heard, heard);
    step.tx.journal.workersChanged = true;
    step.tx.journal.wake(heard + step.tx.config.orphanAfterMs);
  }
}

type Read = Result<ClientFrame | InternalFrame, FrameFailure>;

function refOf(frame: Read): string | undefined {
  if (!frame.ok) return frame.error.ref;
  return "ref" in frame.value ? frame.value.ref : undefined;
}

const refusedWith = (error: Failure, ref: string | undefined): Read => ({
  ok: false,
  error: ref === undefined ? error : { ...error, ref },
});

const refusedForNow = (ref: string | undefined): Read => refusedWith(tooBusy().error, ref);

function read(caller: Caller, message: string | ArrayBuffer): Read {
  if (typeof message !== "string")
    return fail("bad_request", "Frames are JSON text; this one is binary.", { path: "body" });
  if (caller.internal) return decodeInternalFrame(message);
  const frame = decodeFrame(message);
  if (!frame.ok) return frame;
  const allowed = may(caller, frame.value);
  if (allowed.ok) return frame;
  return "ref" in frame.value ? { ok: false, error: { ...allowed.error, ref: frame.value.ref } } : allowed;
}

function may(caller: Caller, frame: ClientFrame): Result<null> {
  const scope = FRAME_SCOPE[frame.type];
  if (caller.tasks === undefined) {
    return hasScope(caller, [scope])
      ? ok(null)
      : fail("forbidden", `A \`${frame.type}\` frame needs the scope \`${scope}\`.`);
  }
  if (frame.type === "unwait") return ok(null);
  if (frame.type !== "wait") return fail("forbidden", "A token for tasks is good for `wait` and `unwait` alone.");
  return mayName(caller, frame.ids) ? ok(null) : fail("forbidden", "The token is for other tasks than these.");
}
