/** The one alarm of an object: only ever moved earlier, and remembered, since it cannot be asked for in a transaction. */

/** What alarms need of an object's storage. */
export interface AlarmStorage {
  getAlarm(): Promise<number | null>;
  setAlarm(at: number): Promise<void>;
}

export class AlarmClock {
  readonly #storage: AlarmStorage;
  /** The alarm that is set, ms. */
  #at: number | null = null;
  /** The alarm of the transaction under way. */
  #staged: number | null = null;

  constructor(storage: AlarmStorage) {
    this.#storage = storage;
  }

  async load(): Promise<void> {
    this.#at = await this.#storage.getAlarm();
  }

  /**
   * Stages an alarm, inside a transaction: one that is set by a write that is undone is undone with it. An early alarm
   * that fires for nothing costs less than one that is moved each time. One that has passed is about to fire; one that
   * passed long ago never will, and is set to fire now, since whatever it was set for is still to be done.
   *
   * @returns whether it was set, which costs a row
   */
  stage(wanted: number | null, now: number): boolean {
    const at = this.#better(wanted, now);
    if (at === null) return false;
    this.#staged = at;
    void this.#storage.setAlarm(at);
    return true;
  }

  /** The transaction stands, or does not. */
  settle(stands: boolean): void {
    if (stands && this.#staged !== null) this.#at = this.#staged;
    this.#staged = null;
  }

  /** Outside of transactions. */
  async set(wanted: number | null, now: number): Promise<void> {
    const at = this.#better(wanted, now);
    if (at === null) return;
    await this.#storage.setAlarm(at);
    this.#at = at;
  }

  /** Sets it to just then, though it be later than what is set: for a handler that failed, and must not spin. */
  async postpone(at: number): Promise<void> {
    await this.#storage.setAlarm(at);
    this.#at = at;
  }

  #better(wanted: number | null, now: number): number | null {
    if (wanted === null) return null;
    if (this.#at === null) return Math.max(wanted, now);
    if (this.#at + OVERDUE_MS <= now) return now;
    return wanted < this.#at && now < this.#at ? Math.max(wanted, now) : null;
  }

  /** It fired, or went with its storage: none is set. */
  clear(): void {
    this.#at = null;
  }
}

/** How late an alarm may be on a busy machine. To set it again before then would only confuse the platform. */
const OVERDUE_MS = 5_000;
