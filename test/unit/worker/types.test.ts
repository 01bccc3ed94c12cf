// What the compiler lets pass, and what it refuses. `npm run types` checks the expectations; here they only have to load.
import { describe, expectTypeOf, test } from "vitest";
import type { Backend } from "../../../src/backend/backend.ts";
import type { Layer, TaskContext } from "../../../src/backend/layer.ts";
import {
  type AddingLayer,
  batch,
  catchErrors,
  compose,
  layer,
  metrics,
  retry,
  type Trace,
  timeout,
  tracing,
  Worker,
} from "../../../src/worker/index.ts";

interface Email {
  readonly to: string;
}

declare const emails: Backend<Email, number>;
declare const anything: Backend;
declare const audited: Backend<Email>;

/** Types alone are looked at: nothing of it runs. */
const unread = (_: () => unknown): void => undefined;

interface User {
  readonly user: string;
}

const adding: AddingLayer<User> = (next) => (args, context) => next(args, { ...context, user: "ada" });
const needing: AddingLayer<{ readonly greeting: string }, User> = (next) => (args, context) =>
  next(args, { ...context, greeting: `hello ${context.user}` });

describe("a worker's handler", () => {
  test("gets the args of its backend", () => {
    unread(() => {
      const worker = new Worker("w", emails, (args, context) => {
        expectTypeOf(args).toEqualTypeOf<Email>();
        expectTypeOf(context).toEqualTypeOf<TaskContext>();
        return 1;
      });
      expectTypeOf(worker).toExtend<Worker<Email, number>>();
      new Worker("w", anything, (args) => {
        expectTypeOf(args).toEqualTypeOf<unknown>();
      });
    });
  });

  test("returns what its backend declares, or a promise of it, or anything when nothing is declared", () => {
    unread(() => {
      new Worker("w", emails, () => 1);
      new Worker("w", emails, async () => 1);
      new Worker("w", audited, async () => "anything");
      new Worker("w", audited, () => undefined);
      // @ts-expect-error: the backend's results are numbers
      new Worker("w", emails, () => "one");
      // @ts-expect-error: the backend's results are numbers
      new Worker("w", emails, async () => undefined);
      // @ts-expect-error: no other args come
      new Worker("w", emails, (args: { readonly subject: string }) => args.subject.length);
    });
  });

  test("finds in its context what the layers add, and no more", () => {
    unread(() => {
      new Worker(
        "w",
        emails,
        (_, context) => {
          expectTypeOf(context.trace).toEqualTypeOf<Trace>();
          expectTypeOf(context.user).toEqualTypeOf<string>();
          return 1;
        },
        {
          layers: [tracing(), catchErrors(() => 0), adding, layer("last", (next) => next)],
          onEvent: (event) => event.type,
        },
      );
      new Worker(
        "w",
        emails,
        // @ts-expect-error: no layer adds a user
        (_, context) => context.user.length,
        { layers: [tracing()] },
      );
    });
  });

  test("can be given types by hand, with layers too", () => {
    unread(() => {
      new Worker<Email, number>("w", emails, ({ to }) => to.length, { layers: [timeout("1s"), retry({ times: 1 })] });
      const worker: Worker<Email, number> = new Worker("w", emails, () => 1, { layers: [adding] });
      return worker;
    });
  });

  test("can be a batch", () => {
    unread(() => {
      new Worker(
        "w",
        emails,
        batch(
          async (items) =>
            items.map(({ id, args }) => {
              expectTypeOf(args).toEqualTypeOf<Email>();
              return { id, ok: args.to.length };
            }),
          { size: 10, wait: "1s" },
        ),
      );
      new Worker(
        "w",
        emails,
        // @ts-expect-error: the backend's results are numbers
        batch(async (items) => items.map(({ id }) => ({ id, ok: "one" })), { size: 10, wait: "1s" }),
      );
    });
  });
});

describe("layers", () => {
  test("find what those outside of them add", () => {
    unread(() => {
      new Worker("w", emails, (_, { greeting }) => greeting.length, { layers: [adding, needing] });
      new Worker("w", emails, (_, { greeting }) => greeting.length, { layers: [compose(adding, needing)] });
      compose(adding, needing) satisfies Layer<unknown, unknown, User & { readonly greeting: string }>;
    });
  });

  test("are refused when they need what none outside of them adds", () => {
    unread(() => {
      // @ts-expect-error: nobody adds a user
      new Worker("w", emails, () => 1, { layers: [needing] });
      // @ts-expect-error: the user is added further in
      new Worker("w", emails, () => 1, { layers: [needing, adding] });
      // @ts-expect-error: nobody adds a user
      compose(timeout("1s"), needing);
    });
  });

  test("keep what they add when they are given a name, and where they are made", () => {
    unread(() => {
      const greeting = (word: string): AddingLayer<{ readonly greeting: string }> =>
        layer("greeting", (next) => (args, context) => next(args, { ...context, greeting: word }));
      new Worker("w", emails, (_, { greeting, user }) => greeting.length + user.length, {
        layers: [greeting("hello"), layer("named", adding)],
      });
    });
  });

  test("that are composed need what the first of them needs", () => {
    unread(() => {
      const inner = compose(needing, timeout("1s"));
      new Worker("w", emails, (_, { greeting }) => greeting.length, { layers: [adding, inner] });
      // @ts-expect-error: nobody adds a user
      new Worker("w", emails, () => 1, { layers: [inner] });
    });
  });

  test("of other args or results than the backend's are refused", () => {
    unread(() => {
      const ofEmails: Layer<Email, number> = layer("e", (next) => async (args, context) => {
        expectTypeOf(args).toEqualTypeOf<Email>();
        return (await next(args, context)) + 1;
      });
      const ofOrders: Layer<{ readonly order: number }, number> = (next) => next;
      const ofTexts: Layer<Email, string> = (next) => next;
      new Worker("w", emails, () => 1, { layers: [ofEmails] });
      // @ts-expect-error: its args are orders
      new Worker("w", emails, () => 1, { layers: [ofOrders] });
      new Worker("w", emails, () => 1, { layers: [compose(timeout("1s"), ofEmails)] });
      // @ts-expect-error: the args of one of them are orders
      new Worker("w", emails, () => 1, { layers: [compose(timeout("1s"), ofOrders)] });
      // @ts-expect-error: no result is a number and a text
      compose(ofEmails, ofTexts);
      // @ts-expect-error: its results are texts
      new Worker("w", emails, () => 1, { layers: [ofTexts] });
    });
  });

  test("that make results of errors must make such as the backend declares", () => {
    unread(() => {
      new Worker("w", anything, () => 1, { layers: [catchErrors(() => null)] });
      new Worker("w", emails, () => 1, { layers: [tracing(), catchErrors((_, { to }: Email) => to.length)] });
      new Worker("w", emails, () => 1, {
        layers: [
          catchErrors((error) => {
            throw error;
          }),
        ],
      });
      // @ts-expect-error: null is no number
      new Worker("w", emails, () => 1, { layers: [catchErrors(() => null)] });
    });
  });

  test("in a list whose length is not known add nothing that a handler could count on", () => {
    unread(() => {
      const some: Layer[] = [timeout("1s"), metrics()];
      new Worker(
        "w",
        emails,
        (_, context) => {
          expectTypeOf(context).toEqualTypeOf<TaskContext>();
          return 1;
        },
        { layers: some },
      );
    });
  });

  test("take five lines", () => {
    unread(() => {
      layer("bare", (next) => (args, context) => {
        expectTypeOf(context).toEqualTypeOf<TaskContext>();
        return next(args, context);
      });
      const timed: Layer = (next) => async (args, context) => {
        const began = performance.now();
        try {
          return await next(args, context);
        } finally {
          context.logger.info(`${performance.now() - began} ms`);
        }
      };
      new Worker("w", emails, () => 1, { layers: [timed] });
    });
  });
});
