// The feed on plain workerd: over a server that is killed, over several partitions, and only for who may read.
import { expect, test } from "vitest";
import { cleanUp } from "../support/cleanup.ts";
import { FeedReader } from "../support/feed.ts";
import { http } from "../support/http.ts";
import { type Server, startServe } from "../support/server.ts";

async function follow(server: Server, queue: string, position?: string): Promise<FeedReader> {
  const headers = position === undefined ? {} : { "last-event-id": position };
  const reader = new FeedReader(await fetch(`${server.url}/v1/queues/${queue}/feed`, { headers }));
  cleanUp(() => reader.close().catch(() => undefined));
  return position === undefined ? reader.ready() : reader;
}

/** Pushes one after the other, so that each is a commit of its own. */
async function pushed(server: Server, queue: string, keys: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const groupKey of keys) {
    const { body } = await http(server.url).post<{ id: string }>(`/v1/queues/${queue}/tasks`, { args: 1, groupKey });
    ids.push(body.id);
  }
  return ids;
}

const KEYS = Array.from({ length: 8 }, (_, n) => `key ${n}`);

test.concurrent.each([
  ["one partition", "", 2],
  ["three partitions", "*=3", 1],
] as const)("of %s loses nothing over kill -9, and goes on where it was", async (_, partitions, lives) => {
  const env = partitions === "" ? {} : { PRINIA_PARTITIONS: partitions };
  let server = await startServe({ env });
  const queue = "followed";
  await pushed(server, queue, KEYS);
  let reader = await follow(server, queue);
  for (let life = 0; life < lives; life++) {
    const seen = await pushed(server, queue, KEYS);
    const told = (await reader.take(seen.length)).map(({ event, data }) => [event, data.id]);
    expect(told.sort()).toEqual(seen.map((id) => ["task", id]).sort());
    const { position } = reader;
    const missed = await pushed(server, queue, KEYS);
    await server.kill();
    server = await server.restart();
    missed.push(...(await pushed(server, queue, KEYS)));
    reader = await follow(server, queue, position);
    const late = (await reader.take(missed.length)).map(({ event, data }) => [event, data.id]);
    expect(late.sort()).toEqual(missed.map((id) => ["task", id]).sort());
  }
  await reader.close();
  await server.stop();
});
