/** A queue over sockets: pushes, waits and workers, one socket a partition; all else goes by requests. */

import type { WorkerContext } from "../backend/context.ts";
import type { CallOptions, Feed, FeedOptions, TaskText, WaitPortOptions, WaitView } from "../backend/port.ts";
import { KEYLESS_SOCKETS, MAX_FRAME_CHARACTERS, MAX_PARTITION } from "../limits.ts";
import { parseId } from "../task/id.ts";
import type { HolderEvent, Pushed } from "../task/task.ts";
import { Channel } from "./channel.ts";
import { httpPush } from "./http-push.ts";
import { merged } from "./merged.ts";
import { placeOf } from "./place.ts";
import type { Pulse } from "./pulse.ts";
import { Pushes } from "./pushes.ts";
import { RequestPort } from "./request-port.ts";
import type { Requests } from "./requests.ts";
import { splitPush } from "./split-push.ts";
import { SpreadFeed } from "./spread-feed.ts";
import { Waits } from "./waits.ts";

/** What is said over the socket of a partition. Callers and the first worker share it. */
interface Line {
  readonly channel: Channel;
  readonly pushes: Pushes;
  readonly waits: Waits;
}

export class SocketPort extends RequestPort {
  readonly isPushed = true;
  readonly #pulse: Pulse;
  readonly #lines = new Map<number, Line>();
  /** Where keyless pushes go, in turns: each client begins elsewhere. */
  readonly #first = Math.floor(Math.random() * (MAX_PARTITION + 1));
  #turns = 0;
  #hasWorker = false;

  constructor(requests: Requests, queue: string, pulse: Pulse) {
    super(requests, queue);
    this.#pulse = pulse;
  }

  override push(tasks: readonly TaskText[], options: CallOptions = {}): Promise<readonly Pushed[]> {
    return splitPush(tasks, this.partitions, (part, partition = this.#any()) => {
      const characters = part.reduce((sum, { text }) => sum + text.length, 0);
      // A large frame would hold up acks and pings behind it, and one that is too large closes the socket.
      if (characters > MAX_FRAME_CHARACTERS) return httpPush(this.requests, this.path, part, options);
      return this.#line(partition).pushes.push(part, options.signal);
    });
  }

  rest(): void {
    for (const { channel } of this.#lines.values()) channel.rest();
  }

  override async *wait(ids: readonly string[], options: WaitPortOptions): AsyncGenerator<WaitView, void, undefined> {
    const pending = new Set(ids);
    // That the queue has partitions may be learnt from the first try.
    for (let known = -1; known !== this.partitions.version && pending.size > 0; ) {
      known = this.partitions.version;
      yield* this.#wait(pending, options);
    }
    // One socket waits for so many; more is asked for in turns, by requests.
    if (pending.size > 0) yield* super.wait([...pending], options);
  }

  override connect(worker: WorkerContext, { clock }: FeedOptions): Feed {
    const parts = { worker, clock, tell: (events: readonly HolderEvent[]) => this.events(events) };
    const { partitions } = this;
    // A socket is one worker's: another one has sockets of its own.
    if (this.#hasWorker) return new SpreadFeed({ ...parts, partitions, channel: (one) => this.#channel(one) });
    this.#hasWorker = true;
    const ended = () => {
      this.#hasWorker = false;
    };
    return new SpreadFeed({ ...parts, partitions, channel: (one) => this.#line(one).channel, ended });
  }

  #channel(partition: number): Channel {
    return new Channel(placeOf(this.requests, this.path, this.#pulse, this.partitions, partition));
  }

  #line(partition: number): Line {
    const known = this.#lines.get(partition);
    if (known) return known;
    const channel = this.#channel(partition);
    const { renewable } = this.requests;
    const line = { channel, pushes: new Pushes(channel, renewable), waits: new Waits(channel, renewable) };
    this.#lines.set(partition, line);
    return line;
  }

  #any(): number {
    const { count, draining } = this.partitions;
    return (this.#first + (this.#turns++ % KEYLESS_SOCKETS)) % (count - draining);
  }

  /** Asks for each on the socket of its partition, as far as these have room, and takes what comes off `pending`. */
  async *#wait(pending: Set<string>, options: WaitPortOptions): AsyncGenerator<WaitView, void, undefined> {
    const { count } = this.partitions;
    const partitionOf = (id: string) => {
      const { partition = 0 } = parseId(id) ?? {};
      return partition < count ? partition : 0;
    };
    const waits = [...Map.groupBy(pending, partitionOf)].flatMap(([partition, ids]) => {
      const { waits: line } = this.#line(partition);
      return ids.length > line.room ? [] : (given: WaitPortOptions) => line.wait(new Set(ids), given);
    });
    for await (const view of merged(waits, options)) {
      pending.delete(view.id);
      yield view;
    }
  }
}
