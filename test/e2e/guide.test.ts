// docs/writing-a-backend.md and docs/workers.md: every block compiles, and those of the guide are what runs here.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import type { Backend, ResumeById, Vacuum } from "../../src/backend/backend.ts";
import { type Clock, systemClock } from "../../src/backend/clock.ts";
import type { PollStrategy } from "../../src/backend/poll-strategy.ts";
import type { Transport } from "../../src/backend/port.ts";
import type { TaskSink } from "../../src/backend/sink.ts";
import { MemoryStore } from "../../src/local/memory/store.ts";
import { LocalWorld } from "../../src/local/world.ts";
import { Worker } from "../../src/worker/worker.ts";
import { BACKENDS } from "../conformance/traits/backends.ts";
import { Lines } from "../conformance/traits/lines.ts";
import { servedBench } from "../conformance/traits/served.ts";
import { traitConformance } from "../conformance/traits/suite.ts";
import { blocksOf, filesOf, onSources, projectOf } from "../support/blocks.ts";
import { temporaryFolder } from "../support/cleanup.ts";
import { until } from "../support/processes.ts";

interface Letter {
  readonly to: string;
}

interface Receipt {
  readonly sent: string;
}

/** What the files of the guide export, as far as it is used here. */
interface Exported {
  readonly "office-hours.ts": { officeHours(inner: PollStrategy): PollStrategy };
  readonly "mail.ts": { mail(folder: string): Backend<Letter, Receipt> & TaskSink<Letter> & ResumeById & Vacuum };
  readonly "near.ts": { overPort(port: Port): Transport };
  readonly "far.ts": { serve(port: MessagePort, world: LocalWorld): void };
}

/** What is used of a port, and what goes through it. */
interface Port {
  on(event: string, listener: (value: Answer) => void): void;
  postMessage(message: Call | { readonly abort: number }): void;
}

interface Call {
  readonly call: number;
  readonly of: "directory" | "queue" | "polls";
  readonly args: readonly unknown[];
}

interface Answer {
  readonly call: number;
  readonly error: object;
}

/** Who polls. */
interface Sender {
  readonly worker?: string;
}

const FILES = filesOf("docs/writing-a-backend.md");
const folderOfSources = onSources(FILES);
const load = <F extends keyof Exported>(file: F): Promise<Exported[F]> => import(join(folderOfSources, file));

describe("the guide", () => {
  const project = projectOf(FILES);

  test("its blocks compile against the package as it is built", () => project.check());

  test("two functions make a backend of a folder", async () => {
    const folder = temporaryFolder();
    for (const to of ["Ada", "Grace"]) writeFileSync(join(folder, `${to}.json`), JSON.stringify({ to }));
    writeFileSync(join(folder, "none.json"), "this is no JSON");
    const printed = await project.run(["postman.ts", folder]);
    expect(printed.trim().split("\n").toSorted()).toEqual(["for Ada", "for Grace"]);
    expect(readdirSync(folder).toSorted()).toEqual(["Ada.json.taken", "Grace.json.taken", "none.json"]);
  });

  test("a strategy of one's own stands around another, and is silent at night", async () => {
    const { officeHours } = await load("office-hours.ts");
    const ticks = async (hour: number): Promise<number> => {
      const clock: Clock = { ...systemClock, now: () => new Date(2025, 0, 1, hour).getTime() };
      const inner: PollStrategy = { ticks: () => Readable.from([1, 2, 3]) };
      const context = { clock, worker: undefined as never, prevCount: 0, signal: new AbortController().signal };
      let count = 0;
      for await (const _ of officeHours(inner).ticks(context)) count++;
      return count;
    };
    expect([await ticks(7), await ticks(8), await ticks(17), await ticks(18)]).toEqual([0, 3, 3, 0]);
  });

  describe("with acks and traits", () => {
    const entry = (folder: string, id: string, mark: string): unknown =>
      JSON.parse(readFileSync(join(folder, `${id}.${mark}`), "utf8"));

    test("results are kept, failures are retried, the dead are resumed, the done are vacuumed", async () => {
      const { mail } = await load("mail.ts");
      const folder = temporaryFolder();
      const letters = mail(folder);
      let isOpen = false;
      const send = ({ to }: Letter): Receipt => {
        if (to === "Grace" && !isOpen) throw new Error("the office is closed");
        return { sent: to };
      };
      await using _worker = new Worker("postman", letters, send, { concurrency: 2 });
      const [ada, grace] = await letters.pushBulk([{ to: "Ada" }, { to: "Grace" }]);
      const [one = "", two = ""] = [ada?.id, grace?.id];
      const has = (id: string, mark: string) =>
        until(() => readdirSync(folder).includes(`${id}.${mark}`), `${id} is ${mark}`);
      await Promise.all([has(one, "done"), has(two, "dead")]);
      expect(entry(folder, one, "done")).toEqual({ args: { to: "Ada" }, attempt: 1, result: { ok: { sent: "Ada" } } });
      const result = { err: "the office is closed" };
      expect(entry(folder, two, "dead")).toEqual({ args: { to: "Grace" }, attempt: 3, result });
      isOpen = true;
      expect([await letters.resumeById(one), await letters.resumeById(two)]).toEqual([false, true]);
      await has(two, "done");
      expect(await letters.vacuum()).toBe(2);
      expect(readdirSync(folder)).toEqual([]);
    });

    test("what a stopping worker gives back waits again, with all its attempts", async () => {
      const { mail } = await load("mail.ts");
      const folder = temporaryFolder();
      const letters = mail(folder);
      const begun = Promise.withResolvers<void>();
      const worker = new Worker("postman", letters, () => {
        begun.resolve();
        return new Promise<Receipt>(() => undefined);
      });
      const { id } = await letters.push({ to: "Ada" });
      await begun.promise;
      await worker.stop({ grace: 0 });
      expect(entry(folder, id, "new")).toEqual({ args: { to: "Ada" }, attempt: 0 });
    });
  });

  test("a queue of the main thread has a worker in another", async () => {
    expect(await project.run(["threads.ts"])).toBe("144\n");
  });
});

const unreachable = { code: "unreachable", detail: "The line was cut." } as const;

/** A port on which what a worker says is lost, where its line is cut or disturbed. */
function overLines(port: MessagePort, lines: Lines): Port {
  const heard = new Set<(answer: Answer) => void>();
  const lose = ({ call }: Call): void => {
    for (const hear of heard) queueMicrotask(() => hear({ call, error: unreachable }));
  };
  const say = (call: Call, worker: string): void => {
    if (lines.isCut(worker) || lines.loses(worker)) {
      lose(call);
      return;
    }
    port.postMessage(call);
    lines.signal(worker).addEventListener("abort", () => {
      port.postMessage({ abort: call.call });
      lose(call);
    });
  };
  return {
    postMessage(message) {
      const worker = "of" in message && message.of === "polls" ? (message.args[0] as Sender).worker : undefined;
      if ("of" in message && worker !== undefined) say(message, worker);
      else port.postMessage(message);
    },
    on(event, listener) {
      if (event === "message") heard.add(listener);
      port.on(event, listener);
    },
  };
}

const lines = new Lines();

traitConformance(
  {
    name: "the port of the guide",
    traits: BACKENDS["DurableBackend, http"],
    async open() {
      const [{ overPort }, { serve }] = await Promise.all([load("near.ts"), load("far.ts")]);
      const world = new LocalWorld(systemClock, (queue) => new MemoryStore(queue));
      const ports: MessagePort[] = [];
      const connect = (): Transport => {
        const { port1, port2 } = new MessageChannel();
        ports.push(port2);
        serve(port1, world);
        return overPort(overLines(port2, lines));
      };
      const bench = await servedBench({ connect, aside: connect(), lines });
      const close = async (): Promise<void> => {
        await bench.close();
        for (const port of ports) port.close();
        world.close();
      };
      return { ...bench, close };
    },
  },
  { atATime: 8 },
);

/** What the blocks of docs/workers.md leave to the reader. */
const THE_READERS = `
import type { DurableBackend } from "prinia";
import type { TaskContext, Worker as Running } from "prinia/worker";
declare global {
  interface Email { readonly to: string }
  interface Receipt { readonly to: string; readonly bounced?: boolean }
  interface User { readonly name: string }
  interface Charge { readonly card: string; readonly amount: number }
  const url: string;
  const token: string;
  const bank: string;
  const emails: DurableBackend<Email, Receipt>;
  const charges: DurableBackend<Charge, Receipt>;
  const worker: Running<Email, Receipt>;
  function send(to: string, signal: AbortSignal): Promise<Receipt>;
  function sendAll(to: readonly string[], signal: AbortSignal): Promise<readonly (Receipt | undefined)[]>;
  function charge(charge: Charge, context: TaskContext): Promise<Receipt>;
  function findUser(to: string): Promise<User>;
  function isBounce(error: unknown): boolean;
}
`;

test("the blocks of docs/workers.md compile", async () => {
  const blocks = blocksOf("docs/workers.md", "ts").map((code, at) => [`block-${at + 1}.ts`, `${code}\nexport {};\n`]);
  expect(blocks.length).toBeGreaterThan(8);
  await projectOf({ ...Object.fromEntries(blocks), "readers.d.ts": THE_READERS }).check();
});
