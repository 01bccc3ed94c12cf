/** The target that a queue has: what its code declares, made with the bindings of its Worker. */

import { declaredConsumer, declaredLayouts, declaredWebhook } from "../declared.ts";
import { type Env, queueStub, settings as settingsOf, webhookVariables } from "../env.ts";
import { consumerTarget } from "../outbound/consumer.ts";
import { withDeadLetters } from "../outbound/dead-letters.ts";
import type { Target } from "../outbound/target.ts";
import { hostsIn } from "../outbound/webhook/address.ts";
import type { WebhookSettings } from "../outbound/webhook/options.ts";
import { REAL_WORLD, webhookTarget } from "../outbound/webhook/target.ts";
import { layoutIn } from "../task/layout.ts";
import { allLayouts } from "../task/layouts.ts";
import { placeOfBatch } from "../task/places.ts";
import type { NewTask, QueueConfig } from "../task/task.ts";

/**
 * @param _config the queue's settings: a target that can be set by them has its place here
 * @returns `null` for a queue that is consumed by others alone
 */
export function targetOf(env: Env, queue: string, _config: QueueConfig): Target | null {
  const webhook = declaredWebhook(queue);
  if (webhook !== undefined) return toWebhook(env, webhook);
  const settings = declaredConsumer(queue);
  if (settings === undefined) return null;
  const target = consumerTarget(settings, () => settings.consumer(env as never));
  const { deadLetterQueue } = settings;
  return deadLetterQueue === undefined ? target : withDeadLetters(target, pushInto(env, deadLetterQueue));
}

/** Bindings and variables are those of this object's Worker, which a deployment restarts: they are read once. */
function toWebhook(env: Env, settings: WebhookSettings): Target {
  const { hosts, local } = webhookVariables(env);
  return webhookTarget(settings, {
    ...REAL_WORLD,
    rules: { hosts: hostsIn(hosts), local },
    secrets: () => ({
      secret: settings.secret(env as never),
      previousSecret: settings.previousSecret?.(env as never),
    }),
  });
}

/** @returns what pushes a task into another queue, and rejects where that refuses it */
const pushInto =
  (env: Env, queue: string) =>
  async (task: NewTask): Promise<void> => {
    const layouts = allLayouts(declaredLayouts, settingsOf(env).layouts);
    if (!layouts.ok) throw new Error(layouts.error.detail);
    const layout = layoutIn(layouts.value, queue);
    const place = placeOfBatch([task], layout, () => 0);
    if (!place.ok) throw new Error(place.error.detail);
    const pushed = await queueStub(env, queue, place.value).push([task], ...(layout.partitions === 1 ? [] : [layout]));
    if (!pushed.ok) throw new Error(pushed.error.detail);
  };
