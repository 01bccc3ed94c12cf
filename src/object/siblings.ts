/**
 * The other partitions of the queue. What must be the same on all of them is asked for when it is first needed: how many
 * take keys and the settings, of partition 0; a session, of the partition that began it. A queue with one partition asks
 * nobody anything.
 */

import type { QueueStub } from "../env.ts";
import { MAX_PARTITION } from "../limits.ts";
import { type Settings, takeSettings } from "../store/config.ts";
import { loadKeyed, saveKeyed } from "../store/keyed.ts";
import { presentSession, sessionByToken, sessionToken } from "../store/sessions.ts";
import { adopt } from "../store/workers.ts";
import type { Layout } from "../task/layout.ts";
import { tooBusy, workerNotFound } from "../task/refusals.ts";
import { ok, type Result } from "../task/result.ts";
import { originOf, parseSession } from "../task/session.ts";
import type { Foundation, Voucher } from "./api.ts";
import type { Desk } from "./desk.ts";
import { tellSuperseded } from "./registration.ts";
import type { Step } from "./step.ts";

/** Who speaks, where that is said. */
interface Speaker {
  readonly worker?: string | undefined;
  readonly session?: string | undefined;
}

export class Siblings {
  readonly #desk: Desk;
  readonly #number: number;
  readonly #open: (partition: number) => QueueStub;

  constructor(desk: Desk, number: number, open: (partition: number) => QueueStub) {
    this.#desk = desk;
    this.#number = number;
    this.#open = open;
  }

  /**
   * What must be waited for before this partition is first written to; `null` where nothing must.
   *
   * @param layout left out for a queue that is not divided
   */
  beforeUse(layout: Layout | undefined): Promise<Result<null>> | null {
    return layout === undefined || this.#desk.partition.opened ? null : this.#found(layout);
  }

  /** What must be waited for before a speaker is known here; `null` where it is, or nobody can know it. */
  beforeMeeting(speaker: Speaker): Promise<Result<null>> | null {
    const elsewhere = this.#whoKnows(speaker);
    return elsewhere === null ? null : this.#meet(elsewhere, speaker);
  }

  /** Of partition 0: what all others begin with. The first who asks fixes the number. */
  foundation(step: Step, keyed: number): Foundation {
    const { partition } = this.#desk;
    if (!partition.isUsed()) {
      partition.open();
      saveKeyed(step.tx.sql, keyed);
      step.after.push(() => partition.keep(keyed));
    }
    return { keyed: loadKeyed(step.tx.sql), settings: partition.settings };
  }

  /** Speaks for a session that this partition knows: the one named, or the present one of the worker. */
  vouch(step: Step, { worker = "", session }: Speaker): Result<Voucher> {
    const { tx } = step;
    if (!this.#desk.partition.isUsed()) return workerNotFound(worker);
    const card = session === undefined ? presentSession(tx, worker) : sessionByToken(tx, session);
    return card ? ok({ card, settings: this.#desk.partition.settings }) : workerNotFound(worker);
  }

  /** Settings that came from another partition. */
  settle(step: Step, settings: Settings): Result<null> {
    if (this.#desk.partition.isUsed()) step.config = takeSettings(step.tx, settings) ?? step.config;
    return ok(null);
  }

  get settings(): Settings {
    return this.#desk.partition.settings;
  }

  /**
   * A session was begun elsewhere. Only where its name is somebody else's must it be known at once: all other partitions
   * meet it when it comes to them.
   */
  async meet(speaker: Required<Speaker> & { readonly worker: string }): Promise<Result<null>> {
    const { partition } = this.#desk;
    if (!partition.opened || !presentSession(partition.read(0), speaker.worker)) return ok(null);
    return (await this.beforeMeeting(speaker)) ?? ok(null);
  }

  async #found(layout: Layout): Promise<Result<null>> {
    const { group } = this.#desk.partition;
    if (this.#number === 0) {
      await group.do((step) => this.foundation(step, layout.keyed));
      return ok(null);
    }
    const first = await this.#ask(0, (stub) => stub.found(layout.keyed));
    if (!first.ok) return first;
    const { keyed, settings } = first.value;
    await group.do((step) => {
      this.foundation(step, keyed);
      this.settle(step, settings);
    });
    return ok(null);
  }

  /** The partition that a speaker must be asked of; `null` when there is none, or no need. */
  #whoKnows({ worker, session }: Speaker): number | null {
    const { partition } = this.#desk;
    if (!partition.opened) return null;
    const tx = partition.read(0);
    if (session === undefined) {
      return this.#number === 0 || worker === undefined || presentSession(tx, worker) ? null : 0;
    }
    const token = parseSession(session);
    const origin = token === null ? this.#number : originOf(token);
    return origin === this.#number || origin > MAX_PARTITION || sessionByToken(tx, session) ? null : origin;
  }

  async #meet(elsewhere: number, speaker: Speaker): Promise<Result<null>> {
    const { worker, session } = speaker;
    const voucher = await this.#ask(elsewhere, (stub) => stub.vouch({ worker, session }));
    // Whoever is known to nobody is refused by whatever was asked for.
    if (!voucher.ok) return voucher.error.code === "worker_not_found" ? ok(null) : voucher;
    const { card, settings } = voucher.value;
    await this.#desk.partition.group.do((step) => {
      this.settle(step, settings);
      // Two requests may have asked for it at once.
      if (!this.#desk.partition.isUsed() || sessionByToken(step.tx, sessionToken(card))) return;
      const superseded = adopt(step.tx, card);
      if (superseded) tellSuperseded(step, this.#desk.connections, superseded);
    });
    return ok(null);
  }

  /** A sibling that cannot be reached is one that is busy: whoever asks comes again. */
  async #ask<T>(partition: number, ask: (stub: QueueStub) => Promise<Result<T>>): Promise<Result<T>> {
    try {
      return await ask(this.#open(partition));
    } catch {
      return tooBusy();
    }
  }
}
