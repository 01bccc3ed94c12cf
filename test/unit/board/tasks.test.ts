// The pure parts of the pages of queues and tasks: addresses, rows, what is offered, forms.

import { describe, expect, test } from "vitest";
import { configPatchOf, configTexts } from "../../../src/board/pages/config-form.ts";
import { costText } from "../../../src/board/pages/cost.ts";
import { bodiesOf } from "../../../src/board/pages/push-body.ts";
import { mergedStats } from "../../../src/board/pages/queue-merge.ts";
import { bulkFilterOf, listPath, parametersOf, type View, viewOf } from "../../../src/board/pages/queue-query.ts";
import { LiveRows, MOST_NEWCOMERS } from "../../../src/board/pages/queue-rows.ts";
import { copyOf, pageOf, type Status, taskOf } from "../../../src/board/pages/task-model.ts";
import { offersOf } from "../../../src/board/pages/task-offers.ts";
import type { QueueStats } from "../../../src/board/types.ts";
import { durationField, durationOf, durationText, instantField, instantOf } from "../../../src/board/ui/time.ts";

const PLAIN = viewOf(new URLSearchParams());

describe("the address of a list", () => {
  const full: View = {
    status: "Killed",
    groupKey: "a/b & c",
    idempotencyKey: "k=1",
    after: 1_000,
    before: 2_000,
    order: "oldest",
    cursor: "abc",
  };

  test("says all of a view, and means it again", () => {
    expect(viewOf(new URLSearchParams(parametersOf(full)))).toEqual(full);
    expect(parametersOf(PLAIN)).toEqual({});
  });

  test("that is wrong means nothing", () => {
    expect(viewOf(new URLSearchParams("tab=Lost&after=soon&order=best&cursor=&before=-1"))).toEqual(PLAIN);
  });

  test("is asked of the server in its words", () => {
    expect(listPath("a/b", full)).toBe(
      "/v1/queues/a%2Fb/tasks?status=Killed&groupKey=a%2Fb+%26+c&idempotencyKey=k%3D1&after=1000&before=2000&order=oldest&limit=50&cursor=abc",
    );
  });

  test("is a filter for many, unless it is for a key, which is for one", () => {
    expect(bulkFilterOf(full)).toBeNull();
    const filter = { status: "Killed", groupKey: "a/b & c", after: 1_000, before: 2_000 };
    expect(bulkFilterOf({ ...full, idempotencyKey: null })).toEqual(filter);
    expect(bulkFilterOf(PLAIN)).toEqual({});
  });
});

describe("tasks", () => {
  const common = `"id":"01","queue":"q","status":"Failed","priority":3,"attempt":1,"maxAttempts":5,"runAt":7,"createdAt":6`;
  const args = '{"big":12345678901234567890,"__proto__":{"x":1}}';
  const text = `{${common},"args":${args},"lastResult":{"err":"no"},"runs":[],"backoff":{"type":"fixed"},"groupKey":"g",
    "idempotencyKey":"k","idempotencyUntil":"gone","codec":"json","meta":{},"revision":2}`;

  test("keep what may be large, and every number, as the text that came", () => {
    expect(taskOf(text)).toMatchObject({ id: "01", status: "Failed", args, lastResult: { err: "no" }, revision: 2 });
    expect(taskOf(text.replace('{"err":"no"}', '{"ok":1.0}')).lastResult).toEqual({ ok: "1.0" });
  });

  test("are pushed again as they were, without their key and with their numbers", () => {
    expect(copyOf(taskOf(text))).toBe(
      `{"args":${args},"priority":3,"maxAttempts":5,"backoff":{"type":"fixed"},"groupKey":"g","codec":"json"}`,
    );
  });

  test("come in a list with the beginning of their args", () => {
    const long = `"${"x".repeat(1_000)}"`;
    const page = pageOf(
      `{"tasks":[{${common},"args":${args}},{${common},"args":${long},"groupKey":"g"}],"nextCursor":"n"}`,
    );
    expect(page.nextCursor).toBe("n");
    expect(page.rows.map(({ preview, groupKey }) => [preview, groupKey])).toEqual([
      [args, undefined],
      [`${long.slice(0, 140)}…`, "g"],
    ]);
  });

  test.each<[Status, string, string]>([
    ["Pending", "edit reschedule copy cancel delete", "copy cancel"],
    ["Queued", "reschedule copy cancel", "copy cancel"],
    ["Running", "reschedule copy cancel", "copy cancel"],
    ["Done", "copy delete", "copy"],
    ["Failed", "resume edit reschedule copy cancel delete", "copy cancel"],
    ["Killed", "resume edit reschedule copy delete", "copy"],
  ])("that are %s offer: %s; to who may only push: %s", (status, all, pushed) => {
    expect(offersOf(status, { push: true, manage: true }).join(" ")).toBe(all);
    expect(offersOf(status, { push: true, manage: false }).join(" ")).toBe(pushed);
    expect(offersOf(status, { push: false, manage: false })).toEqual([]);
  });
});

describe("live rows", () => {
  const row = (id: string, status: Status = "Pending") => {
    return { id, status, priority: 0, attempt: 0, maxAttempts: 5, runAt: 1, createdAt: 1, preview: "1" };
  };

  function live(view: Partial<View> = {}, nextCursor: string | undefined = "more") {
    const frames: (() => void)[] = [];
    const rows = new LiveRows({ ...PLAIN, ...view }, (draw) => frames.push(draw));
    rows.show({ rows: [row("09"), row("08"), row("07")], nextCursor });
    const draw = () => {
      for (const frame of frames.splice(0)) frame();
    };
    return { rows, frames, draw, shown: () => rows.rows.value.map(({ id, status }) => `${id} ${status}`) };
  }

  test("change together at the next frame, and not before", () => {
    const { rows, frames, draw, shown } = live();
    for (let times = 0; times < 100; times++) rows.hear([{ id: "08", status: "Running", attempt: times }]);
    expect(frames).toHaveLength(1);
    expect(shown()).toEqual(["09 Pending", "08 Pending", "07 Pending"]);
    draw();
    expect(shown()).toEqual(["09 Pending", "08 Running", "07 Pending"]);
    expect(rows.rows.value[1]?.attempt).toBe(99);
  });

  test("draw nothing for tasks that belong elsewhere", () => {
    const { rows, frames } = live();
    rows.hear([{ id: "05", status: "Done" }]);
    expect(frames).toHaveLength(0);
  });

  test("stay where they are when they leave", () => {
    const { rows, draw, shown } = live({ status: "Pending" });
    rows.hear([{ id: "09", status: "Running" }]);
    rows.hear([{ id: "07", gone: true }]);
    draw();
    expect(shown()).toEqual(["09 Running", "08 Pending", "07 Pending"]);
    expect(rows.rows.value[2]?.isGone).toBe(true);
  });

  test("announce new tasks without putting them in, each once, until they are shown or leave", () => {
    const { rows, draw, shown } = live({ status: "Pending" });
    const fresh = { id: "10", status: "Pending" };
    rows.hear([fresh, fresh, { id: "11", status: "Pending" }, { id: "12", status: "Running" }]);
    draw();
    expect(rows.newcomers.value).toBe(2);
    expect(shown()).toHaveLength(3);
    rows.hear([{ id: "11", status: "Running" }]);
    draw();
    expect(rows.newcomers.value).toBe(1);
  });

  test("keep no more newcomers apart than they tell", () => {
    const { rows, draw } = live();
    for (let place = 0; place < 5_000; place++) rows.hear([{ id: `1${place}`, status: "Pending" }]);
    draw();
    expect(rows.newcomers.value).toBe(MOST_NEWCOMERS);
  });

  test("know nobody new on a later page, and where keys are filtered by", () => {
    for (const view of [{ cursor: "c" }, { groupKey: "g" }, { idempotencyKey: "k" }]) {
      const { rows, frames } = live(view);
      rows.hear([{ id: "10", status: "Pending" }]);
      expect(frames).toHaveLength(0);
    }
  });

  test("take an old task for new where the whole list is shown and it comes in", () => {
    const { rows, draw } = live({ status: "Pending" }, undefined);
    rows.rows.value = [];
    rows.show({ rows: [row("09")], nextCursor: undefined });
    rows.hear([{ id: "01", status: "Pending" }]);
    draw();
    expect(rows.newcomers.value).toBe(1);
  });
});

const stats = (more: Partial<QueueStats> = {}): QueueStats => ({
  name: "q",
  partitions: 2,
  counts: { Pending: 1, Queued: 0, Running: 2, Done: 3, Failed: 0, Killed: 1 },
  workers: 2,
  oldestDueAgeMs: null,
  rates: { pushed: 1, done: 2, failed: 0, killed: 0.5 },
  activity: [0, 0, 0, 0, 0, 0, 4],
  config: {
    paused: false,
    orphanAfterMs: 60_000,
    retention: { doneMs: 86_400_000, killedMs: null },
    defaults: {
      priority: 0,
      maxAttempts: 5,
      backoff: { type: "exponential", baseMs: 1_000, factor: 2, maxMs: 3_600_000, jitter: 0.1 },
      timeoutMs: null,
    },
  },
  waitMs: null,
  runMs: { p50: 1, p90: 2, p99: 9 },
  rowsWritten: 10,
  alarmsSet: 1,
  commits: 5,
  ...more,
});

describe("numbers of a divided queue", () => {
  test("are sums, and the worst where nothing can be summed", () => {
    const merged = mergedStats([stats(), stats({ workers: 3, oldestDueAgeMs: 40, runMs: { p50: 2, p90: 2, p99: 3 } })]);
    expect(merged).toMatchObject({
      counts: { Pending: 2, Running: 4, Done: 6, Killed: 2 },
      workers: 3,
      oldestDueAgeMs: 40,
      rates: { pushed: 2, done: 4, killed: 1 },
      activity: [0, 0, 0, 0, 0, 0, 8],
      waitMs: null,
      runMs: { p50: 2, p90: 2, p99: 9 },
      rowsWritten: 20,
    });
  });
});

describe("the form of the settings", () => {
  const { config } = stats();
  const texts = configTexts(config);

  test("sends nothing when nothing changes", () => {
    expect(configPatchOf(config, texts)).toEqual({ patch: {} });
  });

  test("sends what changes alone, and clears what is emptied", () => {
    const changed = { ...texts, paused: "true", doneMs: "", killedMs: "7 d", maxAttempts: "3", timeoutMs: "90 s" };
    expect(configPatchOf(config, changed)).toEqual({
      patch: {
        paused: true,
        retention: { doneMs: null, killedMs: 604_800_000 },
        defaults: { maxAttempts: 3, timeoutMs: 90_000 },
      },
    });
  });

  test("sends a backoff as a whole", () => {
    expect(configPatchOf(config, { ...texts, baseMs: "5 s" })).toEqual({
      patch: { defaults: { backoff: { ...config.defaults.backoff, baseMs: 5_000 } } },
    });
  });

  test("says which field it cannot read", () => {
    expect(configPatchOf(config, { ...texts, orphanAfterMs: "soon" })).toMatchObject({ field: "orphanAfterMs" });
    expect(configPatchOf(config, { ...texts, orphanAfterMs: "" })).toMatchObject({ field: "orphanAfterMs" });
    expect(configPatchOf(config, { ...texts, jitter: "some" })).toMatchObject({ field: "jitter" });
  });
});

describe("a push", () => {
  test("sends args as they were typed, and leaves out what is not given", () => {
    expect(
      bodiesOf(
        [" 1e400 "],
        [
          ["priority", "5"],
          ["groupKey", undefined],
        ],
        false,
      ),
    ).toEqual(['{"args": 1e400 ,"priority":5}']);
  });

  test("of many is cut into what the server takes at once", () => {
    const bodies = bodiesOf(Array(2_001).fill("1"), [], true);
    expect(bodies.map((body) => JSON.parse(body).length)).toEqual([1_000, 1_000, 1]);
    const large = bodiesOf(Array(5).fill(JSON.stringify("x".repeat(1_000_000))), [], true);
    expect(large.map((body) => JSON.parse(body).length)).toEqual([3, 2]);
  });
});

describe("times and money", () => {
  test.each([
    [0, "0 ms"],
    [340, "340 ms"],
    [1_500, "1.5 s"],
    [65_000, "1 min 5 s"],
    [7_200_000, "2 h"],
    [90_000_000, "1 d 1 h"],
  ])("%i ms is %s", (ms, text) => expect(durationText(ms)).toBe(text));

  test.each([
    ["90 s", 90_000],
    ["1 h 30 min", 5_400_000],
    ["250", 250],
    ["1.5h", 5_400_000],
    ["7d", 604_800_000],
    ["", null],
    ["soon", null],
    ["5 parsecs", null],
    ["-1 s", null],
  ])("%j means %s ms", (text, ms) => expect(durationOf(text)).toBe(ms));

  test("a duration in a field is read back as it was", () => {
    for (const ms of [0, 250, 1_000, 90_000, 86_400_000, 1_209_600_000]) expect(durationOf(durationField(ms))).toBe(ms);
  });

  test("an instant in a field is read back to the second", () => {
    expect(instantOf(instantField(1_795_503_618_940))).toBe(1_795_503_618_000);
    expect(instantOf("")).toBeNull();
  });

  test.each([
    [0, "$0"],
    [213, "$0.00021"],
    [1_234_567, "$1.23"],
    [50_000, "$0.05"],
  ])("%i rows cost %s", (rows, text) => expect(costText(rows)).toBe(text));
});
