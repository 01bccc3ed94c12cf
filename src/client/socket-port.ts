/** A queue over a socket: pushes, waits and workers; all else goes by requests. */

import type { WorkerContext } from "../backend/context.ts";
import type { CallOptions, Feed, FeedOptions, TaskText, WaitPortOptions, WaitView } from "../backend/port.ts";
import { MAX_FRAME_CHARACTERS } from "../limits.ts";
import type { HolderEvent, Pushed } from "../task/task.ts";
import { Channel } from "./channel.ts";
import type { LinkPlace } from "./link.ts";
import type { Pulse } from "./pulse.ts";
import { Pushes } from "./pushes.ts";
import { RequestPort } from "./request-port.ts";
import type { Requests } from "./requests.ts";
import { SocketFeed } from "./socket-feed.ts";
import { Waits } from "./waits.ts";

export class SocketPort extends RequestPort {
  readonly isPushed = true;
  readonly #place: LinkPlace;
  /** Callers and the first worker share it. */
  readonly #channel: Channel;
  readonly #pushes: Pushes;
  readonly #waits: Waits;
  #hasWorker = false;

  constructor(requests: Requests, queue: string, pulse: Pulse) {
    super(requests, queue);
    this.#place = { requests, path: `${this.path}/socket`, pulse };
    this.#channel = new Channel(this.#place);
    this.#pushes = new Pushes(this.#channel, requests.renewable);
    this.#waits = new Waits(this.#channel, requests.renewable);
  }

  override push(tasks: readonly TaskText[], options: CallOptions = {}): Promise<readonly Pushed[]> {
    const characters = tasks.reduce((sum, { text }) => sum + text.length, 0);
    // A large frame would hold up acks and pings behind it, and one that is too large closes the socket.
    if (characters > MAX_FRAME_CHARACTERS) return super.push(tasks, options);
    return this.#pushes.push(tasks, options.signal);
  }

  rest(): void {
    this.#channel.rest();
  }

  override async *wait(ids: readonly string[], options: WaitPortOptions): AsyncGenerator<WaitView, void, undefined> {
    const pending = new Set(ids);
    // One socket waits for so many; more is asked for in turns, by requests.
    if (pending.size <= this.#waits.room) yield* this.#waits.wait(pending, options);
    if (pending.size > 0) yield* super.wait([...pending], options);
  }

  override connect(worker: WorkerContext, { clock }: FeedOptions): Feed {
    const tell = (events: readonly HolderEvent[]) => this.events(events);
    if (this.#hasWorker) {
      // A socket is one worker's: another one has a socket of its own.
      const channel = new Channel(this.#place);
      return new SocketFeed({ worker, channel, clock, tell, ended: () => undefined });
    }
    this.#hasWorker = true;
    const ended = () => {
      this.#hasWorker = false;
    };
    return new SocketFeed({ worker, channel: this.#channel, clock, tell, ended });
  }
}
