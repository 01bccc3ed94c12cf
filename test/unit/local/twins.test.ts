// The store in memory against the one on SQLite, which is the reference for every nuance.
import { expect, test } from "vitest";
import { Player } from "./player.ts";
import { type Call, Twins } from "./twins.ts";

type Move = (player: Player) => readonly [string, Call];

const push: Move = (player) => {
  const tasks = Array.from({ length: 1 + player.below(3) }, () => player.task());
  return [`push ${JSON.stringify(tasks)}`, (store, on) => store.push(on, tasks)];
};
const claim: Move = (player) => ["claim", player.claim()];
const report: Move = (player) => ["events", player.report()];
const byId =
  (what: "task" | "resume" | "cancel" | "remove"): Move =>
  (player) => {
    const id = player.id();
    return [`${what} ${id}`, (store, on, name) => store[what](on, name(id))];
  };
const sessionOf =
  (what: "heartbeat"): Move =>
  (player) => {
    const [worker, session] = [player.worker(), player.session()];
    return [what, (store, on, name) => store[what](on, { worker, session: name(session) })];
  };

const MOVES: readonly Move[] = [
  push,
  push,
  push,
  claim,
  claim,
  claim,
  claim,
  report,
  report,
  report,
  report,
  sessionOf("heartbeat"),
  (player) => {
    const [worker, session] = [player.worker(), player.session()];
    const named = player.below(2) === 0;
    return [
      "register",
      (store, on, name) => store.register(on, named ? { worker, session: name(session) } : { worker }),
    ];
  },
  (player) => {
    const [worker, session] = [player.worker(), player.session()];
    // One that leaves knows what it held, and is told or is not.
    const call: Call = (store, on, name) => {
      const left = store.goodbye(on, { worker, session: name(session) });
      on.lost.length = 0;
      return left;
    };
    return ["goodbye", call];
  },
  () => ["sweep", (store, on) => store.sweep(on)],
  byId("task"),
  byId("resume"),
  byId("resume"),
  byId("cancel"),
  byId("remove"),
  (player) => {
    const [id, patch] = [player.id(), player.patch()];
    return [`update ${JSON.stringify(patch)}`, (store, on, name) => store.update(on, name(id), patch)];
  },
  (player) => {
    const [id, later] = [player.id(), player.below(200) - 100];
    return ["reschedule", (store, on, name) => store.reschedule(on, name(id), on.now + later)];
  },
  (player) => {
    const { ids, rest } = player.bulk();
    return [
      `bulk ${JSON.stringify(rest)}`,
      (store, on, name) => store.bulk(on, ids ? { ...rest, ids: ids.map(name) } : rest),
    ];
  },
  (player) => {
    const order = { ...(player.below(2) === 0 ? {} : { olderThanMs: player.below(30_000) }) };
    return ["vacuum", (store, on) => store.vacuum(on, order)];
  },
  (player) => {
    const order = player.below(2) === 0 ? ("newest" as const) : ("oldest" as const);
    const query = { ...player.filter(), limit: 1 + player.below(4), order };
    const pages: Call = (store, on) => {
      const first = store.list(on, query);
      const cursor = first.ok ? first.value.nextCursor : undefined;
      return [first, cursor === undefined ? null : store.list(on, { ...query, cursor })];
    };
    return [`list ${JSON.stringify(query)}`, pages];
  },
  (player) => {
    const ids = [player.id(), player.id(), player.id()];
    return ["status", (store, on, name) => store.status(on, ids.map(name))];
  },
  (player) => {
    const change = player.change();
    return [`configure ${JSON.stringify(change)}`, (store, on) => store.configure(on, change)];
  },
  (player) => (player.below(10) > 0 ? push(player) : ["purge", (store, on) => store.purge(on)]),
];

function round(twins: Twins, player: Player, number: number): void {
  player.wait();
  const [what, call] = player.one(MOVES)(player);
  twins.both(`round ${number}: ${what}`, call);
  twins.both(`round ${number}: after ${what}`, (store, on) => [
    store.hasDue(on),
    // What is due already stands in the schedule of one, and not of the other.
    store.hasDue(on) ? null : store.nextDueAt(on),
    store.list(on, { order: "oldest", limit: 1_000 }),
    store.workers(on),
    store.stats(on),
    store.info(on),
    store.config(),
  ]);
  const [memory, sqlite] = twins.deadlines();
  // What SQLite notes may be early; in memory it is exact but for the retention, which has another rhythm.
  if (memory !== null) expect(sqlite, `round ${number}: the deadline after ${what}`).not.toBe(null);
}

test.each([1, 2, 3, 4])("what is done to both stores is answered alike, and leaves the same (seed %i)", (seed) => {
  const twins = new Twins();
  const player = new Player(seed, twins);
  // Chance is each store's own: nothing must hang on it.
  const backoff = { type: "exponential", baseMs: 1_000, factor: 2, maxMs: 3_600_000, jitter: 0 } as const;
  twins.both("configure", (store, on) => store.configure(on, { defaults: { backoff } }));
  try {
    for (let number = 0; number < 200; number++) round(twins, player, number);
  } finally {
    twins.close();
  }
});
