import { spawn } from "node:child_process";
import { join } from "node:path";
import { tempDirectory } from "@millrace/testkit";
import { expect, test } from "vitest";
import { Database } from "../src/extras.ts";

/** Runs the child until it has acknowledged `count` ids, kills it, and returns all the ids that it printed. */
function insertUntilKilled(path: string, firstId: number, count: number): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const script = join(import.meta.dirname, "insert-forever.ts");
    const child = spawn(process.execPath, ["--conditions=@millrace/source", script, path, String(firstId)]);
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

test("a process that is killed while it inserts loses nothing that it acknowledged", async () => {
  using directory = tempDirectory();
  const path = join(directory.path, "t.db");
  const acknowledged: number[] = [];
  for (let round = 0; round < 4; round++) {
    const printed = await insertUntilKilled(path, round * 1_000_000, [1, 50, 400, 900][round]!);
    acknowledged.push(...printed);
    expect(printed.length).toBeGreaterThan(0);
    await using db = await Database.open(path);
    const c = db.collection("c");
    for (const id of acknowledged) expect((await c.get(id))?.value, `document ${id}`).toBe(id % 17);
    const count = await c.countDocuments();
    expect(count).toBeGreaterThanOrEqual(acknowledged.length);
    expect(await c.countDocuments({ value: { $in: Array.from({ length: 17 }, (_, i) => i) } })).toBe(count);
  }
});
