/**
 * `node bench/segments/node.ts [scene [times]]`: both layouts by turns on node:sqlite, each commit on the disk. Rows are
 * those of tables alone here: the bill is told by workerd.
 */

import "./hooks.ts";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as node from "../../src/store/node.ts";
import type * as life from "./life.ts";
import { play, type Stage } from "./report.ts";
import type * as scenes from "./scenes.ts";

/** @param mark "?segments" for that layout */
function stage(mark: string): Stage {
  return async ({ name }) => {
    const { Life } = (await import(`./life.ts${mark}`)) as typeof life;
    const { SCENES } = (await import(`./scenes.ts${mark}`)) as typeof scenes;
    const { nodeDriver } = (await import(`../../src/store/node.ts${mark}`)) as typeof node;
    const folder = mkdtempSync(join(process.env.DISK ?? tmpdir(), "prinia-segments-"));
    const path = join(folder, "queue.db");
    const sql = nodeDriver(path);
    // The log is not written back meanwhile, so that its length says how much was written.
    sql.script("PRAGMA wal_autocheckpoint = 0");
    const bytes = () => statSync(`${path}-wal`).size;
    const queue = new Life({ sql, bytes, durable: () => undefined, now: () => performance.now() });
    try {
      return (await SCENES.find((scene) => scene.name === name)?.play(queue)) ?? [];
    } finally {
      sql.close();
      rmSync(folder, { recursive: true });
    }
  };
}

const [only, times = "3"] = process.argv.slice(2);
await play(stage(""), stage("?segments"), only, Number(times));
