// As consumer.ts, for the entry that needs Node's types.
import { SqliteStorage } from "prinia/sqlite";

await using emails = new SqliteStorage<{ readonly to: string }>("emails", { path: "emails.db" });
await emails.push({ to: "ada@example.com" });
// @ts-expect-error A queue in a file needs the file.
new SqliteStorage("emails", {});
