import { expect, test } from "vitest";
import { occasionAt } from "../../../src/local/store.ts";
import { nextDeadline } from "../../../src/store/sweep.ts";
import { marksOf } from "../../../src/store/tally.ts";
import { Dice } from "../../support/dice.ts";
import { START, value } from "../../support/store.ts";
import { FileBench } from "./file-bench.ts";

const MINUTE = 60_000;
const ack = ({ id, lease }: { id: string; lease: string }, ok = "1") =>
  ({ type: "ack", id, lease, result: { ok } }) as const;

test("tasks, settings and numbers are there again when the file is opened anew", () => {
  const bench = new FileBench();
  const [waiting = "", scheduled = ""] = bench.push({ args: '{"n":9007199254740993}' }, { delayMs: MINUTE });
  bench.store.configure(bench.next(), { orphanAfterMs: 5_000, retention: { doneMs: null } });
  const before = [bench.task(waiting), bench.task(scheduled), bench.store.stats(bench.next())];
  bench.reopen();
  expect([bench.task(waiting), bench.task(scheduled), bench.store.stats(bench.next())]).toEqual(before);
  expect(bench.task(waiting).args).toBe('{"n":9007199254740993}');
  expect(bench.store.config()).toMatchObject({ orphanAfterMs: 5_000, retention: { doneMs: null } });
  expect(bench.store.nextDueAt(bench.next())).toBe(bench.now + MINUTE);
});

test("a session goes on after a restart, with the leases that it holds", () => {
  const bench = new FileBench();
  const session = bench.register();
  const running = bench.leased(session);
  const queued = bench.leased(session, false);
  bench.reopen(1_000);
  expect(bench.claim(session)).toEqual([]);
  expect(bench.event(ack(running), session)).toEqual({ id: running.id, status: "Done" });
  expect(bench.event({ type: "start", id: queued.id, lease: queued.lease }, session)).toMatchObject({
    status: "Running",
  });
  expect(bench.store.workers(bench.next())).toMatchObject([{ id: "w", leases: 1, alive: true }]);
  expect(value(bench.store.heartbeat(bench.next(), { worker: "w", session }))).toEqual({ orphanAfterMs: MINUTE });
});

test("no id, session or sequence is given twice, whatever restarts between", () => {
  const bench = new FileBench();
  const given: string[] = [];
  for (let round = 0; round < 3; round++) {
    const session = bench.register(`w${round}`);
    given.push(session, ...bench.push({}, {}));
    value(bench.store.goodbye(bench.next(), { worker: `w${round}`, session }));
    bench.store.purge(bench.next());
    bench.reopen();
  }
  expect(new Set(given).size).toBe(given.length);
  expect(given.filter((one) => one.includes("-")).map((one) => Number.parseInt(one, 36))).toEqual([1, 2, 3]);
});

test("after a restart a worker is first seen missing, and loses its leases once it was silent for so long from then", () => {
  const bench = new FileBench();
  const session = bench.register();
  const { id } = bench.leased(session);
  bench.reopen(10 * MINUTE);
  expect(bench.task(id).status).toBe("Running");
  expect(bench.store.nextDeadline(bench.next())).toBe(bench.now + MINUTE);
  bench.now += MINUTE - 1;
  expect(bench.store.sweep(bench.next())).toBe(0);
  bench.now += 1;
  expect(bench.store.sweep(bench.next())).toBe(1);
  expect(bench.task(id)).toMatchObject({
    status: "Failed",
    attempt: 1,
    lastResult: { err: `abandoned: worker w was silent for ${11 * MINUTE} ms` },
  });
});

test("whoever looks only when it is time takes the leases back, however short the file was closed", () => {
  const bench = new FileBench();
  const session = bench.register();
  const { id } = bench.leased(session);
  bench.reopen(1);
  const looks: number[] = [];
  while (bench.task(id).status === "Running" && looks.length < 5) {
    bench.now = bench.store.nextDeadline(bench.next()) ?? 0;
    looks.push(bench.now - START);
    bench.store.sweep(bench.next());
  }
  expect(looks).toEqual([MINUTE, 2 * MINUTE]);
  expect(bench.store.nextDeadline(bench.next())).toBeNull();
});

test("restarts, again and again, grant no fresh grace: what the worker held goes back at the first after its time", () => {
  const bench = new FileBench();
  const session = bench.register();
  const { id } = bench.leased(session);
  for (const seen of ["Running", "Running", "Running", "Failed"]) {
    bench.reopen(MINUTE / 2);
    expect(bench.task(id).status).toBe(seen);
  }
});

test("a worker that speaks after the restart keeps its leases", () => {
  const bench = new FileBench();
  const session = bench.register();
  const { id } = bench.leased(session);
  bench.reopen(10 * MINUTE);
  for (let times = 0; times < 4; times++) {
    bench.now += MINUTE / 2;
    value(bench.store.heartbeat(bench.next(), { worker: "w", session }));
    expect(bench.store.sweep(bench.next())).toBe(0);
  }
  expect(bench.task(id).status).toBe("Running");
});

test("a dropped queue is as never used, in the file too, which stays its own", () => {
  const bench = new FileBench();
  expect(bench.store.info(bench.next())).toMatchObject({ error: { code: "queue_not_found" } });
  const session = bench.register();
  const { id, lease } = bench.leased(session);
  bench.store.configure(bench.next(), { paused: true });
  expect(bench.store.drop(bench.next(), false)).toMatchObject({ error: { code: "wrong_status" } });
  expect(bench.on.lost).toEqual([]);
  expect(bench.store.drop(bench.next(), true)).toEqual({ ok: true, value: null });
  expect(bench.on.lost).toEqual([{ session, lease: { id, lease, reason: "cancelled" } }]);
  for (let times = 0; times < 2; times++) {
    expect(bench.store.info(bench.next())).toMatchObject({ error: { code: "queue_not_found" } });
    expect(bench.store.stats(bench.next())).toMatchObject({ counts: { Running: 0 }, config: { paused: false } });
    expect(bench.store.task(bench.next(), id)).toMatchObject({ error: { code: "task_not_found" } });
    expect(bench.store.heartbeat(bench.next(), { worker: "w", session }).ok).toBe(false);
    bench.reopen();
  }
  bench.push({});
  expect(value(bench.store.info(bench.next())).counts.Pending).toBe(1);
});

test("a drop, and a push after it in the same transaction, leave that push alone", async () => {
  const bench = new FileBench();
  bench.push({}, {});
  value(bench.store.drop(bench.next(), false));
  const id = bench.pushOne();
  await bench.store.flushed();
  bench.reopen();
  expect(bench.counts()).toMatchObject({ Pending: 1 });
  expect(bench.task(id).status).toBe("Pending");
});

test("an occasion is told what ended, what went, what was reported, and who lost what", () => {
  const bench = new FileBench();
  const session = bench.register();
  const [one, two, three] = [bench.leased(session), bench.leased(session), bench.leased(session, false)];
  const progress = (of: typeof one, text: string) =>
    ({ type: "progress", id: of.id, lease: of.lease, progress: text }) as const;
  value(
    bench.store.events(bench.next(), { session }, [
      progress(one, "1"),
      progress(one, '{"half":true}'),
      { ...progress(two, "1"), lease: "none" },
      ack(one),
    ]),
  );
  expect([...bench.on.progress]).toEqual([[one.id, '{"half":true}']]);
  expect([...bench.on.finished]).toEqual([one.id]);
  const second = bench.register();
  expect([...bench.on.superseded]).toEqual([session]);
  expect(bench.on.lost).toEqual([{ session, lease: { id: three.id, lease: three.lease, reason: "superseded" } }]);
  value(bench.store.cancel(bench.next(), two.id));
  expect(bench.on.lost).toEqual([{ session, lease: { id: two.id, lease: two.lease, reason: "cancelled" } }]);
  expect([...bench.on.finished]).toEqual([two.id]);
  value(bench.store.remove(bench.next(), three.id));
  expect([...bench.on.gone]).toEqual([three.id]);
  const four = bench.leased(second);
  value(bench.store.goodbye(bench.next(), { worker: "w", session: second }));
  expect(bench.task(four.id).status).toBe("Failed");
  bench.store.remove(bench.next(), "unknown");
  expect(bench.on).toEqual(occasionAt(bench.now));
});

test("what a full disk undoes is undone in memory too", async () => {
  const bench = new FileBench();
  const session = bench.register();
  const { id } = bench.leased(session);
  await bench.store.flushed();
  const before = bench.store.stats(bench.next());
  const [{ page_count: pages } = { page_count: 0 }] = bench.sql.all<{ page_count: number }>("PRAGMA page_count");
  bench.sql.all(`PRAGMA max_page_count = ${pages + 1}`);
  bench.register("other");
  const large = { args: JSON.stringify("x".repeat(500_000)) };
  let refused: unknown;
  try {
    bench.push(large);
    await bench.store.flushed();
  } catch (error) {
    refused = error;
  }
  expect(refused).toMatchObject({ code: "internal", detail: expect.stringMatching(/database or disk is full/) });
  await bench.store.flushed();
  expect(bench.store.stats(bench.next()).counts).toEqual(before.counts);
  bench.sql.all("PRAGMA max_page_count = 100000");
  const [after = ""] = bench.push(large);
  await bench.store.flushed();
  bench.reopen();
  expect(bench.counts()).toMatchObject({ Pending: 1, Running: 1 });
  expect([bench.task(id).status, bench.task(after).status]).toEqual(["Running", "Pending"]);
});

test("a transaction that is lost is undone in memory too: tasks, numbers, settings, and whether there is a queue at all", async () => {
  const bench = new FileBench();
  const lose = async () => {
    bench.sql.script("ROLLBACK");
    await expect(bench.store.flushed()).rejects.toMatchObject({ code: "internal" });
  };
  bench.push({});
  await lose();
  expect(bench.store.info(bench.next())).toMatchObject({ error: { code: "queue_not_found" } });
  const session = bench.register();
  const { id } = bench.leased(session);
  await bench.store.flushed();
  const before = bench.store.stats(bench.next());
  bench.push({}, {});
  bench.store.configure(bench.next(), { paused: true });
  value(bench.store.cancel(bench.next(), id));
  await lose();
  expect(bench.store.stats(bench.next())).toEqual(before);
  expect([bench.task(id).status, bench.store.config().paused]).toEqual(["Running", false]);
  bench.push({});
  bench.reopen();
  expect(bench.counts()).toMatchObject({ Pending: 1, Running: 1, Killed: 0 });
});

test("an operation that throws leaves no mark of the long work that it moved on", () => {
  const bench = new FileBench();
  bench.push({});
  const marks = () => marksOf(bench.file.read(bench.next()).tally);
  const before = marks();
  const work = () =>
    bench.file.write(bench.next(), ({ tally }) => {
      Object.assign(tally, { retentionAt: 7, retentionCursor: 3, retentionNext: 4, vacuumCursor: 5, vacuumOrder: "x" });
      throw new Error("refused");
    });
  expect(work).toThrow("refused");
  expect(marks()).toEqual(before);
  bench.push({});
  bench.reopen();
  expect(marks()).toMatchObject({ retentionAt: null, retentionCursor: 0, vacuumCursor: 0, vacuumOrder: "" });
});

test("settings alone begin a queue, and terminal tasks are a reason to look when their time is over", () => {
  const bench = new FileBench();
  expect(bench.store.nextDeadline(bench.next())).toBeNull();
  bench.store.configure(bench.next(), { retention: { doneMs: MINUTE } });
  bench.reopen();
  expect(value(bench.store.info(bench.next())).config.retention.doneMs).toBe(MINUTE);
  const session = bench.register();
  const done = bench.leased(session);
  bench.event(ack(done));
  bench.store.retain(bench.next());
  expect(bench.store.nextDeadline(bench.next())).toBe(bench.now + MINUTE);
  bench.reopen(MINUTE);
  bench.store.retain(bench.next());
  expect([...bench.on.gone]).toEqual([done.id]);
  expect(bench.store.nextDeadline(bench.next())).toBeNull();
});

test("the deadline that is noted is never later than the one that the rows tell", () => {
  const bench = new FileBench();
  const dice = new Dice(7);
  const sessions = ["a", "b", "c"].map((worker) => ({ worker, session: bench.register(worker) }));
  const leases: { id: string; lease: string }[] = [];
  const moves: (() => void)[] = [
    () => bench.push({ timeoutMs: 1 + dice.below(100_000) }, {}),
    () => {
      const { worker, session } = sessions[dice.below(3)] ?? { worker: "", session: "" };
      const claimed = bench.store.claim(bench.next(), {
        worker,
        session,
        max: 2,
        autoStart: dice.below(2) === 0,
        events: [],
      });
      if (claimed.ok) leases.push(...claimed.value.tasks);
    },
    () => {
      const held = leases[dice.below(leases.length || 1)];
      if (held) bench.event({ type: "start", id: held.id, lease: held.lease });
    },
    () => {
      const held = leases[dice.below(leases.length || 1)];
      if (held) bench.event({ type: "extend", id: held.id, lease: held.lease, timeoutMs: 1 + dice.below(100_000) });
    },
    () => {
      const held = leases.pop();
      if (held) bench.event(ack(held));
    },
    () => {
      const place = dice.below(3);
      const { worker = "" } = sessions[place] ?? {};
      sessions[place] = { worker, session: bench.register(worker) };
    },
    () => bench.store.heartbeat(bench.next(), sessions[dice.below(3)] ?? { worker: "", session: "" }),
    () => {
      if ((bench.store.nextDeadline(bench.next()) ?? bench.now + 1) <= bench.now) bench.store.sweep(bench.next());
    },
    () => bench.store.configure(bench.next(), { orphanAfterMs: 1_000 + dice.below(100_000) }),
    () => bench.reopen(dice.below(50_000)),
  ];
  for (let step = 0; step < 800; step++) {
    bench.now += dice.below(5_000);
    moves[step % 50 === 49 ? moves.length - 1 : dice.below(moves.length - 1)]?.();
    const told = nextDeadline(bench.file.read(bench.next()));
    const noted = bench.store.nextDeadline(bench.next());
    // Of two that have passed, either is a reason to look now.
    if (told !== null) expect(noted, `step ${step}`).toBeLessThanOrEqual(Math.max(told, bench.now));
  }
  expect(leases.length).toBeGreaterThan(5);
});
