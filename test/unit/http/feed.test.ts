/** The feed over HTTP: positions over all partitions, sockets that break, clients that do not read, tokens that end. */

import { expect, test } from "vitest";
import { FEED_BEAT_MS, MAX_FEED_BEHIND, REOPEN_PAUSE_MS } from "../../../src/limits.ts";
import { FeedReader } from "../../support/feed.ts";
import { FakeSocket, NOW, SECRET, settle, tokenOf, world } from "./fakes.ts";

const FEED = "/v1/queues/q/feed";

function following(sockets: readonly FakeSocket[], vars: Record<string, string> = {}) {
  let opened = 0;
  return world({ fetch: () => sockets[opened++]?.response }, { vars: { PRINIA_AUTH: "off", ...vars } });
}

const sockets = (count: number) =>
  Array.from({ length: count }, () => new FakeSocket()) as [FakeSocket, ...FakeSocket[]];
const feed = (at: number, ...data: number[]) => ({
  type: "feed",
  at,
  events: data.map((n) => ({ event: "task", data: n })),
});
const begun = (at: number, gap = false) => ({ type: "following", at, gap });

test("names every partition in each position, and goes on in each from its own", async () => {
  const [a, b, c, d] = sockets(4) as [FakeSocket, FakeSocket, FakeSocket, FakeSocket];
  const vars = { PRINIA_PARTITIONS: "q=2" };
  const one = following([a, b, c, d], vars);
  const reader = new FeedReader(await one.send("GET", FEED));
  expect([a.sent, b.sent]).toEqual([[{ type: "follow" }], [{ type: "follow" }]]);
  a.deliver(begun(7));
  b.deliver(begun(40));
  await reader.ready();
  a.deliver(feed(8, 1, 2));
  b.deliver(feed(41, 3));
  const told = await reader.take(3);
  expect(told.map(({ data }) => data).sort()).toEqual([1, 2, 3]);
  expect(told.find(({ data }) => data === 1)?.id).toMatch(/^0:7,/);
  expect(told.find(({ data }) => data === 2)?.id).toMatch(/^0:8,/);
  expect(reader.position).toBe("0:8,1:41");
  await reader.close();
  await one.send("GET", FEED, undefined, { "last-event-id": "0:8" });
  expect([c.sent, d.sent]).toEqual([[{ type: "follow", after: 8 }], [{ type: "follow", after: 0 }]]);
});

test("opens a socket that broke again, from what was told last; tells a gap, and shows now and then that it lives", async () => {
  const [first, second] = sockets(2) as [FakeSocket, FakeSocket];
  const one = following([first, second]);
  const reader = new FeedReader(await one.send("GET", FEED));
  first.deliver(begun(3));
  first.deliver(feed(4, 1));
  await reader.take(1);
  first.break();
  const next = reader.take(2);
  await one.time.advance(REOPEN_PAUSE_MS);
  expect(second.sent).toEqual([{ type: "follow", after: 4 }]);
  second.deliver(begun(9, true));
  second.deliver(feed(10, 2));
  expect(await next).toEqual([
    { id: "0:9", event: "gap", data: { partition: 0 } },
    { id: "0:10", event: "task", data: 2 },
  ]);
  const last = reader.take(1);
  await one.time.advance(FEED_BEAT_MS);
  await one.time.advance(FEED_BEAT_MS);
  second.deliver(feed(11, 3));
  await last;
  expect(reader.comments).toBe(3);
  await reader.close();
  await settle();
  expect([second.closed, one.time.pending]).toEqual([true, 0]);
});

test("keeps no more for a client that does not read than its bound, and then goes back to the log", async () => {
  const [slow, again] = sockets(2) as [FakeSocket, FakeSocket];
  const one = following([slow, again]);
  const reader = new FeedReader(await one.send("GET", FEED));
  slow.deliver(begun(0));
  await reader.ready();
  await settle();
  for (let at = 1; at <= MAX_FEED_BEHIND; at++) slow.deliver(feed(at, at));
  await settle();
  expect(slow.closed).toBe(false);
  slow.deliver(feed(MAX_FEED_BEHIND + 1, 0));
  expect(slow.closed).toBe(true);
  const told = reader.take(2);
  await one.time.advance(REOPEN_PAUSE_MS);
  expect(again.sent).toEqual([{ type: "follow", after: 0 }]);
  again.deliver(feed(1, 1));
  again.deliver(feed(2, 2));
  expect((await told).map(({ data }) => data)).toEqual([1, 2]);
  await reader.close();
});

test("ends with its token", async () => {
  const [socket] = sockets(1);
  const one = world({ fetch: () => socket.response }, { vars: { PRINIA_SECRET: SECRET } });
  const token = await tokenOf({ scope: ["read"], exp: NOW / 1000 + 60 });
  const response = await one.send("GET", FEED, undefined, { authorization: `Bearer ${token}` });
  const ended = new FeedReader(response).next();
  await settle();
  expect(socket.closed).toBe(false);
  await one.time.advance(60_000);
  expect(await ended).toBe(null);
  expect([socket.closed, one.time.pending]).toEqual([true, 0]);
});
