/** Which tasks a command is about. */

import { given, instantOf, statusOf } from "../arguments.ts";

export const FILTER_ARGS = {
  status: { type: "string", valueHint: "status", description: "Only those of this status" },
  group: { type: "string", valueHint: "text", description: "Only those of this group" },
  after: { type: "string", valueHint: "instant", description: "Only those created at this instant or later" },
  before: { type: "string", valueHint: "instant", description: "Only those created before this instant" },
} as const;

export type FilterArgs = { readonly [K in keyof typeof FILTER_ARGS]?: string | undefined };

export const filterOf = (args: FilterArgs) =>
  given({
    status: statusOf(args.status),
    groupKey: args.group,
    after: instantOf(args.after, "--after"),
    before: instantOf(args.before, "--before"),
  });
