import { expect, test, vi } from "vitest";
import { Coalescer } from "../../../src/backend/coalescer.ts";
import type { TaskText } from "../../../src/backend/port.ts";
import { PriniaError } from "../../../src/task/errors.ts";
import type { Pushed } from "../../../src/task/task.ts";

const text = (name: string, repeatable = false): TaskText => ({ text: name, repeatable });
const pushed = (id: string): Pushed => ({ id, status: "Pending", created: true });

/** A port that answers when it is told to. */
function scripted(answer: (texts: string[], attempt: number) => Pushed[] | Promise<Pushed[]>) {
  const requests: string[][] = [];
  const port = {
    push: async (tasks: readonly TaskText[]) => {
      const texts = tasks.map((one) => one.text);
      requests.push(texts);
      return answer(texts, requests.length);
    },
  };
  return { requests, coalescer: new Coalescer(port) };
}

const all = (texts: string[]) => texts.map(pushed);

test("pushes of one turn go in one request, in order, and each caller is told of its own", async () => {
  const { requests, coalescer } = scripted(all);
  const answers = await Promise.all(["a", "b", "c"].map((name) => coalescer.push(text(name), undefined)));
  expect(requests).toEqual([["a", "b", "c"]]);
  expect(answers.map((one) => one.id)).toEqual(["a", "b", "c"]);
});

test("what comes while a request is under way goes with the next", async () => {
  const gate = Promise.withResolvers<void>();
  const { requests, coalescer } = scripted(async (texts, attempt) => {
    if (attempt === 1) await gate.promise;
    return all(texts);
  });
  const first = coalescer.push(text("a"), undefined);
  await Promise.resolve();
  const others = ["b", "c"].map((name) => coalescer.push(text(name), undefined));
  expect(requests).toEqual([["a"]]);
  gate.resolve();
  await Promise.all([first, ...others]);
  expect(requests).toEqual([["a"], ["b", "c"]]);
});

test("a refusal reaches the call that caused it alone", async () => {
  const path = "tasks.1.priority";
  const { requests, coalescer } = scripted((texts) => {
    if (texts.includes("bad"))
      throw new PriniaError({ code: "bad_request", detail: `\`${path}\` must be an integer.`, path });
    return all(texts);
  });
  const settled = await Promise.allSettled(["a", "bad", "c"].map((name) => coalescer.push(text(name), undefined)));
  expect(settled.map((one) => one.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(settled[1]).toMatchObject({ reason: { path: "priority", detail: "`priority` must be an integer." } });
  expect(requests).toEqual([
    ["a", "bad", "c"],
    ["a", "c"],
  ]);
});

test("a refusal that names no task is found by sending each alone, in order", async () => {
  const { requests, coalescer } = scripted((texts) => {
    if (texts.includes("huge")) throw new PriniaError({ code: "payload_too_large", detail: "too large" });
    return all(texts);
  });
  const settled = await Promise.allSettled(["a", "huge", "c"].map((name) => coalescer.push(text(name), undefined)));
  expect(settled.map((one) => one.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(requests.slice(1)).toEqual([["a"], ["huge"], ["c"]]);
});

test("when the answer is lost, nothing is sent again and every caller is told", async () => {
  const { requests, coalescer } = scripted(() => {
    throw new PriniaError({ code: "unreachable", detail: "lost" });
  });
  const settled = await Promise.allSettled(["a", "b"].map((name) => coalescer.push(text(name), undefined)));
  expect(settled.map((one) => one.status)).toEqual(["rejected", "rejected"]);
  expect(requests).toEqual([["a", "b"]]);
});

test("tasks that may be sent again do not share a request with those that may not; the order is kept", async () => {
  const { requests, coalescer } = scripted(all);
  await Promise.all([
    coalescer.push(text("a"), undefined),
    coalescer.push(text("k1", true), undefined),
    coalescer.push(text("k2", true), undefined),
    coalescer.push(text("b"), undefined),
  ]);
  expect(requests).toEqual([["a"], ["k1", "k2"], ["b"]]);
});

test("a request holds at most a thousand tasks", async () => {
  const { requests, coalescer } = scripted(all);
  await Promise.all(Array.from({ length: 1_001 }, (_, at) => coalescer.push(text(String(at)), undefined)));
  expect(requests.map((one) => one.length)).toEqual([1_000, 1]);
});

test("one who gives up before the request is not pushed; the others are", async () => {
  const { requests, coalescer } = scripted(all);
  const given = new AbortController();
  const gone = coalescer.push(text("gone"), given.signal);
  const kept = coalescer.push(text("kept"), undefined);
  given.abort(new Error("enough"));
  await expect(gone).rejects.toThrow("enough");
  expect((await kept).id).toBe("kept");
  expect(requests).toEqual([["kept"]]);
});

test("nothing is left on a signal that many pushes share, whether they were taken or refused", async () => {
  const { coalescer } = scripted((texts) => {
    if (texts.includes("bad")) throw new PriniaError({ code: "bad_request", detail: "no", path: "tasks.0.args" });
    return all(texts);
  });
  const { signal } = new AbortController();
  const listeners = new Set<unknown>();
  vi.spyOn(signal, "addEventListener").mockImplementation((_, listener) => void listeners.add(listener));
  vi.spyOn(signal, "removeEventListener").mockImplementation((_, listener) => void listeners.delete(listener));
  await coalescer.push(text("a"), signal);
  await expect(coalescer.push(text("bad"), signal)).rejects.toThrow("no");
  expect(listeners.size).toBe(0);
});

test("after a failure the next push goes out as usual", async () => {
  const { coalescer } = scripted((texts, attempt) => {
    if (attempt === 1) throw new PriniaError({ code: "unreachable", detail: "lost" });
    return all(texts);
  });
  await expect(coalescer.push(text("a"), undefined)).rejects.toThrow("lost");
  expect((await coalescer.push(text("b"), undefined)).id).toBe("b");
});
