/** Where segments are cut. A benchmark may set them otherwise. */

export const CUT = {
  /** Tasks of a segment: its state is rewritten with each claim and each ack that touches it. */
  tasks: 250,
  /** UTF-16 units of all args and meta of a segment. */
  size: 256 * 1024,
  /** Args that are longer have a row of their own. */
  args: 16 * 1024,
  /** A segment that small pushes are added to is rewritten with each: so long as it has no more tasks than this. */
  grownTasks: 50,
  /** And no more UTF-16 units of args. */
  grownSize: 8 * 1024,
  /** Sequences between the first that is leased and the first that waits: who is further behind leaves. */
  span: 100_000,
  /** A result that is longer takes its task out of the segment, into a row of its own. */
  result: 1024,
};
