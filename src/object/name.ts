/** What an object is called: `queue/partition`, where the queue may have slashes itself. */

export function nameOf(ctx: Pick<DurableObjectState, "id">): { queue: string; partition: number } {
  const name = ctx.id.name ?? "";
  const slash = name.lastIndexOf("/");
  if (slash < 1) throw new Error("a queue's object is named queue/partition");
  return { queue: name.slice(0, slash), partition: Number(name.slice(slash + 1)) };
}
