/** Cases of what others do to a task: reschedule, resume, cancel. */

import { expect } from "vitest";
import {
  ack,
  expectNothing,
  first,
  HOUR,
  leased,
  look,
  NOBODY,
  push,
  refusedEvent,
  STATUSES,
  type Status,
  said,
  standing,
  tell,
} from "./arrange.ts";
import { type Bench, type Case, check } from "./bench.ts";
import { expectNow, refused, untouched, withControl } from "./expecting.ts";

const GIVEN_BACK: Readonly<Record<Exclude<Status, "Done">, number>> = {
  Pending: 0,
  Queued: 0,
  Running: 0,
  Failed: 1,
  Killed: 0,
};

/** A worker whose task is taken from it is told, if not at once then at a sign of life. */
async function expectTold(bench: Pick<Bench, "advance">, losses: readonly unknown[], wanted: object): Promise<void> {
  for (let i = 0; i < 20 && losses.length === 0; i++) await bench.advance(250);
  expect(losses).toMatchObject([wanted]);
}

/** What takes a lease from its holder tells it, and its late ack is refused. */
const taken = (
  verb: string,
  act: (bench: Bench<"Reschedule" | "Cancel">, id: string) => Promise<unknown>,
  status: Status,
): Case =>
  check(
    `S.${verb}.told`,
    [verb === "cancel" ? "Cancel" : "Reschedule", "Backend", "Losses"],
    `${verb} of a Running task revokes its lease: the holder's signal fires, and its late end is refused`,
    async (bench) => {
      // A queue that cannot call is asked, three times in so long.
      await bench.store.configure({ orphanAfterMs: 2_000 });
      const consumer = bench.consumer();
      consumer.beat();
      const task = await leased(bench, {}, consumer);
      const signal = consumer.signal(task);
      await act(bench as unknown as Bench<"Reschedule" | "Cancel">, task.id);
      await expectTold(bench as Bench, consumer.losses, { id: task.id, lease: task.lease });
      expect(signal.aborted).toBe(true);
      expect(signal.reason).toMatchObject({ code: "lease_lost" });
      const answer = await untouched(bench, [task.id], () => tell(bench, ack(task)));
      expect(answer).toStrictEqual(refusedEvent(task.id, "lease_lost", status));
    },
    { waits: true },
  );

export const moveCases: readonly Case[] = [
  ...(["Pending", "Queued", "Running", "Failed", "Killed"] as const).map((status) =>
    check(
      `S.reschedule.${status.toLowerCase()}`,
      ["Reschedule"],
      `a ${status} task that is rescheduled is Pending, due after the delay`,
      (bench) =>
        withControl(bench, async () => {
          const { id, task } = await standing(bench, status);
          await bench.backend.reschedule(id, "2h");
          const after = await look(bench, id);
          expect(after).toMatchObject({ status: "Pending", attempt: GIVEN_BACK[status], revision: task.revision + 1 });
          expectNow(bench, after.runAt - 2 * HOUR);
          for (const field of ["lockAt", "lockBy", "doneAt"]) expect(after).not.toHaveProperty(field);
          if (status === "Running") expect(after.runs).toMatchObject([{ attempt: 1, outcome: "rescheduled" }]);
          else expect(after.runs).toStrictEqual(task.runs);
        }),
    ),
  ),

  check(
    "S.reschedule.from-done",
    ["Reschedule"],
    "a Done task is not rescheduled: wrong_status, and nothing changes",
    (bench) =>
      withControl(bench, async () => {
        const { id } = await standing(bench, "Done");
        await untouched(bench, [id], () =>
          refused(bench.backend.reschedule(id, 0), "wrong_status", { taskStatus: "Done" }),
        );
      }),
  ),

  check("S.reschedule.now", ["Reschedule"], "rescheduled with no delay a task is due", async (bench) => {
    const { id } = await standing(bench, "Killed");
    await bench.backend.reschedule(id, 0);
    await bench.advance(5);
    expect(first(await bench.consumer().claim())).toMatchObject({ id, attempt: 1 });
  }),

  check(
    "T.Reschedule.reschedule",
    ["Reschedule", "Backend"],
    "by the holder of its lease a task snoozes: the same task, with nothing burned",
    async (bench) => {
      const task = await leased(bench);
      await bench.backend.reschedule(task, "1h");
      const after = await look(bench, task.id);
      expect(after).toMatchObject({ status: "Pending", attempt: 0, runs: [{ attempt: 1, outcome: "snoozed" }] });
      expectNow(bench, after.runAt - HOUR);
    },
  ),

  check(
    "T.Reschedule.reschedule.stale",
    ["Reschedule", "Backend"],
    "by a lease that is not the live one it is refused as lease_lost, and nothing changes",
    async (bench) => {
      const task = await leased(bench);
      const stale = { ...task, lease: "stale" };
      await untouched(bench, [task.id], () =>
        refused(bench.backend.reschedule(stale, 0), "lease_lost", { taskStatus: "Running" }),
      );
    },
  ),

  check(
    "T.Reschedule.reschedule.wrong",
    ["Reschedule"],
    "a wait that is no duration is refused, and an unknown task not found",
    async (bench) => {
      const id = await push(bench);
      for (const wait of [-1, Number.NaN, "soon" as never]) {
        await untouched(bench, [id], () =>
          refused(bench.backend.reschedule(id, wait), "bad_request", { path: "wait" }),
        );
      }
      await refused(bench.backend.reschedule(NOBODY, 0), "task_not_found");
    },
  ),

  ...STATUSES.map((status) => {
    const isResumable = status === "Failed" || status === "Killed";
    const name = isResumable
      ? `a ${status} task is resumed: Pending, due, with all its attempts, and its runs are kept`
      : `a ${status} task is not resumed: false, and nothing changes`;
    return check(`S.resume.${isResumable ? "" : "from-"}${status.toLowerCase()}`, ["ResumeById"], name, (bench) =>
      withControl(bench, async () => {
        const { id, task } = await standing(bench, status);
        if (!isResumable) {
          expect(await untouched(bench, [id], () => bench.backend.resumeById(id))).toBe(false);
          return;
        }
        expect(await bench.backend.resumeById(id)).toBe(true);
        const after = await look(bench, id);
        expect(after).toMatchObject({ status: "Pending", attempt: 0, runs: task.runs, revision: task.revision + 1 });
        expect(after.runAt).toBeLessThanOrEqual(bench.now() + 1_000);
        expect(after).not.toHaveProperty("doneAt");
        expect(first(await bench.consumer().claim())).toMatchObject({ id, attempt: 1 });
      }),
    );
  }),

  check(
    "T.ResumeById.resumeById",
    ["ResumeById"],
    "resume answers whether there was something to resume; an unknown task is not found",
    async (bench) => {
      const { id } = await standing(bench, "Failed");
      expect(await bench.backend.resumeById({ id })).toBe(true);
      expect(await bench.backend.resumeById(id)).toBe(false);
      await refused(bench.backend.resumeById(NOBODY), "task_not_found");
      await refused(bench.backend.resumeById("nonsense"), "task_not_found");
    },
  ),

  check("S.due-now.resume", ["ResumeById"], "a resumed task keeps a runAt that is past", async (bench) => {
    const { id } = await standing(bench, "Killed", { runAt: 5 });
    await bench.backend.resumeById(id);
    expect((await look(bench, id)).runAt).toBe(5);
  }),

  ...STATUSES.map((status) => {
    const isTerminal = status === "Done" || status === "Killed";
    const name = isTerminal
      ? `a ${status} task is not cancelled: false, and nothing changes`
      : `a ${status} task that is cancelled is Killed, and says so`;
    return check(`S.cancel.${isTerminal ? "from-" : ""}${status.toLowerCase()}`, ["Cancel"], name, (bench) =>
      withControl(bench, async () => {
        const { id, task } = await standing(bench, status);
        if (isTerminal) {
          expect(await untouched(bench, [id], () => bench.backend.cancel(id))).toBe(false);
          return;
        }
        expect(await bench.backend.cancel(id)).toBe(true);
        const after = await look(bench, id);
        expect(after).toMatchObject({
          status: "Killed",
          lastResult: { err: "cancelled" },
          revision: task.revision + 1,
        });
        expectNow(bench, after.doneAt);
        expect(after).not.toHaveProperty("lockBy");
        if (status === "Running") expect(after.runs).toMatchObject([{ attempt: 1, outcome: "cancelled" }]);
        else expect(after.runs).toStrictEqual(task.runs);
        await expectNothing(bench);
      }),
    );
  }),

  check(
    "T.Cancel.cancel",
    ["Cancel"],
    "cancel answers whether it ended the task; an unknown task is not found",
    async (bench) => {
      const id = await push(bench);
      expect(await bench.backend.cancel({ id })).toBe(true);
      expect(await bench.backend.cancel(id)).toBe(false);
      await refused(bench.backend.cancel(NOBODY), "task_not_found");
    },
  ),

  taken("cancel", (bench, id) => bench.backend.cancel(id), "Killed"),
  taken("reschedule", (bench, id) => bench.backend.reschedule(id, HOUR), "Pending"),

  check("S.cancel.queued-lease", ["Cancel"], "cancel of a Queued task revokes its lease", async (bench) => {
    const { id, last } = await standing(bench, "Queued");
    await bench.backend.cancel(id);
    expect(await tell(bench, ack(last))).toStrictEqual(refusedEvent(id, "lease_lost", "Killed"));
  }),

  check(
    "S.resume.again",
    ["ResumeById"],
    "a Killed task that is resumed has as many attempts as at first",
    async (bench) => {
      const { id } = await standing(bench, "Killed", { maxAttempts: 1 });
      await bench.backend.resumeById(id);
      const task = first(await bench.consumer().claim());
      await said(bench, ack(task, { err: "again" }), "Killed");
      expect((await look(bench, id)).runs.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
        [1, "killed"],
        [1, "killed"],
      ]);
    },
  ),
];
