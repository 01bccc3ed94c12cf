// A Worker whose queues are delivered to a receiver of the test's own, each to a path that answers in its way.
import { env } from "cloudflare:workers";
import { createApp, type Env as Prinia } from "../../../src/server.ts";

export { DirectoryObject, QueueObject } from "../../../src/server.ts";

interface Env extends Prinia {
  readonly RECEIVER: string;
  readonly HOOK_SECRET: string;
  readonly HOOK_SECRET_PREVIOUS: string;
}

const { RECEIVER } = env as unknown as Env;

const hook = (path: string) => ({
  url: `${RECEIVER}/${path}?key=k3y`,
  secret: ({ HOOK_SECRET }: Env) => HOOK_SECRET,
  previousSecret: ({ HOOK_SECRET_PREVIOUS }: Env) => HOOK_SECRET_PREVIOUS,
});
const twice = { defaults: { maxAttempts: 2, backoff: { type: "fixed", baseMs: 100, jitter: 0 } } } as const;

export default createApp<Env>({
  queues: {
    done: { webhook: hook("done") },
    busy: { webhook: { ...hook("busy"), concurrency: 1 } },
    gone: { webhook: hook("gone") },
    broken: { webhook: hook("broken"), config: twice },
    moved: { webhook: hook("moved"), config: twice },
    slow: { webhook: { ...hook("slow"), timeoutMs: 300 }, config: twice },
    batches: { webhook: { ...hook("batches"), batchSize: 10, batchWaitMs: 500 } },
    narrow: { webhook: { ...hook("narrow"), concurrency: 2 } },
    unsigned: { webhook: { ...hook("unsigned"), secret: () => undefined }, config: twice },
  },
});
