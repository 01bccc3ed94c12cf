/** Cases of the store: the log of changes, from where one may go on, and what it costs. */

import { expect } from "vitest";
import { FEED_CHANGES_A_ROW, FEED_ROWS, FOLLOW_GRACE_MS } from "../../../src/limits.ts";
import { beginFollowing, type FeedEvent } from "../../../src/store/feed.ts";
import { loadTally } from "../../../src/store/tally.ts";
import { remove, reschedule } from "../../../src/store/tasks.ts";
import { goodbye } from "../../../src/store/workers.ts";
import { START, type StoreBench, type StoreCases } from "../../support/store.ts";

const follow = (bench: StoreBench, after: number | null = null) => {
  const begun = bench.commit((tx) => beginFollowing(tx, after));
  bench.followed = true;
  return begun;
};

const eventsOf = (entries: readonly { readonly events: string }[]): FeedEvent[] =>
  entries.flatMap(({ events }) => JSON.parse(events) as FeedEvent[]);

export const feedCases: StoreCases = {
  "nobody follows: no row is written": (bench) => {
    bench.push({}, {});
    bench.claim(bench.worker(), 1);
    expect(bench.sql.all("SELECT slot FROM feed")).toEqual([]);
    expect(bench.tally.feed).toBe(null);
  },

  "somebody follows: a commit writes one row, whatever it changes, and one that changes nothing none": (bench) => {
    follow(bench);
    const session = bench.worker();
    const commits = [
      () => bench.push({}),
      () => bench.push(...Array.from({ length: FEED_CHANGES_A_ROW }, () => ({}))),
      () => bench.claim(session, 2),
      () => bench.claim(session, 0),
      () => bench.sweep(),
      () => bench.push(...Array.from({ length: FEED_CHANGES_A_ROW + 1 }, () => ({}))),
    ];
    const rows = commits.map((commit) => {
      commit();
      return bench.logged.length;
    });
    expect(rows).toEqual([1, 1, 1, 0, 0, 2]);
  },

  "tells each task as it stands after the commit, those that go, and workers": (bench) => {
    follow(bench);
    const id = bench.pushOne({ priority: 3 });
    const base = { id, queue: "emails", priority: 3, runAt: START, attempt: 0 };
    expect(eventsOf(bench.logged)).toEqual([{ event: "task", data: { ...base, status: "Pending", at: START } }]);
    const session = bench.worker("w");
    const worker = { worker: "w", queue: "emails" };
    expect(eventsOf(bench.logged)).toEqual([{ event: "worker", data: { ...worker, event: "registered", at: START } }]);
    bench.now += 5;
    bench.claim(session, 1, true);
    expect(eventsOf(bench.logged)).toMatchObject([{ data: { id, status: "Running", attempt: 1, at: START + 5 } }]);
    bench.now += 100_000;
    bench.sweep();
    expect(eventsOf(bench.logged)).toMatchObject([{ data: { id, status: "Failed" } }, { data: { event: "dead" } }]);
    bench.commit((tx) => remove(tx, id));
    const at = bench.now;
    expect(eventsOf(bench.logged)).toEqual([{ event: "task", data: { id, queue: "emails", gone: true, at } }]);
    bench.commit((tx) => goodbye(tx, session));
    expect(eventsOf(bench.logged)).toEqual([{ event: "worker", data: { ...worker, event: "left", at } }]);
  },

  "who comes back goes on behind what was seen last, also when the memory was lost": (bench) => {
    const { at } = follow(bench);
    bench.followed = false;
    const ids = [1, 2, 3].map(() => bench.pushOne());
    bench.tally = loadTally(bench.sql);
    const idsAfter = (after: number) =>
      eventsOf(follow(bench, after).entries).map(({ data }) => "id" in data && data.id);
    expect(idsAfter(at)).toEqual(ids);
    expect(idsAfter(at + 1)).toEqual(ids.slice(1));
    expect(idsAfter(at + 3)).toEqual([]);
    expect(follow(bench, at + 3)).toEqual({ at: at + 3, gap: false, entries: [] });
    expect(follow(bench)).toEqual({ at: at + 3, gap: false, entries: [] });
  },

  "what the ring has gone over is a gap, and what is there follows": (bench) => {
    const { at } = follow(bench);
    const id = bench.pushOne();
    for (let n = 1; n < FEED_ROWS + 5; n++) bench.commit((tx) => reschedule(tx, id, START + n));
    expect(bench.sql.all("SELECT slot FROM feed")).toHaveLength(FEED_ROWS);
    const whole = follow(bench, at + 5);
    expect(whole.gap).toBe(false);
    expect(whole.entries.map(({ pos }) => pos)).toEqual(Array.from({ length: FEED_ROWS }, (_, n) => at + 6 + n));
    const cut = follow(bench, at + 4);
    expect([cut.gap, cut.at, cut.entries.length]).toEqual([true, at + 5, FEED_ROWS]);
    expect(cut.entries).toEqual(whole.entries);
    const strange = follow(bench, at + FEED_ROWS + 6);
    expect([strange.gap, strange.at, strange.entries.length]).toEqual([true, at + 5, FEED_ROWS]);
  },

  "five minutes after the last has gone nothing is written any more, and who comes then is told of a gap": (bench) => {
    const { at } = follow(bench);
    bench.followed = false;
    bench.push({});
    bench.now += FOLLOW_GRACE_MS;
    bench.push({});
    expect(bench.logged).toHaveLength(1);
    expect(follow(bench, at).entries).toHaveLength(2);
    bench.followed = false;
    bench.push({});
    bench.now += FOLLOW_GRACE_MS + 1;
    bench.push({});
    expect(bench.logged).toHaveLength(0);
    expect(follow(bench, at + 3)).toEqual({ at: bench.now - 1, gap: true, entries: [] });
    bench.pushOne();
    expect(bench.logged.map(({ pos }) => pos)).toEqual([bench.now]);
    expect(follow(bench, at + 3).gap).toBe(true);
    expect(follow(bench, bench.now - 1)).toMatchObject({ gap: false, entries: [{ pos: bench.now }] });
  },

  "a log begins with the first commit that somebody follows, if it was not begun before": (bench) => {
    bench.followed = true;
    bench.push({});
    expect(bench.logged).toHaveLength(1);
    expect(follow(bench, 0).gap).toBe(true);
  },
};
