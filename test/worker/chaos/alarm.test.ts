// An alarm that fails once, in each of the things that it does: what it was set for is done all the same, a little later.
import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";
import { freezeTime, Lab, pass, thawTime } from "../object/lab.ts";

let logged: MockInstance;
beforeEach(() => {
  freezeTime();
  logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
  thawTime();
  vi.restoreAllMocks();
});

const ORPHAN_MS = 60_000;
/** How long after an alarm that failed the next may come. */
const LATER_MS = 5_000;

/** Something that an alarm is to do. */
interface Duty {
  /** @returns the task that it is about, and whether it is done */
  readonly arrange: (lab: Lab) => Promise<{ readonly id: string; readonly isDone: () => Promise<boolean> }>;
  readonly afterMs: number;
}

const statusOf = async (lab: Lab, id: string): Promise<string> => (await lab.task(id)).status;

const DUTIES: Readonly<Record<string, Duty>> = {
  "to deliver a task that has fallen due": {
    arrange: async (lab) => {
      await lab.worker({ credit: 1 });
      const { id } = await lab.push({ delayMs: 500 });
      return { id, isDone: async () => (await statusOf(lab, id)) === "Queued" };
    },
    afterMs: 500,
  },
  "to take back the leases of a dead worker": {
    arrange: async (lab) => {
      const { id } = await lab.push();
      await lab.call("POST", "/poll", { worker: "w" });
      return { id, isDone: async () => (await statusOf(lab, id)) === "Failed" };
    },
    afterMs: ORPHAN_MS,
  },
  "to end what runs too long": {
    arrange: async (lab) => {
      const { id } = await lab.push({ timeoutMs: 500 });
      await lab.call("POST", "/poll", { worker: "w" });
      return { id, isDone: async () => (await statusOf(lab, id)) === "Failed" };
    },
    afterMs: 500,
  },
  "to remove what was kept long enough": {
    arrange: async (lab) => {
      await lab.call("PATCH", "/config", { retention: { killedMs: 1_000 } });
      const { id } = await lab.push();
      await lab.call("POST", `/tasks/${id}/cancel`);
      return { id, isDone: async () => (await lab.task(id)).code === "task_not_found" };
    },
    afterMs: 4_000,
  },
};

/** Ways in which an alarm's handler fails. */
const FAILURES: Readonly<Record<string, (storage: DurableObjectStorage) => void>> = {
  "all of its transaction does": (storage) => {
    const transact = storage.transactionSync.bind(storage);
    vi.spyOn(storage, "transactionSync").mockImplementationOnce((body) =>
      transact(() => {
        body();
        throw new Error("the disk is full");
      }),
    );
  },
  "its own part of the transaction does": (storage) => {
    const transact = storage.transactionSync.bind(storage);
    let begun = 0;
    vi.spyOn(storage, "transactionSync").mockImplementation((body) => {
      const isFirstPart = ++begun === 2;
      return transact(() => {
        const value = body();
        if (isFirstPart) throw new Error("the disk is full");
        return value;
      });
    });
  },
};

describe.each(Object.entries(DUTIES))("an alarm that is there %s", (_, { arrange, afterMs }) => {
  test.each(Object.entries(FAILURES))("and fails once, since %s", async (_how, fail) => {
    const lab = new Lab();
    const { isDone } = await arrange(lab);
    pass(afterMs);
    expect(await isDone()).toBe(false);
    await runInDurableObject(lab.stub, (_object, { storage }) => fail(storage));
    await lab.alarm();
    expect(logged).toHaveBeenCalled();
    // It does not spin, whatever the rest of the transaction found to be due.
    const next = await lab.alarmAt();
    expect(next).toBeGreaterThan(Date.now());
    expect(next).toBeLessThanOrEqual(Date.now() + LATER_MS);
    pass(LATER_MS);
    await lab.alarms();
    expect(await isDone()).toBe(true);
  });

  test("and finds that no alarm can be set: the platform runs it again, and so does the next start", async () => {
    const lab = new Lab();
    const { isDone } = await arrange(lab);
    pass(afterMs);
    await runInDurableObject(lab.stub, (_object, { storage }) => {
      vi.spyOn(storage, "setAlarm").mockRejectedValueOnce(new Error("the disk is full"));
    });
    await lab.alarm().catch(() => undefined);
    await lab.evict();
    await lab.call("GET", "/tasks");
    pass(LATER_MS);
    await lab.alarms();
    expect(await isDone()).toBe(true);
  });
});
