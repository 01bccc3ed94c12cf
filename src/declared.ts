/**
 * What code says of queues. `createApp` writes it when the Worker's module is evaluated; the objects, which the platform
 * makes of a class and to which nobody can hand options, read it. Both are of one module graph, and the class is only made
 * once that is evaluated, so each isolate, whatever woke it, knows the same as the code that was deployed. It is code's word
 * alone: nothing of it is stored, and a deployment changes it.
 */

import {
  CONSUMER_OPTIONS,
  type ConsumerOptions,
  type ConsumerSettings,
  configIn,
  consumerSettings,
} from "./outbound/consumer-options.ts";
import { type WebhookOptions, type WebhookSettings, webhookSettings } from "./outbound/webhook/options.ts";
import { configPatchSchema } from "./protocol/config.ts";
import { check } from "./protocol/validate.ts";
import type { ConfigChange } from "./task/config.ts";
import { type Layout, type LayoutOptions, type Layouts, layoutOf, namedIn } from "./task/layout.ts";

/**
 * What code says of a queue.
 *
 * @template E the bindings of the Worker
 */
export interface QueueOptions<E = never> extends LayoutOptions, ConsumerOptions<E> {
  /** Settings that hold unless `PATCH …/config` has set others, field by field; `backoff` is one field. */
  readonly config?: ConfigChange | undefined;
  /** The URL that the queue sends its tasks to, instead of a consumer: see docs/webhooks.md. */
  readonly webhook?: WebhookOptions<E> | undefined;
}

const DIVIDING = ["partitions", "keyedPartitions", "draining"] as const;
const NAMES: ReadonlySet<string> = new Set([...DIVIDING, "config", "webhook", ...CONSUMER_OPTIONS]);

/** Of both there is one at most: a name that is more precise than a prefix decides which. */
interface DeclaredTarget {
  readonly consumer: ConsumerSettings | null;
  readonly webhook: WebhookSettings | null;
}

const targets = new Map<string, DeclaredTarget>();
const configs = new Map<string, ConfigChange>();
const layouts = new Map<string, Layout>();

/** The consumer of a queue: under its own name, else under the longest prefix that has one. */
export const declaredConsumer = (queue: string): ConsumerSettings | undefined =>
  namedIn(targets, queue)?.consumer ?? undefined;

/** The webhook of a queue, likewise. */
export const declaredWebhook = (queue: string): WebhookSettings | undefined =>
  namedIn(targets, queue)?.webhook ?? undefined;

/** The settings that code has for a queue; none where it has nothing to say. */
export const declaredConfig = (queue: string): ConfigChange => namedIn(configs, queue) ?? NOTHING;

/** How code divides queues. */
export const declaredLayouts: Layouts = layouts;

const NOTHING: ConfigChange = {};

/**
 * Takes in what code says. Of two apps in one Worker, whose queues are the same objects, the last that names a queue is
 * right.
 *
 * @returns how these divide queues
 * @throws TypeError in words, and then nothing is taken in: a server so set must not start
 */
export function declareQueues<E>(queues: Readonly<Record<string, QueueOptions<E>>>): Layouts {
  const declared = Object.entries(queues).map(([name, options]) => [name, declarationOf(name, options)] as const);
  for (const [name, { consumer, webhook, config, layout }] of declared) {
    put(layouts, name, layout);
    put(targets, name, consumer === null && webhook === null ? null : { consumer, webhook });
    put(configs, name, config);
  }
  return new Map(declared.flatMap(([name, { layout }]) => (layout === null ? [] : [[name, layout]])));
}

function put<T>(into: Map<string, T>, name: string, value: T | null): void {
  if (value === null) into.delete(name);
  else into.set(name, value);
}

interface Declaration extends DeclaredTarget {
  readonly config: ConfigChange | null;
  /** `null` where the options do not speak of partitions: a prefix may, or the variable. */
  readonly layout: Layout | null;
}

function declarationOf<E>(name: string, options: QueueOptions<E>): Declaration {
  const refuse = (why: string): never => {
    throw new TypeError(`createApp: in \`queues\`, ${JSON.stringify(name)}: ${why}`);
  };
  const unknown = Object.keys(options).find((key) => !NAMES.has(key));
  if (unknown !== undefined) refuse(`there is no option \`${unknown}\`.`);
  const consumer = consumerSettings(options);
  if (!consumer.ok) return refuse(consumer.error);
  const webhook = options.webhook === undefined ? null : webhookSettings(options.webhook);
  if (webhook?.ok === false) return refuse(webhook.error);
  if (webhook !== null && consumer.value !== null) {
    refuse("it has a `consumer` and a `webhook`, and each task goes to one of them: take one out.");
  }
  const dead = consumer.value?.deadLetterQueue;
  if (dead !== undefined && namedIn(new Map([[name, true]]), dead) !== undefined)
    return refuse(`\`dead_letter_queue\` is ${JSON.stringify(dead)}, which this consumer would be given as well.`);
  const given = check(configPatchSchema, options.config ?? {});
  if (!given.ok) return refuse(`in \`config\`, ${given.error.detail}`);
  const config = merged(configIn(options as QueueOptions), given.value);
  const layout = layoutOf(options);
  if (!layout.ok) return refuse(layout.error);
  const isDivided = DIVIDING.some((key) => options[key] !== undefined);
  return {
    consumer: consumer.value,
    webhook: webhook === null ? null : webhook.value,
    config: Object.keys(config).length === 0 ? null : config,
    layout: isDivided ? layout.value : null,
  };
}

/** What `config` says itself comes before what other options mean. */
function merged({ defaults: implied }: ConfigChange, given: ConfigChange): ConfigChange {
  const defaults = { ...implied, ...given.defaults };
  return Object.keys(defaults).length === 0 ? given : { ...given, defaults };
}
