/** Standard Schema, version 1, as far as it is used: valibot, zod, arktype and others implement it. */

import { PriniaError } from "../task/errors.ts";

/** @see https://standardschema.dev */
export interface Schema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => Outcome<Output> | Promise<Outcome<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

type Outcome<Output> = { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly Issue[] };

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * The value as the schema has it; at once, if the schema can.
 *
 * @throws PriniaError `bad_request` with the path of the first issue, and all of them in words
 */
export function validated<Output>(schema: Schema<unknown, Output>, value: unknown): Output | Promise<Output> {
  const outcome = schema["~standard"].validate(value);
  return outcome instanceof Promise ? outcome.then(outputOf) : outputOf(outcome);
}

function outputOf<Output>(outcome: Outcome<Output>): Output {
  if (!outcome.issues) return outcome.value;
  const issues = outcome.issues.map((issue) => `\`${pathOf(issue)}\`: ${issue.message}`);
  const [first] = outcome.issues;
  throw new PriniaError({
    code: "bad_request",
    detail: `The args do not fit the queue's schema. ${issues.join("; ")}`,
    path: first ? pathOf(first) : "args",
  });
}

const pathOf = ({ path = [] }: Issue): string =>
  ["args", ...path.map((part) => String(typeof part === "object" ? part.key : part))].join(".");
