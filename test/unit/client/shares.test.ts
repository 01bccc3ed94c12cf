// How credit is spread over partitions: first what it comes to, then that it never comes to more than there is room for.
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Part, sharesOf } from "../../../src/client/shares.ts";
import { creditIn, PartitionedServer, taskOf } from "./fake-partitions.ts";
import { type FakeSocket, fakeSockets } from "./fake-socket.ts";
import { answerTo, listOf, settle, startWorker } from "./worker-bench.ts";

const FRESH: Part = { load: 0, granted: 0, isDry: false, isBroken: false };
const part = (more: Partial<Part>): Part => ({ ...FRESH, ...more });
const mostOf = (room: number, parts: readonly Part[], turn = 0) => sharesOf(room, parts, turn).most;

describe("shares", () => {
  test("are even at first, and what is over begins where the last turn ended", () => {
    expect(mostOf(10, [FRESH, FRESH, FRESH])).toEqual([4, 3, 3]);
    expect(mostOf(10, [FRESH, FRESH, FRESH], 1)).toEqual([3, 4, 3]);
    expect(sharesOf(1, [FRESH, FRESH, FRESH], 2)).toEqual({ most: [0, 0, 1], turn: 0, recalled: [] });
  });

  test("go to those who may have tasks, to whoever has least first", () => {
    const busy = part({ load: 4, granted: 0 });
    expect(mostOf(8, [busy, part({ load: 1 }), part({ load: 1, granted: 1, isDry: true })])).toEqual([4, 3, 1]);
  });

  test("go to all when none has tasks", () => {
    const dry = part({ load: 1, granted: 1, isDry: true });
    expect(mostOf(6, [dry, dry])).toEqual([3, 3]);
  });

  test("are not for one without a socket", () => {
    expect(mostOf(6, [part({ load: 2, isBroken: true }), FRESH])).toEqual([2, 4]);
    expect(mostOf(6, [part({ load: 2, isBroken: true })])).toEqual([2]);
  });

  test("are taken from those who have nothing when one who may have something gets none: no slot is left idle", () => {
    const dry = part({ load: 5, granted: 5, isDry: true });
    const one = part({ load: 1, granted: 1, isDry: true });
    const busy = part({ load: 4 });
    expect(sharesOf(10, [dry, busy, one], 0).recalled).toEqual([dry, one]);
    expect(sharesOf(11, [dry, busy, one], 0).recalled).toEqual([]);
    expect(sharesOf(10, [dry, part({ load: 5, granted: 1 })], 0).recalled).toEqual([]);
  });

  test("are evened when none has tasks: each is to have one, so that it is heard", () => {
    const none = part({ isDry: true });
    const all = part({ load: 6, granted: 6, isDry: true });
    expect(sharesOf(6, [all, none], 0).recalled).toEqual([all]);
    expect(mostOf(6, [part({ isDry: true }), none])).toEqual([3, 3]);
    expect(mostOf(7, [part({ load: 5, isDry: true }), none])).toEqual([6, 1]);
    // There is one for both, and it stays where it is.
    expect(sharesOf(1, [part({ load: 1, granted: 1, isDry: true }), none], 0).recalled).toEqual([]);
  });

  test("come to rest: what is recalled when none has tasks is not handed round for ever", () => {
    const some = fc.record({ tasks: fc.nat({ max: 6 }), granted: fc.nat({ max: 6 }) });
    fc.assert(
      fc.property(fc.array(some, { minLength: 1, maxLength: 8 }), (all) => {
        const room = all.reduce((sum, { tasks, granted }) => sum + tasks + granted, 0);
        let parts = all.map(({ tasks, granted }) => part({ load: tasks + granted, granted, isDry: true }));
        let turn = 0;
        for (let round = 0; ; round++) {
          expect(round).toBeLessThan(10);
          const shares = sharesOf(room, parts, turn);
          turn = shares.turn;
          const given = parts.map((one, at) => (shares.most[at] ?? 0) - one.load);
          if (shares.recalled.length === 0 && given.every((one) => one === 0)) break;
          parts = parts.map((one, at) => {
            const kept = shares.recalled.includes(one) ? 0 : one.granted + (given[at] ?? 0);
            return { ...one, granted: kept, load: one.load - one.granted + kept };
          });
        }
      }),
    );
  });

  test("never come to more than the room, and leave none of it where somebody can use it", () => {
    const some = fc.record({
      load: fc.nat({ max: 20 }),
      granted: fc.constant(0),
      isDry: fc.boolean(),
      isBroken: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.nat({ max: 200 }),
        fc.array(some, { minLength: 1, maxLength: 12 }),
        fc.nat(11),
        (room, parts, turn) => {
          const { most } = sharesOf(room, parts, turn % parts.length);
          const load = parts.reduce((sum, one) => sum + one.load, 0);
          const total = most.reduce((sum, one) => sum + one, 0);
          expect(most.every((one, at) => one >= (parts[at]?.load ?? 0))).toBe(true);
          expect(total).toBe(parts.every(({ isBroken }) => isBroken) ? load : Math.max(room, load));
        },
      ),
    );
  });
});

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const PARTITIONS = 3;

/** The server's side of one partition: its count of credit, its backlog, and frames that it has not read yet. */
class Side {
  readonly #partition: number;
  #socket: FakeSocket;
  #sent = 0;
  credit = 0;
  backlog = 0;
  delivered = 0;

  constructor(partition: number, socket: FakeSocket) {
    this.#partition = partition;
    this.#socket = socket;
  }

  /** A new socket, whose register frame tells the credit. */
  accept(socket: FakeSocket): void {
    this.#socket = socket;
    this.credit = 0;
  }

  /** Reads what has come, and says what the contract has it say. */
  read(): void {
    for (const frame of this.#socket.sent()) {
      this.credit = creditIn([frame], this.credit);
      if (frame.type === "events" && listOf(frame).length > 0) this.#socket.say(answerTo(frame));
      if (frame.set !== undefined) this.#socket.say({ type: "credit", credit: this.credit });
      if (frame.credit !== undefined || frame.set !== undefined) this.deliver();
    }
  }

  deliver(): void {
    const count = Math.min(this.backlog, this.credit);
    this.backlog -= count;
    this.credit -= count;
    this.delivered += count;
    const tasks = Array.from({ length: count }, () => taskOf(this.#partition, ++this.#sent));
    if (count > 0) this.#socket.say({ type: "tasks", tasks });
    if (this.credit > 0) this.#socket.say({ type: "idle" });
  }

  drop(): void {
    this.#socket.drop();
  }
}

const step = fc.oneof(
  fc.record({ do: fc.constant("push" as const), at: fc.nat(PARTITIONS - 1), n: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ do: fc.constant("finish" as const), at: fc.constant(0), n: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ do: fc.constant("read" as const), at: fc.nat(PARTITIONS - 1), n: fc.constant(0) }),
  fc.record({ do: fc.constant("wait" as const), at: fc.constant(0), n: fc.constant(0) }),
  fc.record({ do: fc.constant("break" as const), at: fc.nat(PARTITIONS - 1), n: fc.constant(0) }),
);

test("whatever happens, credit and work together never exceed the slots, and in the end every task has been done", async () => {
  const property = fc.asyncProperty(
    fc.integer({ min: 1, max: 6 }),
    fc.integer({ min: 0, max: 3 }),
    fc.array(step, { maxLength: 40 }),
    async (concurrency, prefetch, steps) => {
      vi.clearAllTimers();
      fakeSockets();
      const server = new PartitionedServer(PARTITIONS);
      const { jobs } = startWorker({ concurrency, prefetch, fetch: server.fetch });
      const sides = (await server.welcomeAll()).map((socket, partition) => new Side(partition, socket));
      let finished = 0;
      let pushed = 0;
      const check = () => {
        const out = sides.reduce((sum, { credit, delivered }) => sum + credit + delivered, 0);
        expect(out - finished).toBeLessThanOrEqual(concurrency + prefetch);
        expect(jobs.length - finished).toBeLessThanOrEqual(concurrency);
      };
      const finish = async (count: number) => {
        for (let n = 0; n < count && finished < jobs.length; n++) jobs[finished++]?.finish();
        await settle();
      };
      for (const { do: what, at, n } of steps) {
        const side = sides[at] as Side;
        if (what === "push") {
          pushed += n;
          side.backlog += n;
          side.deliver();
        }
        if (what === "finish") await finish(n);
        if (what === "read") side.read();
        if (what === "wait") await settle(1_000);
        if (what === "break") {
          side.drop();
          side.accept(await server.welcome(at));
        }
        await settle();
        check();
      }
      // Nobody is starved: with all that is said read and answered, the backlog goes.
      for (let round = 0; round < 400 && finished < pushed; round++) {
        for (const side of sides) side.read();
        await settle(jobs.length > finished ? 0 : 1_000);
        check();
        await finish(2);
      }
      expect(finished).toBe(pushed);
    },
  );
  await fc.assert(property, { numRuns: 150 });
});
