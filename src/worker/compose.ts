/** Layers in a row: what fits inside what, and what a handler finds in its context. */

import type { Handler, Layer, TaskContext } from "../backend/layer.ts";
import { MAX_NAME_BYTES } from "../limits.ts";
import { cutUtf8 } from "../task/text.ts";

/** Any layer, whatever it adds and needs. */
// biome-ignore lint/suspicious/noExplicitAny: what it takes and gives is looked at by `Fitting`
export type AnyLayer = (next: Handler<any, any, any>) => Handler<any, any, any>;

/**
 * A layer for all args and results that adds to the context, and may need of it what a layer outside adds.
 *
 * @example
 * const counting: AddingLayer<{ readonly count: number }> = (next) => {
 *   let count = 0;
 *   return (args, context) => next(args, { ...context, count: ++count });
 * };
 */
// biome-ignore lint/suspicious/noExplicitAny: as `Layer` has it
export type AddingLayer<Added, Needs = unknown> = Layer<any, any, Added, Needs>;

/** Layers, outermost first. */
export type AnyLayers = readonly AnyLayer[];

/** The context that a layer gives to what is inside it. */
type Inner<L> = L extends (next: infer Next) => unknown ? ContextOfHandler<Next> : never;
/** The context that it wants of what is outside. */
type Outer<L> = L extends (next: never) => infer Made ? ContextOfHandler<Made> : never;
/** Of a handler that takes any context: what is always there. */
// biome-ignore lint/suspicious/noExplicitAny: handlers of all args
type ContextOfHandler<H> = H extends (args: any, context: infer Context) => unknown
  ? 0 extends 1 & Context
    ? TaskContext
    : Context
  : never;

/** What a handler finds in its context inside these layers. Of a list whose length nobody knows, no more than always. */
export type ContextOf<L extends AnyLayers, Context = TaskContext> = L extends readonly [infer First, ...infer Rest]
  ? ContextOf<Rest extends AnyLayers ? Rest : [], Context & Inner<First>>
  : Context;

/** Why layers are refused: the one that stands here. */
type Misfit = "This layer needs what none outside of it adds, or other args or results than the backend's.";

/** The layers as they are if each finds what it needs, in the context so far; else the first misfit says why. */
export type Fitting<L extends AnyLayers, Args, Out, Context = TaskContext> = L extends readonly [
  infer First,
  ...infer Rest extends AnyLayers,
]
  ? First extends (next: Handler<Args, Out, Inner<First>>) => Handler<Args, Out, Context>
    ? readonly [First, ...Fitting<Rest, Args, Out, Context & Inner<First>>]
    : readonly [Misfit, ...Rest]
  : L;

/** Options whose layers fit. */
export type Fit<L extends AnyLayers, Args, Out> =
  L extends Fitting<L, Args, Out> ? unknown : { readonly layers?: Fitting<L, Args, Out> };

/** What layers need of those outside: what the first of them does. */
type Needs<L extends AnyLayers> = L extends readonly [infer First, ...AnyLayers] ? Outer<First> : TaskContext;

/**
 * With a name. What makes layers should say that it returns this, rather than a bare function: at what a generic function
 * returns TypeScript looks too late, if that is a function, to tell a handler what is in its context.
 */
export type Named<L> = L & { readonly name: string };

/** What layers that are about certain args and results take and give, all of them together; of the others, any. */
type ArgsOf<L> = AnyUnless<Each<L, "args">>;
type OutOf<L> = AnyUnless<Each<L, "out">>;
type Each<L, What extends "args" | "out"> = L extends readonly [infer First extends AnyLayer, ...infer Rest]
  ? Known<{ args: Parameters<ReturnType<First>>[0]; out: Awaited<ReturnType<ReturnType<First>>> }[What]> &
      Each<Rest, What>
  : unknown;
type Known<T> = 0 extends 1 & T ? unknown : T;
// biome-ignore lint/suspicious/noExplicitAny: as `Layer` has it
type AnyUnless<T> = unknown extends T ? any : T;

/** Layers as one. */
export type Composed<L extends AnyLayers> = Named<
  (next: Handler<ArgsOf<L>, OutOf<L>, ContextOf<L, Needs<L>>>) => Handler<ArgsOf<L>, OutOf<L>, Needs<L>>
>;

/**
 * Makes one layer of several; the first is the outermost. What a layer adds to the context is there for those after it,
 * and one that needs what none before it adds is refused by the compiler, unless it is the first: then the whole needs it.
 *
 * @example
 * const guarded = compose(tracing(), timeout("30s"), retry({ times: 2 }));
 */
export function compose<const L extends AnyLayers>(
  ...layers: L & Fitting<L, ArgsOf<L>, OutOf<L>, Needs<L>>
): Composed<L> {
  const all = layers as AnyLayers;
  const composed: AnyLayer = (next) => all.reduceRight((handler, around) => around(handler), next);
  return layer(all.map(nameOf).join(" > "), composed) as Composed<L>;
}

/** A layer for which `context` is known to be a TaskContext where it does not say more. */
// biome-ignore lint/suspicious/noExplicitAny: as `Layer` has it
type Around = (next: Handler<any, any, any>) => { handler(args: any, context: TaskContext): any }["handler"];

/**
 * Gives a layer the name by which its worker introduces it. A layer that is a function with a name needs none.
 *
 * @example
 * const timed = layer("timed", (next) => async (args, context) => {
 *   const began = performance.now();
 *   try { return await next(args, context); } finally { context.logger.info(`${performance.now() - began} ms`); }
 * });
 */
export function layer<L extends Around>(name: string, around: L): Named<L> {
  const named: Around = (next) => around(next);
  return Object.defineProperty(named, "name", { value: name }) as Named<L>;
}

/** The name of a layer, as the queue takes it. */
export const nameOf = (around: AnyLayer): string => cutUtf8(around.name, MAX_NAME_BYTES) || "layer";
