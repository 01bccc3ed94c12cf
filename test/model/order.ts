/** What the test inside workerd is asked for. */

/** What that test is told, as JSON in the binding FUZZ. */
export interface WorkerdOrder {
  readonly driver: "object" | "http";
  readonly seconds: number;
  readonly seed: number;
  readonly path?: string | undefined;
  readonly replayPath?: string | undefined;
  readonly steps?: number | undefined;
}
