/** The feed of a queue as server-sent events: one stream of what its partitions tell, each over a socket that is opened again when it breaks. */

import {
  FEED_BEAT_MS,
  MAX_FEED_BEHIND,
  MAX_INSTANT_MS,
  MAX_REOPEN_PAUSE_MS,
  MAX_SOCKET_TOKEN_MS,
  REOPEN_PAUSE_MS,
} from "../limits.ts";
import { logBug } from "../protocol/bug.ts";
import { fail, ok, type Result } from "../task/result.ts";
import { aFewAtATime, allOf, partitionsOf } from "./fan-out.ts";
import { type Frames, openFrames } from "./frames.ts";
import type { Arrival } from "./route.ts";
import { Stop } from "./stop.ts";

type Frame =
  | { readonly type: "following"; readonly at: number; readonly gap: boolean }
  | { readonly type: "feed"; readonly at: number; readonly events: readonly FeedEvent[] }
  | { readonly type: "error" };

interface FeedEvent {
  readonly event: string;
  readonly data: unknown;
}

/** A partition that is followed. */
interface Followed {
  readonly partition: number;
  /** What the client was told last; `undefined` until it is known where the feed begins. */
  at: number | undefined;
  frames: Frames | null;
}

/** Events that came together, and where the partition is after them. */
interface Told {
  readonly of: Followed;
  readonly at: number;
  readonly events: readonly FeedEvent[];
}

/** A feed under way. */
interface Feed {
  readonly call: Arrival;
  readonly queue: string;
  readonly parts: readonly Followed[];
  readonly stop: Stop;
}

const POSITION = /^\d{1,4}:\d{1,16}(?:,\d{1,4}:\d{1,16})*$/;

/** Reads a position as it was given: where each partition was. */
function placesOf(position: string | null): Result<ReadonlyMap<number, number> | null> {
  if (position === null || position === "") return ok(null);
  const places = position.split(",").map((part) => part.split(":").map(Number) as [number, number]);
  if (POSITION.test(position) && places.every(([, at]) => at <= MAX_INSTANT_MS)) return ok(new Map(places));
  const detail = "`last-event-id` is no position of a feed: send the `id` of its last event as it was.";
  return fail("bad_request", detail, { path: "last-event-id" });
}

/**
 * Follows a queue until the client goes or its token ends.
 *
 * @returns the stream, `null` for HEAD; `bad_request` for a position that is none
 */
export async function followQueue(call: Arrival, queue: string): Promise<Result<ReadableStream<Uint8Array> | null>> {
  const places = placesOf(call.request.headers.get("last-event-id"));
  if (!places.ok) return places;
  if (call.request.method === "HEAD") return ok(null);
  // A partition that the position does not name is newer than it.
  const atOf = (partition: number) => (places.value === null ? undefined : (places.value.get(partition) ?? 0));
  const parts = partitionsOf(call, queue).map(
    (partition): Followed => ({ partition, at: atOf(partition), frames: null }),
  );
  const { exp } = call.caller;
  const endsInMs = exp === null ? null : Math.min(MAX_SOCKET_TOKEN_MS, Math.max(0, exp - call.timing.now()));
  const feed: Feed = { call, queue, parts, stop: new Stop(call.timing, endsInMs, call.request.signal) };
  const opened = allOf(await aFewAtATime(parts, (part) => open(feed, part)));
  if (opened.ok) return ok(streamOf(feed));
  end(feed);
  return opened;
}

/** Opens a socket to a partition, and follows it from where the client is. */
async function open({ call, queue, stop }: Feed, part: Followed): Promise<Result<null>> {
  const frames = await openFrames(call, queue, part.partition, MAX_FEED_BEHIND);
  if (!frames.ok) return frames;
  frames.value.send({ type: "follow", ...(part.at === undefined ? {} : { after: part.at }) });
  if (stop.reason === null) part.frames = frames.value;
  else frames.value.close();
  return ok(null);
}

/** Closes all sockets: who waits for a frame goes on then. */
function end({ parts, stop }: Feed): void {
  stop.gone();
  stop.clear();
  for (const { frames } of parts) frames?.close();
}

function streamOf(feed: Feed): ReadableStream<Uint8Array> {
  const texts = textsOf(feed);
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const next = await texts.next();
        if (next.done) controller.close();
        else controller.enqueue(encoder.encode(next.value));
      },
      cancel: async () => {
        end(feed);
        await texts.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

async function* textsOf(feed: Feed): AsyncGenerator<string, undefined> {
  const { call, parts, stop } = feed;
  // At most one of each partition: the next is asked for once that is on its way.
  const ready: Told[] = [];
  let wake = () => {};
  const turn = (part: Followed) =>
    nextOf(feed, part)
      .then((told) => told && ready.push(told))
      .catch((error: unknown) => {
        logBug("a feed", error);
        stop.gone();
      })
      .then(() => wake());
  for (const part of parts) void turn(part);
  void stop.promise.then(() => {
    end(feed);
    wake();
  });
  try {
    yield ": feed\n\n";
    while (stop.reason === null) {
      const told = ready.shift();
      if (told) {
        yield textOf(parts, told);
        void turn(told.of);
        continue;
      }
      const { promise: woken, resolve } = Promise.withResolvers<boolean>();
      wake = () => resolve(true);
      const cancel = call.timing.after(FEED_BEAT_MS, () => resolve(false));
      if (!(await woken)) yield ": beat\n\n";
      cancel();
    }
  } finally {
    end(feed);
  }
  return undefined;
}

/** What a partition tells next, over as many sockets as it takes; `null` once the feed has ended. */
async function nextOf(feed: Feed, part: Followed): Promise<Told | null> {
  const { stop } = feed;
  let pauseMs = REOPEN_PAUSE_MS;
  while (stop.reason === null) {
    if (part.frames === null) {
      await stop.pause(pauseMs);
      pauseMs = Math.min(pauseMs * 2, MAX_REOPEN_PAUSE_MS);
      if (stop.reason === null) await open(feed, part);
      continue;
    }
    const text = await part.frames.next();
    const frame = text === null ? null : (JSON.parse(text) as Frame);
    if (frame === null || frame.type === "error") {
      part.frames.close();
      part.frames = null;
      continue;
    }
    const told = toldBy(part, frame);
    if (told) return told;
  }
  return null;
}

function toldBy(of: Followed, frame: Exclude<Frame, { type: "error" }>): Told | null {
  const { at } = frame;
  if (frame.type === "feed") return { of, at, events: frame.events };
  if (frame.gap) return { of, at, events: [{ event: "gap", data: { partition: of.partition } }] };
  return of.at === undefined ? { of, at, events: [] } : null;
}

/** Only the last of what came together moves the position: who breaks off before it gets all of it again. */
function textOf(parts: readonly Followed[], { of, at, events }: Told): string {
  const before = positionOf(parts);
  const early = events.slice(0, -1).map((event) => messageOf(before, event));
  of.at = at;
  return early.join("") + messageOf(positionOf(parts), events.at(-1));
}

/** Nothing until all partitions have said where they are. */
const positionOf = (parts: readonly Followed[]): string | null =>
  parts.some(({ at }) => at === undefined) ? null : parts.map(({ partition, at }) => `${partition}:${at}`).join(",");

function messageOf(position: string | null, event?: FeedEvent): string {
  const id = position === null ? "" : `id: ${position}\n`;
  const text = event === undefined ? "" : `event: ${event.event}\ndata: ${JSON.stringify(event.data)}\n`;
  return `${id}${text}\n`;
}
