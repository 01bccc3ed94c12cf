// The program as a process, which has a queue in a file besides: `main.js <url of a server> <name> <file>`.
import { SqliteStorage } from "prinia/sqlite";
import { greeted, program } from "./program.js";

const [url, name, path] = process.argv.slice(2);

async function inFile() {
  const queue = new SqliteStorage(`${name}/sqlite`, { path });
  const greetings = await greeted(queue);
  queue.close();
  return greetings;
}

const [others, sqlite] = await Promise.all([program(url, name), inFile()]);
// The last line: what ends the process is that nothing is left to be done.
console.log(JSON.stringify({ ...others, sqlite }));
