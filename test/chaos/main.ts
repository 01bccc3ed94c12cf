/** `npm run chaos -- --minutes N [--seed S]`: the model's fuzz, crashes and faults for so long, and one table of what they found. */

import { parseArgs } from "node:util";
import { fuzz } from "../model/fuzz.ts";
import { cleanedUp } from "../support/cleanup.ts";
import { startServe } from "../support/server.ts";
import type { Battle } from "./arena.ts";
import { crash } from "./crash.ts";
import { torment } from "./faults.ts";
import { isClean, keep, type Row, rowOf, show } from "./report.ts";
import { tables } from "./tables.ts";

/** A battle is judged as a whole, and so does not go on for ever, ms. */
const BATTLE_MS = 60_000;
/** Of the time. The tables take what they take. */
const SHARES = { fuzz: 0.25, crash: 0.4, faults: 0.35 };

const { values } = parseArgs({ options: { minutes: { type: "string" }, seed: { type: "string" } } });
const minutes = Number(values.minutes ?? 5);
const seed = Number(values.seed ?? 1 + Math.floor(Math.random() * 2 ** 20));
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  console.error("usage: npm run chaos -- --minutes N [--seed S]");
  process.exit(2);
}
const say = (line: string): void => console.log(`${new Date().toISOString().slice(11, 19)}  ${line}`);

async function main(): Promise<number> {
  say(`chaos for ${minutes} min, seed ${seed}`);
  const totalMs = minutes * 60_000;
  const begun = Date.now();
  const rows: Row[] = [];
  const done = (row: Row): void => {
    rows.push(row);
    say(`${row.part}: ${row.operations} operations, ${isClean(row) ? "clean" : "WRONG"}`);
    for (const detail of row.details.slice(0, 20)) say(`  ${detail}`);
  };
  done(await tables());
  const leftMs = Math.max(10_000, totalMs - (Date.now() - begun));
  done(await model((leftMs * SHARES.fuzz) / 1_000));
  for (const row of await crashes(leftMs * SHARES.crash)) done(row);
  for (const row of await faults(leftMs * SHARES.faults)) done(row);
  show(rows);
  const clean = rows.every(isClean);
  say(`${clean ? "clean" : "WRONG"}, seed ${seed}`);
  return clean ? 0 : 1;
}

async function model(seconds: number): Promise<Row> {
  const { operations, runs, violations } = await fuzz({ seconds, seed, report: say });
  const details = violations.map(
    ({ driver, seed: one, detail, replay }) => `${driver}, seed ${one}: ${detail}\n${replay}`,
  );
  return {
    ...{ part: `model, ${runs} runs`, operations, faults: new Map(), lost: 0, doubled: 0, unexplained: 0 },
    ...{ violations: violations.length, recoveries: [], details },
  };
}

/** Battles of at most so long each, with seeds of their own, until the time is over. */
async function battles(ms: number, fight: (index: number, until: number) => Promise<Row>): Promise<Row[]> {
  const rows: Row[] = [];
  const end = Date.now() + ms;
  do rows.push(await fight(rows.length, Math.min(end, Date.now() + BATTLE_MS)));
  while (Date.now() + BATTLE_MS / 4 < end);
  return rows;
}

async function crashes(ms: number): Promise<Row[]> {
  let server = await startServe();
  const rows = await battles(ms, async (index, until) => {
    const report = await crash(server, { queue: `crash-${index}`, seed: seed + index, until });
    server = report.server;
    kept("crash", report);
    return rowOf("crash", report, new Map([["kill -9", report.kills]]), report.recoveries);
  });
  await server.kill();
  return rows;
}

async function faults(ms: number): Promise<Row[]> {
  let server = await startServe();
  const rows = await battles(ms, async (index, until) => {
    const report = await torment(server, { queue: `faults-${index}`, seed: seed + index, until });
    server = report.server;
    kept("faults", report);
    return rowOf("faults", report, report.faults);
  });
  await server.kill();
  return rows;
}

function kept(part: string, battle: Battle): void {
  if (battle.violations.length > 0) say(`the history is in ${keep(part, battle)}`);
}

async function end(code: number): Promise<never> {
  await cleanedUp();
  process.exit(code);
}
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => void end(130));
await end(
  await main().catch((error: unknown) => {
    console.error(error);
    return 1;
  }),
);
