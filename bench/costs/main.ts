/** `npm run costs`: what a queue costs in production, at list prices. */

import { costTable, loadOf, USAGE } from "./table.ts";

try {
  const args = process.argv.slice(2);
  console.log(args.includes("--help") ? USAGE : costTable(loadOf(args)));
} catch (error) {
  console.error(`${(error as Error).message}\n\n${USAGE}`);
  process.exitCode = 2;
}
