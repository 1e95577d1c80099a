import { join } from "node:path";
import { seededRandom } from "@millrace/base";
import { tempDirectory } from "@millrace/testkit";
import { expect, test } from "vitest";
import { Database } from "../src/extras.ts";
import { insertUntilKilled } from "./kill-child.ts";

const KILLS = 200;
/** Kills of one file; then it begins anew, so that looking at all documents stays cheap. */
const KILLS_PER_FILE = 10;

test("200 processes that are killed lose nothing that they acknowledged", { timeout: 900_000 }, async () => {
  using directory = tempDirectory();
  const random = seededRandom(200);
  let kills = 0;
  for (let file = 0; kills < KILLS; file++) {
    const path = join(directory.path, `${file}.db`);
    const acknowledged: number[] = [];
    for (let round = 0; round < KILLS_PER_FILE; round++, kills++) {
      const printed = await insertUntilKilled(path, round * 1_000_000, random.nextInt(1, 300));
      acknowledged.push(...printed);
      expect(printed.length).toBeGreaterThan(0);
      await using db = await Database.open(path);
      const c = db.collection("c");
      for (const id of acknowledged) expect((await c.get(id))?.value, `document ${id}`).toBe(id % 17);
      expect(await db.verify()).toEqual([]);
    }
  }
  expect(kills).toBe(KILLS);
});
