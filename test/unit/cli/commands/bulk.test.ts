import { expect, test } from "vitest";
import { Shell } from "./shell.ts";

/** Tasks that nobody runs, and one of another group that must stay. */
async function filled(count: number) {
  const shell = new Shell();
  const queue = shell.queue("emails");
  const control = await queue.pushTask({ args: "control", groupKey: "control", delayMs: 3_600_000 });
  const pushed = await queue.pushAll(Array.from({ length: count }, (_, n) => ({ args: n, groupKey: "g" })));
  const statuses = async () => {
    const counts = (await queue.fetchByQueue()).counts;
    return Object.fromEntries(Object.entries(counts).filter(([, one]) => one > 0));
  };
  return { shell, queue, control, ids: pushed.map(({ id }) => id), statuses };
}

test("a verb for many counts them first, asks, and does it on yes alone", async () => {
  const { shell, statuses } = await filled(3);
  const refused = await shell.run("cancel emails --group g", { answer: "n" });
  expect(refused).toEqual({ exitCode: 1, out: [], err: ["prinia cancel: Nothing was done."] });
  expect(await statuses()).toEqual({ Pending: 4 });
  expect(await shell.run("cancel emails --group g", { answer: "y" })).toMatchObject({
    exitCode: 0,
    out: ["3 tasks cancelled"],
  });
  expect(shell.asked).toEqual(Array(2).fill("Cancel 3 tasks of emails? [y/N] "));
  expect(await statuses()).toEqual({ Pending: 1, Killed: 3 });
});

test("where nobody can be asked it must be told yes", async () => {
  const { shell, statuses } = await filled(3);
  const { exitCode, err } = await shell.run("cancel emails --all");
  expect([exitCode, err]).toEqual([
    2,
    ["prinia cancel: It would cancel 4 tasks of emails: say --yes, since nobody can be asked here."],
  ]);
  expect(await statuses()).toEqual({ Pending: 4 });
  expect(await shell.json("cancel emails --group g -y")).toEqual([{ verb: "cancel", matched: 3, changed: 3 }]);
});

test("more than go in one step are all done, and no others: cancelled, retried, rescheduled, deleted", async () => {
  const { shell, queue, control, statuses } = await filled(2_300);
  expect((await shell.run("cancel emails --group g --yes")).out).toEqual(["2,300 tasks cancelled"]);
  expect((await shell.run("retry emails --status killed --group g --yes")).out).toEqual(["2,300 tasks retried"]);
  expect(await statuses()).toEqual({ Pending: 2_301 });
  // These stay what they are: each is changed once all the same.
  expect((await shell.run("reschedule emails --group g --at 2100-01-01 --yes")).out).toEqual([
    "2,300 tasks rescheduled",
  ]);
  const { tasks } = await queue.listTasks({ groupKey: "g", limit: 1_000 });
  expect(new Set(tasks.map(({ runAt, revision }) => `${runAt} ${revision}`))).toEqual(
    new Set([`${Date.UTC(2100, 0, 1)} 4`]),
  );
  expect((await shell.run("delete emails --group g --yes")).out).toEqual(["2,300 tasks deleted"]);
  expect(await statuses()).toEqual({ Pending: 1 });
  expect(await queue.fetchById(control)).toMatchObject({ revision: 1 });
});

test("ids need no yes, and one that is not changed is told", async () => {
  const { shell, queue, ids, statuses } = await filled(2);
  const [a = "", b = ""] = ids;
  expect(await shell.run(["cancel", "emails", a, b])).toMatchObject({ exitCode: 0, out: ["2 tasks cancelled"] });
  const again = await shell.run(["cancel", "emails", a]);
  expect([again.exitCode, again.out]).toEqual([1, ["0 tasks cancelled"]]);
  expect(again.err[0]).toContain("1 task could not be cancelled");
  expect((await shell.run(["reschedule", "emails", a, "--delay", "10m"])).exitCode).toBe(0);
  expect((await queue.fetchById(a))?.status).toBe("Pending");
  expect(await statuses()).toEqual({ Pending: 2, Killed: 1 });
});

test.each([
  ["cancel emails", "Which tasks?"],
  ["cancel emails some-id --all", "and not both"],
  ["retry emails --status done --yes", "the verb applies to Failed, Killed"],
  ["reschedule emails --all", "When? Give --delay or --at"],
  ["reschedule emails --all --delay 1s --at 2100-01-01", "and one of them"],
])("`prinia %s` is refused: %s", async (line, words) => {
  const { exitCode, err } = await new Shell().run(line);
  expect([exitCode, err.join()]).toEqual([2, expect.stringContaining(words)]);
});

test("Ctrl-C stops between steps, and says how far it came", async () => {
  const { shell, statuses } = await filled(2_300);
  const port = shell.world.queue("emails");
  const { bulk } = port;
  port.bulk = async (verb, order) => {
    const answer = await bulk.call(port, verb, order);
    if (!order.dryRun) shell.interrupted.abort();
    return answer;
  };
  const { exitCode, err } = await shell.run("cancel emails --group g --yes");
  expect([exitCode, err]).toEqual([130, ["Stopped: 1,000 tasks cancelled."]]);
  expect(await statuses()).toEqual({ Pending: 1_301, Killed: 1_000 });
});

test("vacuum asks, and removes what has ended", async () => {
  const { shell, ids, statuses } = await filled(3);
  await shell.run(["cancel", "emails", ...ids]);
  expect((await shell.run("vacuum emails --older-than 0s")).exitCode).toBe(2);
  expect(await shell.json("vacuum emails --older-than 1d --yes")).toEqual([{ vacuumed: 0 }]);
  expect(await shell.json("vacuum emails --older-than 0s --status done --yes")).toEqual([{ vacuumed: 0 }]);
  const { out } = await shell.run("vacuum emails --older-than 0s --status killed", { answer: "yes" });
  expect([out, shell.asked]).toEqual([["3 tasks removed"], ["Remove up to 3 tasks of emails? [y/N] "]]);
  expect(await statuses()).toEqual({ Pending: 1 });
});
