import { join } from "node:path";
import { tempDirectory } from "@millrace/testkit";
import { expect, test } from "vitest";
import { Database } from "../src/extras.ts";
import { insertUntilKilled } from "./kill-child.ts";

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
