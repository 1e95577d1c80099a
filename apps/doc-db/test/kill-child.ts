import { spawn } from "node:child_process";
import { join } from "node:path";

/** Runs a child that inserts until it has acknowledged `count` ids, kills it, and returns all the ids that it printed. */
export function insertUntilKilled(
  path: string,
  firstId: number,
  count: number,
  options: object = {},
): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const script = join(import.meta.dirname, "insert-forever.ts");
    const child = spawn(process.execPath, [
      "--conditions=@millrace/source",
      script,
      path,
      String(firstId),
      JSON.stringify(options),
    ]);
    let output = "";
    let errors = "";
    let lines = 0;
    child.stderr.on("data", (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      for (const byte of chunk) if (byte === 10) lines++;
      if (lines >= count) child.kill("SIGKILL");
    });
    child.on("close", (_code, signal) => {
      if (signal !== "SIGKILL") reject(new Error(`the child ended by itself: ${errors}`));
      // The last line may be cut off.
      else resolve(output.split("\n").slice(0, -1).map(Number));
    });
  });
}
