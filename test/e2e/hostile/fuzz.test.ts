/** Fuzzed input over real connections. `PRINIA_HOSTILE=seed[:runs[:path]]` has it again. */

import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { faultOf, isRefusal, refusalFault } from "../../hostile/judge.ts";
import { anyText, type Change, change, changed } from "../../hostile/mutate.ts";
import { checked, orderOf } from "../../hostile/order.ts";
import { type Names, validFrames, validRequests } from "../../hostile/valid.ts";
import { until } from "../../support/processes.ts";
import { openSocket, type TestSocket } from "../../support/socket.ts";
import { serverForFile } from "../contract/queue.ts";
import { arrange, type Scene, stored } from "./scene.ts";

const server = serverForFile();
const order = orderOf(process.env.PRINIA_HOSTILE);
/** Inputs that are sent at once, each to a queue of its own. */
const LANES = 8;
/** Inputs that one queue is for: what is pushed by those that are good after all does not pile up. */
const QUEUE_FOR = 40;
const TIMEOUT_MS = 280_000;
/** Nothing here asks to be held. */
const PATIENCE_MS = 10_000;
const JSON_TYPE = { "content-type": "application/json" };

beforeAll(() => console.info(`hostile input: PRINIA_HOSTILE=${order.seed}`));

class Lane {
  #scene: Scene | null = null;
  #stored: object = {};
  #used = 0;
  #socket: TestSocket | null = null;

  async #open(): Promise<Scene> {
    if (this.#scene !== null && this.#used++ % QUEUE_FOR !== 0) return this.#scene;
    this.#scene = await arrange(server(), crypto.randomUUID());
    this.#stored = await stored(this.#scene);
    this.#socket = null;
    return this.#scene;
  }

  async request(index: number, bodyOf: (good: unknown) => string): Promise<void> {
    const scene = await this.#open();
    const requests = validRequests(namesOf(scene));
    const { method, path, body: good } = requests[index % requests.length] ?? { method: "", path: "", body: "" };
    const body = bodyOf(good);
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const sent = { method, body, headers: JSON_TYPE, signal };
    const response = await fetch(scene.queue.url + path, sent).catch((error: unknown) => {
      throw new Error(`${method} ${path} ${body} was not answered in ${PATIENCE_MS} ms`, { cause: error });
    });
    const seen = { status: response.status, type: response.headers.get("content-type"), text: await response.text() };
    expect(faultOf(seen), `${method} ${path} ${body}`).toBe(undefined);
    await this.#unchangedIf(scene, isRefusal(seen), body);
  }

  async frame(frameOf: (names: Names) => string): Promise<void> {
    const scene = await this.#open();
    this.#socket ??= await openSocket(`${scene.queue.url}/socket`);
    const [socket, text, ref] = [this.#socket, frameOf(namesOf(scene)), `asked ${this.#used}`];
    const from = socket.frames.length;
    socket.send(text);
    socket.send({ type: "wait", ref, ids: ["nobody"] });
    let closed = false;
    void socket.closed.then(() => {
      closed = true;
    });
    await until(() => closed || socket.frames.some((frame) => frame.ref === ref), "the socket answers");
    const errors = socket.frames.slice(from).filter(({ type }) => type === "error");
    for (const { code, detail, path } of errors) expect(refusalFault(code, detail, path), text).toBe(undefined);
    if (closed) this.#socket = null;
    await this.#unchangedIf(scene, errors.length > 0, text);
  }

  async #unchangedIf(scene: Scene, refused: boolean, input: string): Promise<void> {
    const before = this.#stored;
    this.#stored = await stored(scene);
    if (refused) expect(this.#stored, input).toEqual(before);
  }
}

function namesOf({ names }: Scene): Names {
  const name = (key: string): string => names.get(key) ?? "";
  return {
    ...{ pending: name("pending"), done: name("done"), running: name("running") },
    ...{ lease: name("lease"), session: name("session") },
  };
}

const lanes = Array.from({ length: LANES }, () => new Lane());
const all = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: LANES, maxLength: LANES });
const body = fc.oneof({ weight: 2, arbitrary: change }, { weight: 1, arbitrary: anyText });
const textOf = (good: unknown, wrong: Change | string): string =>
  typeof wrong === "string" ? wrong : changed(good, wrong);

test("a request over HTTP is refused without a trace, or was good after all", { timeout: TIMEOUT_MS }, async () => {
  const property = fc.asyncProperty(all(fc.tuple(fc.nat(1_000), body)), async (inputs) => {
    await Promise.all(inputs.map(([index, wrong], lane) => lanes[lane]?.request(index, (good) => textOf(good, wrong))));
  });
  await fc.assert(property, checked(order, 0.025 / LANES));
});

test("a frame is refused without a trace, or was good after all, and the socket goes on", {
  timeout: TIMEOUT_MS,
}, async () => {
  const property = fc.asyncProperty(all(fc.tuple(fc.nat(1_000), body)), async (inputs) => {
    await Promise.all(
      inputs.map(([index, wrong], lane) =>
        lanes[lane]?.frame((names) => {
          const frames = validFrames(names);
          return textOf(frames[index % frames.length], wrong);
        }),
      ),
    );
  });
  await fc.assert(property, checked(order, 0.015 / LANES));
});

test.each([
  ['"\\ud800"', '"\\ud800"'],
  ["123456789012345678901234567890", "123456789012345678901234567890"],
  ["-0", "-0"],
  ["1e999", "1e999"],
  ["1.0", "1.0"],
  ['{"__proto__":{"a":1},"constructor":1,"a":1,"a":2}', '{"__proto__":{"a":1},"constructor":1,"a":1,"a":2}'],
])("args of %s survive as the text that they came as, there and back", async (args, kept) => {
  const { queue } = await arrange(server(), crypto.randomUUID());
  const pushed = await fetch(`${queue.url}/tasks`, { method: "POST", body: `{"args":${args}}`, headers: JSON_TYPE });
  const { id } = (await pushed.json()) as { id: string };
  expect(await (await fetch(`${queue.url}/tasks/${id}`)).text()).toContain(`"args":${kept},`);
  const polled = await fetch(`${queue.url}/poll`, { method: "POST", body: '{"worker":"w"}', headers: JSON_TYPE });
  const text = await polled.text();
  expect(text).toContain(`"args":${kept},`);
  const { tasks } = JSON.parse(text) as { tasks: { lease: string }[] };
  const ack = `{"events":[{"type":"ack","id":"${id}","lease":"${tasks[0]?.lease}","result":{"ok":${args}}}]}`;
  await fetch(`${queue.url}/events`, { method: "POST", body: ack, headers: JSON_TYPE });
  const waited = await fetch(`${queue.url}/wait?id=${id}`);
  expect(await waited.text()).toContain(`"result":{"ok":${kept}}`);
});
