/** The Worker of the measurement in workerd: one object a scene, on the layout that it was bundled with. */

import { DurableObject } from "cloudflare:workers";
import { durableDriver } from "../../../src/store/durable.ts";
import { Life } from "../life.ts";
import { SCENES } from "../scenes.ts";

interface Env {
  readonly STAND: DurableObjectNamespace<Stand>;
}

export class Stand extends DurableObject<Env> {
  async play(name: string): Promise<unknown> {
    const scene = SCENES.find((one) => one.name === name);
    if (!scene) throw new Error(`there is no scene ${name}`);
    const { storage } = this.ctx;
    const durable = () => storage.sync();
    const meter = {
      sql: durableDriver(storage),
      bytes: () => storage.sql.databaseSize,
      durable,
      now: () => Date.now(),
    };
    return scene.play(new Life(meter));
  }
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const scene = decodeURIComponent(new URL(request.url).pathname.slice(1));
    return Response.json(await env.STAND.getByName(crypto.randomUUID()).play(scene));
  },
};
