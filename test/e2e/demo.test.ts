import { describe, expect, test } from "vitest";
import { groupOf, ROOT, runNode, until } from "../support/processes.ts";

const demo = (...args: string[]) => runNode(["examples/demo/main.ts", ...args], {});

describe("the demo", () => {
  test("runs a task for each file, verifies the results, and leaves no process behind", async () => {
    const run = demo(`${ROOT}docs`);
    expect(await run.exited).toBe(0);
    expect(run.stdout()).toMatch(/files +\d+ done/);
    expect(run.stdout()).toContain("2 tasks failed for good, and 1 succeeded at its second attempt, as they should");
    expect(run.stdout()).toMatch(/throughput +\S+ tasks\/s/);
    expect(run.stdout()).toMatch(/push to result +p50 \S+ ms, p99 \S+ ms/);
    // The budget: five rows a task through the backlog, and what sessions, alarms and tallies add.
    expect(Number(/rows written +(\S+) per task/.exec(run.stdout())?.[1])).toBeLessThan(10);
    expect(run.stdout()).toMatch(/verified +\d+ tasks ended once, as planned/);
    expect(groupOf(run.pid)).toEqual([]);
  });

  test("leaves no process behind on Ctrl-C, which all of its processes get", async () => {
    const run = demo(`${ROOT}node_modules`);
    await until(() => run.stdout().includes("one task each"), "the demo has begun");
    process.kill(-run.pid, "SIGINT");
    expect(await run.exited).toBe(130);
    await until(() => groupOf(run.pid).length === 0, "all of its processes are gone");
  });

  test.each([
    ["a folder that is not there", "no such folder here"],
    ["an option that it does not have", "--nonsense"],
  ])("says what is wrong with %s, and exits with 1", async (_, arg) => {
    const run = demo(arg);
    expect(await run.exited).toBe(1);
    expect(run.stderr()).toContain(arg);
    expect(run.stderr()).not.toMatch(/^\s+at /m);
  });
});
