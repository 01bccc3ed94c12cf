/** The CLI as a test runs it: on queues in memory, with what it prints kept. */

import { systemClock } from "../../../../src/backend/clock.ts";
import { QueueBackend } from "../../../../src/backend/queue-backend.ts";
import { prinia } from "../../../../src/cli/prinia.ts";
import type { Terminal } from "../../../../src/cli/terminal.ts";
import type { Fetch, ServerOptions } from "../../../../src/client/requests.ts";
import { MemoryStore } from "../../../../src/local/memory/store.ts";
import { LocalWorld } from "../../../../src/local/world.ts";
import { cryptoChance } from "../../../../src/task/chance.ts";

export interface Ran {
  readonly exitCode: number;
  /** Lines. */
  readonly out: readonly string[];
  readonly err: readonly string[];
}

export interface Given {
  readonly env?: Readonly<Record<string, string>>;
  /** The standard input; somebody would have to type it when left out. */
  readonly input?: string;
  /** The width of a terminal that somebody looks at. */
  readonly columns?: number;
  /** What somebody answers when asked; nobody can be when left out. */
  readonly answer?: string;
  readonly fetch?: Fetch;
  readonly files?: Readonly<Record<string, string>>;
}

export class Shell {
  readonly world = new LocalWorld(systemClock, (queue) => new MemoryStore(queue, cryptoChance));
  /** The servers that were connected to. */
  readonly servers: ServerOptions[] = [];
  readonly asked: string[] = [];
  readonly interrupted = new AbortController();
  readonly killed = new AbortController();

  queue(name: string): QueueBackend {
    return new QueueBackend(name, this.world);
  }

  /** @param args as a line without quotes, or word by word */
  async run(args: string | readonly string[], given: Given = {}): Promise<Ran> {
    const [out, err]: [string[], string[]] = [[], []];
    const { env = {}, input, columns, answer, fetch, files = {} } = given;
    const terminal: Terminal = {
      env,
      isTTY: columns !== undefined,
      columns: columns ?? 80,
      canAsk: answer !== undefined,
      interrupted: this.interrupted.signal,
      killed: this.killed.signal,
      out: (line) => void out.push(...line.split("\n")),
      err: (line) => void err.push(...line.split("\n")),
      read: async () => input ?? null,
      lines: async function* () {
        yield* (input ?? "").split("\n");
      },
      ask: async (question) => {
        this.asked.push(question);
        return answer ?? "";
      },
      readFile: (path) => files[path],
      ...(fetch ? { fetch } : {}),
      connect: (server) => {
        this.servers.push(server);
        return this.world;
      },
    };
    const words = typeof args === "string" ? args.split(" ") : args;
    return { exitCode: await prinia(words, terminal, "1.2.3"), out, err };
  }

  /** What it prints for programs. */
  // biome-ignore lint/suspicious/noExplicitAny: what tests look into, field by field
  async json(args: string | readonly string[], given: Given = {}): Promise<any[]> {
    const words = typeof args === "string" ? args.split(" ") : args;
    const { exitCode, out, err } = await this.run([...words, "--json"], given);
    if (exitCode !== 0) throw new Error(`it ended with ${exitCode}: ${err.join("\n")}`);
    return out.map((line) => JSON.parse(line));
  }
}
