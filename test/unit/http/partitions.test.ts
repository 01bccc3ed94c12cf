/** What a divided queue asks of its objects, and that an undivided one asks for no more than before. */

import { describe, expect, test } from "vitest";
import { createApp } from "../../../src/http/app.ts";
import { formatId } from "../../../src/task/id.ts";
import { fail, ok } from "../../../src/task/result.ts";
import { world } from "./fakes.ts";

const divided = (text: string) => ({ vars: { PRINIA_AUTH: "off", PRINIA_PARTITIONS: text } });
const idIn = (partition: number, seq = 1) => formatId({ ms: 1, partition, seq, random: 1 });

describe("an undivided queue", () => {
  test.each([
    ["POST", "/tasks", { args: 1, groupKey: "g" }, 1],
    ["POST", "/poll", { worker: "w" }, 1],
    ["POST", "/events", { worker: "w", session: "s", events: [{ type: "start", id: idIn(0), lease: "1.1" }] }, 1],
    ["POST", "/workers", { worker: "w" }, 1],
    ["POST", "/workers/w/heartbeat", { session: "s" }, 1],
    ["GET", "/workers", undefined, 1],
    ["GET", "/tasks", undefined, 1],
    ["GET", `/tasks/${idIn(0)}`, undefined, 1],
    ["POST", "/tasks/cancel", { filter: {}, limit: 3 }, 1],
    ["PATCH", "/config", { paused: true }, 1],
    ["POST", "/vacuum", { limit: 3 }, 1],
    ["DELETE", "", undefined, 1],
    ["GET", `/tasks/${idIn(3)}`, undefined, 0],
  ])("is asked once by %s %s", async (method, below, body, count) => {
    const one = world({ push: [{ id: idIn(0), status: "Pending", created: true }] }, divided("other=8"));
    await one.send(method, `/v1/queues/q${below}`, body);
    expect(one.calls).toHaveLength(count);
    for (const { object, args } of one.calls) {
      expect(object).toBe("q/0");
      // Nothing is said of partitions to an object that is the only one.
      expect(JSON.stringify(args)).not.toContain("partitions");
    }
  });
});

describe("a divided queue", () => {
  test("is asked at most six partitions at a time", async () => {
    let now = 0;
    let most = 0;
    const purge = async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now--;
      return ok({ purged: 1, more: false });
    };
    const one = world({ purge }, divided("q=40"));
    const answer = await one.send("POST", "/v1/queues/q/purge");
    expect(await answer.json()).toEqual({ purged: 40, more: false });
    expect([one.calls.length, most]).toEqual([40, 6]);
  });

  test("is asked in turn where a limit is shared, and no more once it is used up", async () => {
    const bulk = ({ limit }: { limit: number }) => ok({ matched: 9, changed: Math.min(2, limit), more: false });
    const one = world({ bulk }, divided("q=8"));
    const answer = await one.send("POST", "/v1/queues/q/tasks/cancel", { filter: {}, limit: 5 });
    expect(await answer.json()).toEqual({ matched: 27, changed: 5, more: true });
    expect(one.calls.map(({ object, args }) => [object, (args[0] as { limit: number }).limit])).toEqual([
      ["q/0", 5],
      ["q/1", 3],
      ["q/2", 1],
    ]);
  });

  test("stops a poll as soon as it has enough, and goes on past a partition that is busy", async () => {
    const poll = ({ max }: { max: number }) => ok({ session: "s", tasks: ['{"id":"x"}'].slice(0, max), events: [] });
    const one = world({ poll }, divided("q=8"));
    await one.send("POST", "/v1/queues/q/poll", { worker: "w", session: "s", max: 3 });
    const asked = one.calls.filter(({ method }) => method === "poll");
    expect(asked.map(({ object, args }) => [object, (args[0] as { max: number }).max])).toEqual([
      ["q/4", 3],
      ["q/5", 2],
      ["q/6", 1],
    ]);
    let calls = 0;
    const busyFirst = () => (++calls === 1 ? fail("overloaded", "busy") : poll({ max: 1 }));
    const two = world({ poll: busyFirst }, divided("q=8"));
    const answer = await two.send("POST", "/v1/queues/q/poll", { worker: "w", session: "s" });
    expect([answer.status, calls]).toEqual([200, 2]);
  });

  test("is told of a worker's life by its polls now and then, not by each", async () => {
    const one = world({ heartbeat: { orphanAfterMs: 60_000 } }, divided("q=4"));
    const app = createApp({ timing: one.time });
    const beats = () => one.calls.filter(({ method }) => method === "heartbeat").length;
    const poll = async () => {
      const body = JSON.stringify({ worker: "w", session: "s" });
      const headers = { "content-type": "application/json" };
      await app.fetch(new Request("http://localhost/v1/queues/q/poll", { method: "POST", body, headers }), one.env);
      await one.time.advance(0);
    };
    await poll();
    expect(beats()).toBe(4);
    await poll();
    await one.time.advance(19_000);
    await poll();
    expect(beats()).toBe(4);
    await one.time.advance(2_000);
    await poll();
    expect(beats()).toBe(8);
  });

  test("merges the lists of its partitions, and asks none for more than its share", async () => {
    const page = (partition: number) =>
      [9, 6, 3].map((ms) => JSON.stringify({ id: formatId({ ms: ms + partition, partition, seq: ms, random: 1 }) }));
    let at = 0;
    const one = world({ list: () => ok({ tasks: page(at++) }) }, divided("q=3"));
    const answer = (await (await one.send("GET", "/v1/queues/q/tasks?limit=6")).json()) as {
      tasks: { id: string }[];
      nextCursor: string;
    };
    const ids = answer.tasks.map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted().toReversed());
    expect(ids).toHaveLength(6);
    expect(answer.nextCursor).toBe("n.6.0.6");
    for (const { args } of one.calls) expect((args[0] as { limit: number }).limit).toBe(3);
  });

  test("ends a page where a partition has looked far and found nothing, so that the next goes on there", async () => {
    const texts = [9, 3].map((ms) => JSON.stringify({ id: formatId({ ms, partition: 0, seq: ms, random: 1 }) }));
    const lists = [{ tasks: texts }, { tasks: [], nextCursor: "n.77", reached: 5 }];
    const one = world({ list: () => ok(lists.shift()) }, divided("q=2"));
    const first = await one.send("GET", "/v1/queues/q/tasks?limit=10&status=Done");
    expect(await first.json()).toMatchObject({ tasks: [{}], nextCursor: "n.5.1.77" });
    lists.push({ tasks: [] }, { tasks: [] });
    one.calls.length = 0;
    await one.send("GET", "/v1/queues/q/tasks?limit=10&status=Done&cursor=n.5.1.77");
    expect(one.calls.map(({ args }) => args[0])).toMatchObject([{ before: 6 }, { cursor: "n.77" }]);
  });
});

describe("options", () => {
  test("of code that are none end the start", () => {
    expect(() => createApp({ queues: { emails: { partitions: 0 } } })).toThrow(/"emails": `partitions` must be/);
  });

  test.each(["q=0", "q", "q=3 q=4"])("of the variable that are none are told by every request: %s", async (text) => {
    const answer = await world({}, divided(text)).send("GET", "/v1/queues/other/tasks");
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      code: "not_configured",
      detail: expect.stringContaining("PRINIA_PARTITIONS"),
    });
    expect((await world({}, divided(text)).send("GET", "/v1/health")).status).toBe(200);
  });

  test("of both for one queue are refused: one of them would be ignored", async () => {
    const one = world({}, divided("q=3"));
    const app = createApp({ timing: one.time, queues: { q: { partitions: 3 } } });
    const answer = await app.fetch(new Request("http://localhost/v1/queues/q/tasks"), one.env);
    expect(await answer.json()).toMatchObject({ code: "not_configured", detail: expect.stringContaining("createApp") });
  });
});
