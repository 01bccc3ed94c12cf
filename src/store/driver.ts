/** The port to SQLite: what the store asks of a database, and no more. Its adapters are `durable.ts` and `node.ts`. */

/** What both databases bind and return alike. Booleans are 0 and 1, instants are integers in ms, JSON is text. */
export type SqlValue = string | number | null;

export interface SqlDriver {
  /**
   * Runs one statement and returns its rows, all read: a cursor must not outlive the event that opened it.
   *
   * @param statement one statement, whose text is its identity: both databases keep it prepared
   * @param parameters bound to `?1`, `?2`, …; 100 at most
   */
  all<R extends object>(statement: string, ...parameters: readonly SqlValue[]): R[];
  /** Runs a script of several statements without parameters. */
  script(statements: string): void;
  /**
   * Runs `body` as a transaction; inside another, as a savepoint. If it throws, all it wrote is undone and the error
   * goes on. A promise is refused: the transaction would end before it.
   */
  transaction<T>(body: () => T extends PromiseLike<unknown> ? never : T): T;
  /** Rows written since the adapter was made, indexes included where the database tells: this is what a queue costs. */
  readonly rowsWritten: number;
}

/** Refuses a promise at run time too, since a generic caller can hide it from the compiler. */
export function settled<T>(value: T): T {
  if (value instanceof Promise) throw new TypeError("A transaction must return a value, not a promise.");
  return value;
}
