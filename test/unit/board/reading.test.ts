// Pages of tasks: what is known stands at once, the server's answer follows, and what changes meanwhile is not lost.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { knownPage, readAhead, readPage } from "../../../src/board/pages/queue-pages.ts";
import { type View, viewOf } from "../../../src/board/pages/queue-query.ts";
import { Reading } from "../../../src/board/pages/queue-reading.ts";
import { token } from "../../../src/board/token.ts";

const view = (query: string): View => viewOf(new URLSearchParams(query));
const RUNNING = view("tab=Running");

interface Asked {
  readonly query: URLSearchParams;
  answer(ids: readonly string[], nextCursor?: string): Promise<void>;
  fail(): Promise<void>;
}

const asked: Asked[] = [];
/** Lets all that waits for an answer go on. */
const settled = () => new Promise<void>((done) => setImmediate(done));
let tokens = 0;

beforeEach(() => {
  asked.length = 0;
  tokens += 1;
  token.value = `token-${tokens}`;
  vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
  const fetched = (path: string) =>
    new Promise<Response>((resolve, reject) => {
      asked.push({
        query: new URLSearchParams(path.split("?")[1]),
        answer: (ids, nextCursor) => {
          const tasks = ids.map((id) => ({ id, status: "Running", attempt: 1, maxAttempts: 5, priority: 0, args: 1 }));
          resolve(new Response(JSON.stringify({ tasks, ...(nextCursor === undefined ? {} : { nextCursor }) })));
          return settled();
        },
        fail: () => {
          reject(new TypeError("fetch failed"));
          return settled();
        },
      });
    });
  vi.stubGlobal("fetch", fetched);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  token.value = null;
});

const reading = (of: View = RUNNING) => new Reading("q", of, (draw) => draw());
const ids = ({ live }: Reading) => live.rows.value.map(({ id }) => id);

describe("a page that was read before", () => {
  const readOnce = async (): Promise<void> => {
    readPage("q", RUNNING);
    await asked[0]?.answer(["2", "1"]);
  };

  test("stands at once, as what it was, until the server has answered", async () => {
    await readOnce();
    vi.setSystemTime(1_004_000);
    const page = reading();
    page.read();
    expect([ids(page), page.isReading.value, page.page.value?.at]).toEqual([["2", "1"], true, 1_000_000]);
    await asked[1]?.answer(["3", "2"]);
    expect([ids(page), page.isReading.value, page.page.value?.at]).toEqual([["3", "2"], false, 1_004_000]);
  });

  test("stays, with the reason, when the server does not answer", async () => {
    await readOnce();
    const page = reading();
    page.read();
    await asked[1]?.fail();
    expect([ids(page), page.isReading.value]).toEqual([["2", "1"], false]);
    expect(page.problem.value).toContain("cannot be reached");
  });

  test("is forgotten after five minutes", async () => {
    await readOnce();
    vi.setSystemTime(1_299_999);
    expect(ids(reading())).toEqual(["2", "1"]);
    vi.setSystemTime(1_300_000);
    expect(ids(reading())).toEqual([]);
  });

  test("is shown to no other token, nor is one that was asked for with the token before", async () => {
    await readOnce();
    token.value = "another";
    expect(ids(reading())).toEqual([]);
    readPage("q", RUNNING);
    token.value = "a third";
    await asked[1]?.answer(["1"]);
    expect(knownPage("q", RUNNING)).toBeUndefined();
  });

  test("makes room when sixteen others were read", async () => {
    await readOnce();
    for (let n = 1; n <= 16; n++) {
      expect(knownPage("q", RUNNING)).toBeDefined();
      readPage("q", view(`group=${n}`));
      await asked[n]?.answer([]);
    }
    expect(knownPage("q", RUNNING)).toBeUndefined();
    expect(knownPage("q", view("group=1"))).toBeDefined();
  });
});

describe("reading", () => {
  test("keeps what is told between the question and the answer", async () => {
    const page = reading();
    page.read();
    page.live.hear([
      { id: "2", status: "Done" },
      { id: "3", status: "Running" },
    ]);
    await asked[0]?.answer(["2", "1"]);
    expect(page.live.rows.value.map(({ id, status }) => `${id} ${status}`)).toEqual(["2 Done", "1 Running"]);
    expect(page.live.newcomers.value).toBe(1);
  });

  test("does not put back what was told before the question", async () => {
    const page = reading();
    page.live.hear([{ id: "2", status: "Done" }]);
    page.read();
    await asked[0]?.answer(["2", "1"]);
    expect(page.live.rows.value[0]?.status).toBe("Running");
  });

  test("leaves aside an answer that was overtaken", async () => {
    const page = reading();
    page.read();
    page.read();
    await asked[1]?.answer(["2"]);
    await asked[0]?.answer(["1"]);
    expect([ids(page), page.isReading.value]).toEqual([["2"], false]);
  });

  test("bounds what it keeps of what is told: the last of 2,000 tasks", async () => {
    const page = reading();
    page.read();
    page.live.hear([{ id: "1", status: "Done" }]);
    for (let n = 2; n <= 2_001; n++) page.live.hear([{ id: String(n), status: "Done" }]);
    await asked[0]?.answer(["2", "1"]);
    expect(page.live.rows.value.map(({ status }) => status)).toEqual(["Done", "Running"]);
  });
});

describe("where the newest are behind more tasks than one answer looks at", () => {
  test("the oldest are shown, and where to go on looking is known", async () => {
    const page = reading(view("tab=Done"));
    page.read();
    await asked[0]?.answer([], "n:5");
    expect(asked[1]?.query.get("order")).toBe("oldest");
    await asked[1]?.answer(["1", "2"], "o:2");
    expect(ids(page)).toEqual(["1", "2"]);
    expect(page.page.value).toMatchObject({ further: "n:5", nextCursor: "o:2", view: { order: "oldest" } });
    // A later one is behind the page, and is no news on it.
    page.live.hear([{ id: "3", status: "Done" }]);
    expect(page.live.newcomers.value).toBe(0);
  });

  test("and there are none among the oldest either, one goes on from the newest", async () => {
    const page = reading(view("tab=Done"));
    page.read();
    await asked[0]?.answer([], "n:5");
    await asked[1]?.answer([], "o:9");
    expect(page.page.value).toMatchObject({
      rows: [],
      further: undefined,
      nextCursor: "n:5",
      view: { order: "newest" },
    });
  });

  test.each(["tab=Done&order=oldest", "tab=Done&cursor=n%3A9"])("no other is asked for by %s", async (query) => {
    const page = reading(view(query));
    page.read();
    await asked[0]?.answer([], "x:5");
    expect([asked.length, page.page.value?.nextCursor]).toEqual([1, "x:5"]);
  });
});

describe("reading ahead", () => {
  test("asks once, however often one passes by, and again a second later", async () => {
    readAhead("q", RUNNING);
    readAhead("q", RUNNING);
    expect(asked).toHaveLength(1);
    await asked[0]?.answer(["1"]);
    readAhead("q", RUNNING);
    expect(asked).toHaveLength(1);
    expect(ids(reading())).toEqual(["1"]);
    vi.setSystemTime(1_001_000);
    readAhead("q", RUNNING);
    expect(asked).toHaveLength(2);
    await asked[1]?.answer([]);
  });

  test("shows a page that was on its way when it was pressed, until the answer to the press is there", async () => {
    readAhead("q", RUNNING);
    const page = reading();
    page.read();
    await asked[0]?.answer(["1"]);
    expect([ids(page), page.isReading.value]).toEqual([["1"], true]);
    await asked[1]?.answer(["2"]);
    expect([ids(page), page.isReading.value]).toEqual([["2"], false]);
  });

  test("is too late when the answer to the press is there already", async () => {
    readAhead("q", RUNNING);
    const page = reading();
    page.read();
    await asked[1]?.answer(["2"]);
    await asked[0]?.answer(["1"]);
    expect(ids(page)).toEqual(["2"]);
  });

  test("that fails says nothing, and may be tried again", async () => {
    readAhead("q", RUNNING);
    await asked[0]?.fail();
    readAhead("q", RUNNING);
    expect(asked).toHaveLength(2);
  });
});
