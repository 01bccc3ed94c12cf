/** Hostile requests: each is refused with the right code and path, and leaves nothing behind. */

import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { serverForFile } from "../contract/queue.ts";
import * as addresses from "./corpus/addresses.ts";
import * as bodies from "./corpus/bodies.ts";
import { changes } from "./corpus/changes.ts";
import type { HostileRequest } from "./corpus/request.ts";
import { tasks } from "./corpus/tasks.ts";
import { work } from "./corpus/work.ts";
import { arrange, filled, type Scene, stored } from "./scene.ts";
import { exchange, problemIn, type Reply, requestBytes } from "./wire.ts";

const server = serverForFile();
let scene: Scene;
let before: object;
beforeAll(async () => {
  scene = await arrange(server(), "hostile requests");
  before = await stored(scene);
});
afterEach(async () => {
  const earlier = before;
  before = await stored(scene);
  expect(before).toEqual(earlier);
});

const GROUPS: Record<string, readonly HostileRequest[]> = { ...addresses, ...bodies, tasks, work, changes };

async function send({ line, body, headers }: HostileRequest): Promise<Reply> {
  const [method = "", target = ""] = line.split(/ (.*)/s);
  const path = target.startsWith("!") ? target.slice(1) : target.startsWith("/v1") ? target : scene.queue.path + target;
  const typed = headers ?? (body === undefined ? [] : ["content-type: application/json"]);
  const reply = await exchange(server().port, requestBytes(method, filled(path, scene), typed, bytesOf(body)));
  if (reply === null) throw new Error("the server closed without an answer");
  return reply;
}

function bytesOf(body: unknown): Uint8Array | null {
  if (body === undefined) return null;
  if (body instanceof Uint8Array) return body;
  return Buffer.from(filled(typeof body === "string" ? body : JSON.stringify(body), scene));
}

describe.each(Object.entries(GROUPS))("%s", (_, corpus) => {
  test.each(corpus)("$name: $refusal", async (hostile) => {
    const reply = await send(hostile);
    const problem = problemIn(reply);
    const { code, path, status } = problem ?? {};
    expect(path === undefined ? code : `${code} ${path}`, reply.text.slice(0, 300)).toBe(hostile.refusal);
    expect(reply.status).toBe(status);
    expect(reply.status).toSatisfy((one: number) => one >= 400 && one < 500);
    expect(problem?.detail.length).toBeLessThan(1_000);
    expect(reply.text).not.toMatch(/ at .*\.[jt]s:\d|SQLITE|valibot/i);
  });
});

test("there are more than 200 of them, of which no two are the same", () => {
  const all = Object.values(GROUPS).flat();
  expect(all.length).toBeGreaterThan(200);
  expect(new Set(all.map(({ line, body, headers }) => JSON.stringify([line, String(body), body, headers]))).size).toBe(
    all.length,
  );
});
