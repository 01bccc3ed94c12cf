/** What a verb of the store costs behind a backlog, as it crosses from the object to the benchmark. */

export interface VerbCost {
  readonly verb: string;
  /** Rows of tables and indexes that one call read. */
  readonly rowsRead: number;
  /** Of one call, as many of them in a row took; the clock inside an object has whole milliseconds. */
  readonly ms: number;
}

/** What is waiting: all alike, or of several priorities. */
export type Mix = "plain" | "priorities";
