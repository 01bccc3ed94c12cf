/**
 * The entry `prinia/server`: the queue for a Worker of one's own.
 *
 * @example
 * import { createApp } from "prinia/server";
 * export { DirectoryObject, QueueObject } from "prinia/server";
 *
 * export default createApp();
 */

export type { QueueOptions } from "./declared.ts";
export type { Env } from "./env.ts";
export { type AppOptions, createApp, trusting } from "./http/app.ts";
export { type WaitTokenOrder, waitToken } from "./http/wait-token.ts";
export { DirectoryObject } from "./object/directory.ts";
export { QueueObject } from "./object/queue.ts";
export type { ConsumerBinding } from "./outbound/consumer-options.ts";
export type { WaitToken } from "./protocol/wait-token.ts";
export { PriniaService, type ServiceProps } from "./service.ts";
