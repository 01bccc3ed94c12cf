/** `node bench/segments/node.ts`: both layouts side by side on node:sqlite, each commit on the disk; rows, bytes, times. */

import "./hooks.ts";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as node from "../../src/store/node.ts";
import type * as life from "./life.ts";
import { type Figure, report, SCENES } from "./scenes.ts";

const LAYOUTS = { rows: "", segments: "?segments" } as const;

async function measure(mark: string, scene: (typeof SCENES)[number]): Promise<Figure[]> {
  const { Life } = (await import(`./life.ts${mark}`)) as typeof life;
  const { nodeDriver } = (await import(`../../src/store/node.ts${mark}`)) as typeof node;
  const folder = mkdtempSync(join(tmpdir(), "prinia-segments-"));
  const path = join(folder, "queue.db");
  const sql = nodeDriver(path);
  // The log is not written back meanwhile, so that its length says how much was written.
  sql.script("PRAGMA wal_autocheckpoint = 0");
  const bytes = () => statSync(`${path}-wal`).size;
  try {
    return await scene.play(new Life({ sql, bytes, durable: () => undefined, now: () => performance.now() }));
  } finally {
    sql.close();
    rmSync(folder, { recursive: true });
  }
}

const only = process.argv[2];
for (const scene of SCENES) {
  if (only !== undefined && !scene.name.includes(only)) continue;
  const figures: Record<string, Figure[]> = {};
  for (const [layout, mark] of Object.entries(LAYOUTS)) figures[layout] = await measure(mark, scene);
  report(scene.name, figures.rows ?? [], figures.segments ?? []);
}
