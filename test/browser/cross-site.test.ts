// What pages of other sites can do to a queue that their visitor can reach, from real pages: nothing.

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { Queue } from "../e2e/contract/queue.ts";
import { SECRET, token } from "../e2e/contract/tokens.ts";
import { startChromium } from "../support/chromium.ts";
import { cleanUp } from "../support/cleanup.ts";
import { type Server, startServe } from "../support/server.ts";

/**
 * The same page under three names, all of which are this machine. Browsers take whatever ends in `.localhost` for it,
 * so that no rule of theirs about private networks stands before ours; to the server it is a foreign name.
 */
const FOREIGN = "evil.localhost";
const LOCAL = "localhost";
const BOARD = "board.localhost";

let browser: Browser;
let port: number;
let open: Server;
let guarded: Server;
beforeAll(async () => {
  port = await serveBlank();
  const env = { PRINIA_SECRET: SECRET, PRINIA_ORIGINS: `http://${BOARD}:${port}` };
  [browser, open, guarded] = await Promise.all([startChromium(), startServe(), startServe({ env })]);
});

/** An empty page, whatever is asked for; resolves to its port. */
async function serveBlank(): Promise<number> {
  const server = createServer((_, answer) => {
    answer.setHeader("content-type", "text/html");
    answer.end('<!doctype html><link rel="icon" href="data:,">');
  }).listen(0, "127.0.0.1");
  cleanUp(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const pages = new Map<string, Page>();

/** A fresh page of this name, in its tab. */
async function visit(host: string): Promise<Page> {
  const page = pages.get(host) ?? (await browser.newPage());
  if (!pages.has(host)) cleanUp(() => page.close());
  pages.set(host, page);
  await page.goto(`http://${host}:${port}/`);
  return page;
}

let queues = 0;
const queueOf = async (server: Server): Promise<Queue> =>
  new Queue(server, `cross site ${++queues}`, server === open ? undefined : await token());

const tasksOf = async (queue: Queue): Promise<number> =>
  (await queue.get<{ tasks: unknown[] }>("/tasks")).body.tasks.length;

/** Ways in which a page can push. The first three need no leave: a browser sends them and hides the answer. */
const PUSHES: Record<string, (page: Page, url: string, bearer: string) => Promise<string>> = {
  "a body without a type": (page, url) =>
    page.evaluate(async (to) => {
      const body = new Blob(['{"args":1}']);
      return fetch(to, { method: "POST", mode: "no-cors", body }).then(({ type }) => type, String);
    }, url),
  // What is sent after it tells that it was sent.
  "a beacon": (page, url) =>
    page.evaluate(
      `navigator.sendBeacon("${url}", new Blob(['{"args":1}'])), fetch("${url}", { mode: "no-cors" }).then(({ type }) => type, String)`,
    ),
  "a form": async (page, url) => {
    const field = `<input name='{"args":1,"meta":{"x":"' value='"}}'>`;
    await page.setContent(
      `<form method="post" enctype="text/plain" action="${url}">${field}<button>Go</button></form>`,
    );
    const [answer] = await Promise.all([page.waitForResponse(url), page.getByRole("button").click()]);
    return String(answer.status());
  },
  "a frame of no origin": async (page, url) => {
    const script = `
      const tell = (what) => parent.postMessage(String(what), "*");
      fetch("${url}", { method: "POST", body: new Blob(['{"args":1}']) }).then(({ status }) => tell(status), tell);
    `;
    return page.evaluate<string>(`new Promise((resolve) => {
      addEventListener("message", ({ data }) => resolve(data), { once: true });
      const frame = document.createElement("iframe");
      frame.sandbox = "allow-scripts";
      frame.srcdoc = ${JSON.stringify(`<script>${script}</script>`).replaceAll("</", "<\\/")};
      document.body.append(frame);
    })`);
  },
  "JSON, which a browser asks leave for": (page, url, bearer) =>
    page.evaluate(
      async ([to, auth]) => {
        const headers = { "content-type": "application/json", authorization: `Bearer ${auth}` };
        return fetch(to, { method: "POST", headers, body: '{"args":1}' }).then(({ status }) => String(status), String);
      },
      [url, bearer] as const,
    ),
};

/** Opens a socket and pushes; the first frame that comes, or how it closed. */
const pushOnSocket = (page: Page, url: string, bearer: string): Promise<string> =>
  page.evaluate(
    ([to, auth]) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(to, ["prinia.v1", `bearer.${auth}`]);
        socket.onopen = () => socket.send('{"type":"push","ref":"r","tasks":[{"args":1}]}');
        socket.onmessage = ({ data }) => resolve(JSON.parse(data).type);
        socket.onclose = ({ code }) => resolve(`closed ${code}`);
      }),
    [`${url.replace(/^http/, "ws")}/socket`, bearer] as const,
  );

/** Opens an EventSource; the first line that comes, or that it failed for good. */
const listen = (page: Page, url: string): Promise<string> =>
  page.evaluate(
    (to) =>
      new Promise<string>((resolve) => {
        const source = new EventSource(to);
        source.onmessage = ({ data }) => {
          source.close();
          resolve(data);
        };
        source.onerror = () => source.readyState === EventSource.CLOSED && resolve("failed");
      }),
    url,
  );

const server = (which: string): Server => (which === "open" ? open : guarded);

describe.each(["open", "guarded"])("a foreign page and an %s server", (which) => {
  test.each(Object.keys(PUSHES))("pushes nothing by %s", async (way) => {
    const queue = await queueOf(server(which));
    const answer = await PUSHES[way]?.(await visit(FOREIGN), `${queue.url}/tasks`, await token());
    expect(answer).not.toMatch(/^2/);
    expect(await tasksOf(queue)).toBe(0);
  });

  test("opens no socket, and hears nothing", async () => {
    const queue = await queueOf(server(which));
    const page = await visit(FOREIGN);
    expect(await pushOnSocket(page, queue.url, await token())).toBe("closed 1006");
    const id = await queue.push();
    const minted = await queue.post<{ token: string }>("/wait-token", { ids: [id] });
    await queue.post(`/tasks/${id}/cancel`);
    expect(await listen(page, `${queue.url}/wait?id=${id}&token=${minted.body.token}`)).toBe("failed");
    expect(await tasksOf(queue)).toBe(1);
  });
});

test("a page whose own name was made to resolve to an open server is answered by it with a refusal", async () => {
  const queue = await queueOf(open);
  const page = await browser.newPage();
  cleanUp(() => page.close());
  const answer = await page.goto(`http://${FOREIGN}:${open.port}/v1/queues`);
  expect(answer?.status()).toBe(403);
  // The page of that name is now of the same origin as the queue, and still gets nowhere.
  const pushed = await page.evaluate(
    (path) =>
      fetch(path, { method: "POST", body: new Blob(['{"args":1}']) }).then(({ status }) => String(status), String),
    `${queue.path}/tasks`,
  );
  expect(pushed).toMatch(/403|TypeError/);
  expect(await tasksOf(queue)).toBe(0);
});

describe.each([
  ["a page on this machine", LOCAL, "open"],
  ["a page of PRINIA_ORIGINS", BOARD, "guarded"],
])("%s", (_, host, which) => {
  test("pushes, over HTTP and over a socket, and reads the answers", async () => {
    const queue = await queueOf(server(which));
    const page = await visit(host);
    const bearer = await token();
    const json = "JSON, which a browser asks leave for";
    expect(await PUSHES[json]?.(page, `${queue.url}/tasks`, bearer)).toBe("201");
    expect(await pushOnSocket(page, queue.url, bearer)).toBe("answer");
    expect(await tasksOf(queue)).toBe(2);
  });

  test("hears of its task by an EventSource with a token for it, and of no other", async () => {
    const queue = await queueOf(server(which));
    const [leased, other] = [await queue.leased(), await queue.push()];
    const { body } = await queue.post<{ token: string }>("/wait-token", { ids: [leased.id] });
    const page = await visit(host);
    const heard = listen(page, `${queue.url}/wait?id=${leased.id}&token=${body.token}`);
    await queue.event({ type: "ack", id: leased.id, lease: leased.lease, result: { ok: "for the page" } });
    expect(JSON.parse(await heard)).toMatchObject({ id: leased.id, status: "Done", result: { ok: "for the page" } });
    if (which === "open") return;
    expect(await listen(page, `${queue.url}/wait?id=${other}&token=${body.token}`)).toBe("failed");
    expect(await listen(page, `${queue.url}/wait?id=${leased.id}`)).toBe("failed");
    expect(await listen(page, `${queue.url}/wait?id=${leased.id}&token=${await token()}`)).toBe("failed");
  });

  test("reads a refusal, with its code and its headers", async () => {
    const page = await visit(host);
    const read = await page.evaluate(
      async (url) => {
        const answer = await fetch(url, { method: "POST" });
        const { code } = (await answer.json()) as { code: string };
        return [answer.status, code, answer.headers.get("allow")];
      },
      `${server(which).url}/v1/queues`,
    );
    expect(read).toEqual([405, "method_not_allowed", "HEAD, GET"]);
  });
});

test.each(["a body without a type", "a beacon"])(
  "a page on this machine does push by %s: the way is real",
  async (way) => {
    const queue = await queueOf(open);
    await PUSHES[way]?.(await visit(LOCAL), `${queue.url}/tasks`, "");
    await expect.poll(() => tasksOf(queue), { timeout: 5_000 }).toBe(1);
  },
);
