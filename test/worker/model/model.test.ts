// Random lives of queues, each step held against a model of the contract, with the rows that it costs: on the object
// itself, where a life takes a tenth of a second, and over HTTP, where it takes three.
import { afterEach, beforeEach, test, vi } from "vitest";
import { hold } from "../../model/run.ts";
import { freezeTime, thawTime } from "../object/lab.ts";
import { openHttp } from "./http.ts";
import { openObject } from "./object.ts";

/** A violation is not to go unseen because the next seed finds none. */
const SETTINGS = { timeout: 180_000, retry: 0 };

beforeEach(() => {
  freezeTime();
  // The audit.
  vi.spyOn(console, "log").mockImplementation(() => undefined);
});
afterEach(thawTime);

test("a queue's object lives by the contract, whatever is done to it", SETTINGS, async () => {
  await hold({ driver: "object", open: openObject, runs: 200, steps: 30, burst: 0 });
});

test("so it does over HTTP", SETTINGS, async () => {
  await hold({ driver: "http", open: openHttp, runs: 30, steps: 30, burst: 0 });
});
