/** Cold starts: of `serve`, of workerd, of one more isolate in it, and of an object that was asleep. */

import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startWorkerd } from "../src/cli/workerd.ts";
import { type Spread, spreadOf } from "./numbers.ts";
import { prepared } from "./raw/server.ts";
import { startServer } from "./server.ts";
import { plainFetch } from "./wire.ts";

export interface Start {
  readonly from: string;
  readonly to: string;
  readonly ms: Spread | undefined;
}

const ENTRY = fileURLToPath(new URL("../src/index.ts", import.meta.url));
/**
 * @param repeat how often each is done
 * @param more isolates beside the first, of which one more takes its share
 */
export async function measureStarts(repeat: number, more: number): Promise<Start[]> {
  process.env.PRINIA_AUTH = "off";
  const folder = await prepared(ENTRY, ["PRINIA_AUTH"]);
  const empty = await prepared(fileURLToPath(new URL("raw/empty.ts", import.meta.url)), []);
  const series = new Map<string, number[]>();
  const note = (key: string, ms: number) => series.set(key, [...(series.get(key) ?? []), ms]);
  try {
    for (let round = 0; round < repeat; round++) {
      await startOnce(folder, "the Worker", note);
      await startOnce(empty, "an empty Worker", note);
      for (const [of, where] of [
        ["the Worker", folder],
        ["an empty Worker", empty],
      ] as const)
        note(`${of}: one more isolate → it is loaded`, await isolateMs(where, more));
      note("`npm run serve`, bundling included → it listens", await serveMs());
    }
  } finally {
    for (const path of [folder, empty]) await rm(path, { recursive: true, force: true });
  }
  return [...series].map(([key, values]) => {
    const [from = "", to = ""] = key.split(" → ");
    return { from, to, ms: spreadOf(values) };
  });
}

async function startOnce(folder: string, of: string, note: (key: string, ms: number) => void): Promise<void> {
  const spawned = performance.now();
  const workerd = startWorkerd(folder, "workerd.capnp");
  const url = `http://127.0.0.1:${await workerd.listening}`;
  note(`${of}: workerd is spawned → it listens`, performance.now() - spawned);
  const answer = async (to: string, path: string, init: RequestInit = {}) => {
    const asked = performance.now();
    const response = await plainFetch(url + path, init);
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    note(`${of}: ${to}`, performance.now() - asked);
  };
  await answer("the first request is sent → the router has answered", "/v1");
  if (of === "the Worker") {
    const push = { method: "POST", headers: { "content-type": "application/json" }, body: '{"args":1}' };
    await answer("the first push is sent → a new queue has it on the disk", "/v1/queues/cold/tasks", push);
    note(`${of}: workerd is spawned → the first push is on the disk`, performance.now() - spawned);
    await answer("the second push is sent → it is on the disk", "/v1/queues/cold/tasks", push);
  }
  await workerd.stop(0);
}

/** What one isolate adds to the start of workerd: it loads all that are configured before it listens. */
async function isolateMs(folder: string, more: number): Promise<number> {
  const config = await readFile(join(folder, "workerd.capnp"), "utf8");
  const services = Array.from({ length: more }, (_, at) => `    (name = "more${at}", worker = .prinia),`).join("\n");
  await writeFile(join(folder, "many.capnp"), config.replace("  services = [", `  services = [\n${services}`));
  const [one, many] = [await listenMs(folder, "workerd.capnp"), await listenMs(folder, "many.capnp")];
  return (many - one) / more;
}

async function listenMs(folder: string, config: string): Promise<number> {
  const spawned = performance.now();
  const workerd = startWorkerd(folder, config);
  await workerd.listening;
  const ms = performance.now() - spawned;
  await workerd.stop(0);
  return ms;
}

async function serveMs(): Promise<number> {
  const begun = performance.now();
  const server = await startServer();
  const ms = performance.now() - begun;
  await server.stop();
  return ms;
}
