/** A worker's side of a queue over sockets: a feed for each partition, and its credit spread over them. */

import { Bell } from "../backend/bell.ts";
import type { Clock } from "../backend/clock.ts";
import type { WorkerContext } from "../backend/context.ts";
import { streamOf, type Taken } from "../backend/intake.ts";
import type { Feed, QueuePort } from "../backend/port.ts";
import { Beats } from "../backend/pull/beats.ts";
import { Timer } from "../backend/timer.ts";
import { LOOK_MS } from "../limits.ts";
import type { HolderEvent } from "../task/task.ts";
import type { Channel } from "./channel.ts";
import type { Holding } from "./holding.ts";
import type { Partitions } from "./partitions.ts";
import { type Shares, sharesOf } from "./shares.ts";
import { SocketFeed } from "./socket-feed.ts";

/** What the feeds of one worker have in common. */
export interface Spread {
  readonly bell: Bell;
  readonly life: Beats;
  /** That of the first partition, by which all of them know the worker. */
  readonly session: string | undefined;
  /** How much of a partition may be here and out there. */
  most(feed: SocketFeed): number;
  /** What a feed has, or what its partition says, has changed. */
  changed(): void;
  registered(frame: { readonly session: string }): void;
  /** A feed has ended. */
  ended(): void;
}

export interface SpreadOptions {
  readonly worker: WorkerContext;
  readonly clock: Clock;
  readonly tell: QueuePort["events"];
  readonly partitions: Partitions;
  /** The way to a partition. */
  readonly channel: (partition: number) => Channel;
  /** The worker has left. */
  readonly ended?: () => void;
}

export class SpreadFeed implements Feed, Spread {
  readonly bell = new Bell();
  readonly life = new Beats();
  session: string | undefined;
  readonly #options: SpreadOptions;
  /** By partition. */
  readonly #feeds: SocketFeed[] = [];
  #shares: Shares | undefined;
  /** Where to take the next task, and to grant what is free, when all are alike. */
  #next = 0;
  #turn = 0;
  #isDue = false;
  #isLeaving = false;
  /** For the next look into partitions that no credit is left for. */
  readonly #look: Timer;

  constructor(options: SpreadOptions) {
    this.#options = options;
    this.#look = new Timer(options.clock);
    this.#fit();
  }

  tasks(): ReturnType<Feed["tasks"]> {
    this.#feeds[0]?.begin();
    return streamOf(
      () => this.#take(),
      this.bell,
      () => this.#leave((feed) => feed.withdraw()),
    );
  }

  beats(): AsyncIterableIterator<void> {
    this.#feeds[0]?.begin();
    return this.life.stream(async () => {
      await this.#leave((feed) => feed.leave());
      this.life.close();
    });
  }

  report(event: HolderEvent): void {
    const feed = this.#feeds.find(({ hold }) => hold.intake.hands.has(event.lease)) ?? this.#feeds[0];
    feed?.report(event);
  }

  // What the feeds ask and tell.

  most(feed: SocketFeed): number {
    const { concurrency, prefetch } = this.#options.worker;
    const room = concurrency + prefetch;
    if (this.#feeds.length === 1) return room;
    this.#shares ??= sharesOf(room, this.#holds, this.#turn);
    return this.#shares.most[this.#feeds.indexOf(feed)] ?? 0;
  }

  changed(): void {
    this.#fit();
    this.#shares = undefined;
    if (this.#feeds.length === 1 || this.#isDue || this.#isLeaving) return;
    this.#isDue = true;
    // What changes together is looked at together.
    queueMicrotask(() => this.#spread());
  }

  registered(frame: { readonly session: string }): void {
    this.session = frame.session;
    this.#options.partitions.learn(frame);
    this.changed();
  }

  ended(): void {
    this.changed();
    if (!this.#feeds.some(({ isBusy }) => isBusy)) this.#options.ended?.();
  }

  /** Has a feed for each partition that is known of. They begin once the first has given them their session. */
  #fit(): void {
    const { partitions, channel, ...parts } = this.#options;
    for (let partition = 0; partition < partitions.count; partition++) {
      this.#feeds[partition] ??= new SocketFeed({ ...parts, channel: channel(partition), spread: this });
      if (this.session !== undefined && !this.#isLeaving) this.#feeds[partition]?.begin();
    }
    // A partition goes once nothing is left in it.
    for (const feed of this.#feeds.splice(partitions.count)) feed.turnOut();
  }

  #spread(): void {
    this.#isDue = false;
    if (this.#isLeaving) return;
    for (const feed of this.#feeds) if (this.most(feed) > feed.hold.load && feed.hold.takes) feed.hold.reporter.grant();
    const { recalled, turn } = this.#shares as Shares;
    this.#turn = turn;
    for (const hold of this.#holds) if (recalled.includes(hold)) hold.reporter.recall();
    if (this.#unheard.length > 0 && !this.#look.isSet)
      this.#look.set(LOOK_MS, () => {
        for (const hold of this.#unheard) hold.isDry = false;
        this.changed();
      });
  }

  get #holds(): readonly Holding[] {
    return this.#feeds.map(({ hold }) => hold);
  }

  /** Whether nothing can be claimed anywhere. */
  get #isDry(): boolean {
    return this.#holds.every(({ isDry, isBroken }) => isDry || isBroken);
  }

  /** Those that had nothing, and would not tell of a task now: there are others for all slots, or more of them than slots. */
  get #unheard(): readonly Holding[] {
    return this.#holds.filter(({ granted, isDry, isBroken }) => granted === 0 && isDry && !isBroken);
  }

  #take(): Taken | undefined {
    const { length } = this.#feeds;
    for (let step = 0; step < length; step++) {
      const at = (this.#next + step) % length;
      const feed = this.#feeds[at] as SocketFeed;
      const taken = feed.hold.intake.take();
      // There is nothing only when there is nothing anywhere.
      if (!taken || (taken.value === null && !this.#isDry)) continue;
      if (taken.value) this.#next = at + 1;
      return taken;
    }
    return undefined;
  }

  async #leave(how: (feed: SocketFeed) => Promise<void>): Promise<void> {
    this.#isLeaving = true;
    this.#look.clear();
    await Promise.all(this.#feeds.map(how));
  }
}
