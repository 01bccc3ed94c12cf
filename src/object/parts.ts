/** The parts of an object, made and put together. */

import { declaredConfig } from "../declared.ts";
import { directoryStub, type Env, queueStub } from "../env.ts";
import { durableDriver } from "../store/durable.ts";
import { Connections } from "./connections.ts";
import type { Desk } from "./desk.ts";
import { Dispatcher } from "./dispatcher.ts";
import { nameOf } from "./name.ts";
import { Partition } from "./partition.ts";
import { type Pushes, pushesOf } from "./pushes.ts";
import { readable } from "./reads.ts";
import { Reporter } from "./reporter.ts";
import { Schedules } from "./schedules.ts";
import { Siblings } from "./siblings.ts";
import { Sockets } from "./sockets.ts";
import { targetOf } from "./targets.ts";
import { Watchers } from "./watchers.ts";

export interface Parts {
  readonly desk: Desk;
  readonly pushes: Pushes;
  readonly schedules: Schedules;
  readonly siblings: Siblings;
  readonly sockets: Sockets;
}

export function partsOf(ctx: DurableObjectState, env: Env): Parts {
  const { queue, partition: number } = nameOf(ctx);
  const { storage } = ctx;
  const connections = new Connections(ctx);
  const watchers = new Watchers(connections, () => readable(partition.read(Date.now()), partition.opened));
  const dispatcher = new Dispatcher({
    queue,
    target: (config) => targetOf(env, queue, config),
    connections,
    group: () => partition.group,
    isUsed: () => partition.isUsed(),
    keepAlive: (work) => ctx.waitUntil(work),
  });
  const partition: Partition = new Partition({
    ...{ queue, partition: number, sql: durableDriver(storage), storage },
    ...{ connections, dispatcher, watchers },
    code: declaredConfig(queue),
    announce: () => ctx.waitUntil(reporter.report()),
  });
  const desk: Desk = { partition, connections, dispatcher, watchers };
  const reporter = new Reporter(desk, () => directoryStub(env));
  const pushes = pushesOf(desk);
  const siblings = new Siblings(desk, number, (other) => queueStub(env, queue, other));
  return {
    ...{ desk, pushes, siblings },
    schedules: new Schedules(desk),
    sockets: new Sockets(desk, pushes, siblings, ctx),
  };
}
