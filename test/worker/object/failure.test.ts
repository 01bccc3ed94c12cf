import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { freezeTime, Lab, thawTime } from "./lab.ts";

let logged: string[];
beforeEach(() => {
  freezeTime();
  logged = [];
  vi.spyOn(console, "error").mockImplementation((...words) => void logged.push(words.map(String).join(" ")));
});
afterEach(() => {
  thawTime();
  vi.restoreAllMocks();
});

const BUG = '{"type":"bug",';
const FRAME = { type: "push", tasks: [{ args: 1 }] };

/** The report of a queue's first use is a transaction of its own, which comes when the directory has answered. */
const reported = (lab: Lab): Promise<boolean> =>
  vi.waitUntil(async () => {
    const [row] = await lab.rows("SELECT body FROM state WHERE name = 'tally'");
    return JSON.parse(String(row?.body)).reportedAt > 0;
  });

/** The next transaction fails when all of it is done, as a full disk would make it. */
async function failNextCommit(lab: Lab): Promise<void> {
  await reported(lab);
  await runInDurableObject(lab.stub, (_, { storage }) => {
    const transact = storage.transactionSync.bind(storage);
    vi.spyOn(storage, "transactionSync").mockImplementationOnce((body) =>
      transact(() => {
        body();
        throw new Error("the disk is full");
      }),
    );
  });
}

test("what was not written is told to nobody, and nothing of it is remembered", async () => {
  const lab = new Lab();
  const worker = await lab.worker({ credit: 2 });
  const pushing = await lab.open();
  await failNextCommit(lab);
  pushing.send({ ...FRAME, ref: "lost" }, { type: "register", worker: "x", credit: 1 });
  expect(await pushing.settled()).toEqual(
    expect.arrayContaining([{ type: "error", ref: "lost", code: "internal", detail: expect.any(String) }]),
  );
  expect(await worker.settled()).toEqual([]);
  expect(await lab.rows("SELECT * FROM task")).toEqual([]);
  pushing.send({ ...FRAME, ref: "kept" });
  expect(await pushing.settled()).toMatchObject([{ ref: "kept", tasks: [{ status: "Queued" }] }]);
  expect(await worker.settled()).toMatchObject([{ type: "tasks" }, { type: "idle" }]);
  expect((await lab.call("GET", "")).counts).toMatchObject({ Pending: 0, Queued: 1 });
  expect(await lab.alarmAt()).not.toBeNull();
});

test("the error of a failed call names no detail of it", async () => {
  const lab = new Lab();
  await lab.push();
  await failNextCommit(lab);
  const answer = await lab.push();
  expect(answer).toMatchObject({ code: "internal" });
  expect(JSON.stringify(answer)).not.toContain("disk");
  expect(await lab.push()).toMatchObject({ created: true });
});

test("an alarm that fails is set again", async () => {
  const lab = new Lab();
  await lab.worker({ credit: 1 });
  await lab.push();
  await failNextCommit(lab);
  await lab.alarm();
  expect(await lab.alarmAt()).toBeGreaterThan(Date.now());
});

test("no log of a failure quotes its message, which may be somebody's args", async () => {
  const lab = new Lab();
  const worker = await lab.worker({ credit: 1 });
  await failNextCommit(lab);
  worker.send({ type: "push", ref: "p", tasks: [{ args: 1 }] });
  await worker.settled();
  await lab.push();
  await failNextCommit(lab);
  await lab.alarm();
  expect(
    logged.filter((line) => line.startsWith(BUG) && line.includes('"where":"a frame","error":"Error"')),
  ).toHaveLength(1);
  expect(
    logged.filter(
      (line) => line.startsWith(BUG) && line.includes('"where":"an alarm, which is tried again","error":"Error"'),
    ),
  ).toHaveLength(1);
  expect(logged.join("\n")).not.toContain("the disk is full");
});
