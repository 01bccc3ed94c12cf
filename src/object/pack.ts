/** Sequences as short text: attachments are small. */

/** Numbers as differences in base 36, and runs of neighbours as `difference-length`: a batch costs a few characters. */
export function packSeqs(seqs: Iterable<number>): string {
  const runs: { from: number; length: number }[] = [];
  for (const seq of [...seqs].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run && run.from + run.length === seq) run.length++;
    else runs.push({ from: seq, length: 1 });
  }
  let before = 0;
  return runs
    .map(({ from, length }) => {
      const difference = (from - before).toString(36);
      before = from;
      return length === 1 ? difference : `${difference}-${length.toString(36)}`;
    })
    .join(" ");
}

/** The sequences again, ascending. */
export function unpackSeqs(text: string): number[] {
  if (text === "") return [];
  let from = 0;
  return text.split(" ").flatMap((run) => {
    const [difference = "", length] = run.split("-");
    from += Number.parseInt(difference, 36);
    const first = from;
    return Array.from({ length: length === undefined ? 1 : Number.parseInt(length, 36) }, (_, index) => first + index);
  });
}
