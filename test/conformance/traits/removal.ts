/** Cases of deleting a task. */

import { expect } from "vitest";
import { forged, NOBODY, push, STATUSES, standing } from "./arrange.ts";
import { type Case, check } from "./bench.ts";
import { refused, untouched, withControl } from "./expecting.ts";

export const removalCases: readonly Case[] = [
  ...STATUSES.map((status) => {
    const isLeased = status === "Queued" || status === "Running";
    const name = isLeased
      ? `a ${status} task is not deleted: wrong_status, and nothing changes`
      : `a ${status} task is deleted: its row is gone`;
    return check(`S.delete.${isLeased ? "from-" : ""}${status.toLowerCase()}`, ["Remove"], name, (bench) =>
      withControl(bench, async () => {
        const { id } = await standing(bench, status);
        if (isLeased) {
          await untouched(bench, [id], () => refused(bench.backend.remove(id), "wrong_status", { taskStatus: status }));
          return;
        }
        await bench.backend.remove(id);
        expect(await bench.store.fetchById(id)).toBeNull();
        expect((await bench.store.fetchByQueue()).counts[status]).toBe(status === "Pending" ? 1 : 0);
        await refused(bench.backend.remove(id), "task_not_found");
      }),
    );
  }),

  check("T.Remove.remove", ["Remove"], "deleting an unknown task is task_not_found", async (bench) => {
    await refused(bench.backend.remove(NOBODY), "task_not_found");
    const id = await push(bench);
    await untouched(bench, [id], () => refused(bench.backend.remove(forged(id)), "task_not_found"));
    await bench.backend.remove({ id });
    expect(await bench.store.fetchById(id)).toBeNull();
  }),
];
