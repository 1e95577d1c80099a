/** Crashes of files whose pages are compressed or encrypted: crash.test.ts has those of others. */
import { seededRandom } from "@millrace/base";
import { FaultyVfs } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { Database } from "../src/extras.ts";
import { isDiskFailure } from "./helpers.ts";
import { live, OTHER_KEY, SMALL } from "./packed-life.ts";
import { KEY, PAGE_VARIANTS } from "./page-variants.ts";

describe.each(PAGE_VARIANTS)("a %s file", (_name, variant) => {
  it("holds what was acknowledged after a power cut at any call, an import or a new key among them", async () => {
    let halts = 0;
    for (let seed = 0; seed < 8; seed++) halts += await live(seed, variant, 6);
    expect(halts).toBeGreaterThan(12);
  });
});

describe("rekey", () => {
  it("leaves the old or the new key working, wherever the power goes or a call fails", async () => {
    const outcomes = { old: 0, new: 0 };
    for (const failure of ["halt", "write", "sync"] as const) {
      for (let n = 0, isOver = false; !isOver; n++) {
        const vfs = new FaultyVfs(n);
        const options = { ...SMALL, vfs, compression: "zstd" } as const;
        const db = await Database.open("t.db", { ...options, key: KEY });
        await db.collection("c").insertOne({ _id: 1 });
        if (failure === "halt") vfs.haltAfter(n);
        else vfs.failNth({ call: failure, n: n + 1, error: "EIO" });
        let isDone = false;
        try {
          await db.rekey({ key: OTHER_KEY });
          isDone = true;
        } catch (error) {
          if (!isDiskFailure(error)) throw error;
        }
        // Nothing was in its way any more.
        isOver = isDone;
        await db.close().catch((error: unknown) => {
          if (!isDiskFailure(error)) throw error;
        });
        const after = { ...options, vfs: vfs.crash(seededRandom(n)) };
        let isNew = true;
        const found = await Database.open("t.db", { ...after, key: OTHER_KEY }).catch((error: unknown) => {
          if ((error as { code?: string }).code !== "DOCDB_PASSWORD_WRONG") throw error;
          isNew = false;
          return Database.open("t.db", { ...after, key: KEY });
        });
        outcomes[isNew ? "new" : "old"]++;
        if (isDone) expect(isNew, `${failure} ${n}`).toBe(true);
        expect(await found.collection("c").countDocuments()).toBe(1);
        expect(await found.verify()).toEqual([]);
        await found.close();
      }
    }
    expect(Math.min(outcomes.old, outcomes.new)).toBeGreaterThan(2);
  });
});
