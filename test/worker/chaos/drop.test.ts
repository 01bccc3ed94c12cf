// A queue that is dropped in the middle of other things, and begun anew.
import { afterEach, beforeEach, test } from "vitest";
import { freezeTime, Lab, pass, thawTime, until } from "../object/lab.ts";

beforeEach(freezeTime);
afterEach(thawTime);

const reportedAt = async (lab: Lab): Promise<number> =>
  JSON.parse((await lab.rows("SELECT body FROM state WHERE name = 'tally'"))[0]?.body ?? "{}").reportedAt ?? 0;

test("a queue that is dropped when its report was due tells the directory once it is used again", async () => {
  const lab = new Lab();
  await lab.push();
  await until(async () => (await reportedAt(lab)) > 0, "its first use was reported");
  await lab.push();
  // The report of that is due by now, and nobody has made it yet: the drop is the next transaction.
  pass(60_000);
  await lab.call("DELETE", "?force");
  await lab.push();
  await until(async () => (await reportedAt(lab)) === Date.now(), "its new first use was reported");
});
