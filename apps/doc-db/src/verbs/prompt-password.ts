import { createInterface } from "node:readline";
import { Writable } from "node:stream";

/** Asks at the terminal, without showing what is typed. */
export async function promptPassword(what: string): Promise<string> {
  process.stderr.write(`${what}: `);
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompt = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return await new Promise((resolve, reject) => {
      prompt.once("line", resolve);
      prompt.once("SIGINT", () => reject(new Error("interrupted")));
    });
  } finally {
    prompt.close();
    process.stderr.write("\n");
  }
}
