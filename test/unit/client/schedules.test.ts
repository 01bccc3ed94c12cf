import { expect, test } from "vitest";
import { Schedules } from "../../../src/client/schedules.ts";
import { PriniaError } from "../../../src/task/errors.ts";

interface Sent {
  readonly url: string;
  readonly method: string;
  readonly body?: string;
}

function bench(answers: (() => Response)[]) {
  const sent: Sent[] = [];
  const fetch = async (url: string, { method, body }: { method: string; body?: string }) => {
    sent.push({ url, method, ...(body === undefined ? {} : { body }) });
    const answer = answers.shift();
    if (!answer) throw new TypeError("no answer came");
    return answer();
  };
  return { sent, schedules: new Schedules<{ n: number }>("a/b", { url: "http://queue.test/", fetch }) };
}

const json =
  (body: unknown, status = 200) =>
  () =>
    Response.json(body, { status });
const AT = "http://queue.test/v1/queues/a%2Fb/schedules";

test("each verb is one request, at the address of its schedule", async () => {
  const { schedules, sent } = bench([
    ...[json({ name: "x" }), json({ schedules: [{ name: "x" }] }), json({ name: "x" }), json({ paused: true })],
    ...[json({ paused: false }), json({ id: "1" }, 201), () => new Response(null, { status: 204 })],
  ]);
  const schedule = { cron: "0 9 * * *", timeZone: "Europe/Berlin", task: { args: { n: 1 }, priority: 2 } };
  expect(await schedules.put("x/y", schedule)).toEqual({ name: "x" });
  expect(await schedules.list()).toEqual([{ name: "x" }]);
  expect(await schedules.get("x")).toEqual({ name: "x" });
  expect(await schedules.pause("x")).toEqual({ paused: true });
  expect(await schedules.resume("x")).toEqual({ paused: false });
  expect(await schedules.run("x")).toEqual({ id: "1" });
  expect(await schedules.delete("x")).toBeUndefined();
  expect(sent).toEqual([
    { url: `${AT}/x%2Fy`, method: "PUT", body: JSON.stringify(schedule) },
    { url: AT, method: "GET" },
    { url: `${AT}/x`, method: "GET" },
    { url: `${AT}/x`, method: "PATCH", body: '{"paused":true}' },
    { url: `${AT}/x`, method: "PATCH", body: '{"paused":false}' },
    { url: `${AT}/x/run`, method: "POST" },
    { url: `${AT}/x`, method: "DELETE" },
  ]);
});

test("a run whose answer is lost is not sent again, or there would be two tasks; all else is", async () => {
  const { schedules, sent } = bench([]);
  await expect(schedules.run("x")).rejects.toMatchObject({ code: "unreachable" });
  expect(sent).toHaveLength(1);
});

test("a refusal says what was wrong", async () => {
  const problem = { code: "bad_request", detail: "`cron` must be five fields", path: "cron" };
  const { schedules } = bench([json(problem, 400)]);
  const put = schedules.put("x", { cron: "x", task: { args: { n: 1 } } });
  await expect(put).rejects.toThrow(PriniaError);
  await expect(put).rejects.toMatchObject({ ...problem, status: 400 });
});

test("a service binding is spoken to as a server is", async () => {
  const urls: string[] = [];
  const binding = {
    fetch: async (url: string) => {
      urls.push(url);
      return Response.json({ schedules: [] });
    },
  };
  expect(await new Schedules("q", binding).list()).toEqual([]);
  expect(urls).toEqual(["https://prinia/v1/queues/q/schedules"]);
});
