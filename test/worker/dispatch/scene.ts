/** A queue whose consumer is in the hands of a test: what it was called with, and when and how it answers. */

import { runInDurableObject } from "cloudflare:test";
import { declareQueues, type QueueOptions } from "../../../src/declared.ts";
import type { ConsumerBatch, ConsumerResult } from "../../../src/outbound/consumer-call.ts";
import { Lab, until } from "../object/lab.ts";

type Answering = (batch: ConsumerBatch) => readonly ConsumerResult[] | Promise<readonly ConsumerResult[]>;

export const allDone: Answering = ({ tasks }) => tasks.map(({ id, args }) => ({ id, ok: args }));

export class Scene extends Lab {
  readonly calls: ConsumerBatch[] = [];
  /** Calls that are under way, and the most that ever were. */
  running = 0;
  most = 0;
  answer: Answering = allDone;

  constructor(options: Omit<QueueOptions<unknown>, "consumer"> = {}) {
    super();
    declareQueues({ [this.queue]: { ...options, consumer: () => ({ consume: (batch) => this.#consume(batch) }) } });
  }

  async #consume(batch: ConsumerBatch) {
    this.calls.push(batch);
    this.running++;
    this.most = Math.max(this.most, this.running);
    try {
      return { results: await this.answer(batch) };
    } finally {
      this.running--;
    }
  }

  /** Each call answers once this is opened. A promise would belong to whoever made it, so the flag is asked for. */
  gate(then: Answering = allDone): () => void {
    let isOpen = false;
    this.answer = async (batch) => {
      await until(() => isOpen, "the gate opened");
      return then(batch);
    };
    return () => {
      isOpen = true;
    };
  }

  async called(times: number): Promise<void> {
    await until(() => this.calls.length >= times, `${times} calls were made, not ${this.calls.length}`);
  }

  async pushAll(count: number, task: object = {}): Promise<string[]> {
    const tasks = Array.from({ length: count }, (_, at) => ({ args: at, ...task }));
    const { tasks: pushed } = await this.call("POST", "/tasks", tasks);
    return pushed.map(({ id }: { id: string }) => id);
  }

  async ended(id: string, status: string): Promise<void> {
    await until(async () => (await this.task(id)).status === status, `${id} was ${status}`);
  }

  /** The object ends at once, whatever is under way; an eviction would wait for its calls. */
  async crash(): Promise<void> {
    await runInDurableObject(this.stub, (_, state) => state.abort("the test ended it")).catch(() => undefined);
  }

  sizes(): number[] {
    return this.calls.map(({ tasks }) => tasks.length);
  }
}
