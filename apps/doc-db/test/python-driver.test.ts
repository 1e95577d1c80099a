import { execFile, spawnSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { MemoryVfs } from "@millrace/files";
import { describe, expect, it } from "vitest";
import { Database, serve } from "../src/extras.ts";

const PYTHON = process.env.PYMONGO_PYTHON ?? "python3";
const isThere = spawnSync(PYTHON, ["-c", "import pymongo"]).status === 0;

describe.skipIf(!isThere)(
  `MongoDB's driver for Python${isThere ? "" : " (no pymongo in python3, nor in what PYMONGO_PYTHON names)"}`,
  () => {
    it("works against docdb serve", async () => {
      await using db = await Database.open("python.db", { vfs: new MemoryVfs() });
      await using server = await serve(db, { port: 0 });
      // Not synchronously: the server is in this process.
      const script = join(import.meta.dirname, "python-program.py");
      const { stdout } = await promisify(execFile)(PYTHON, [script, server.address]);
      expect(JSON.parse(stdout)).toEqual({
        keeps: true,
        index: "author_1_date_-1",
        duplicate: { author: 1, date: -1 },
        batches: (2999 * 3000) / 2,
        counts: [10, 3000],
        bulk: [1, 1, 3000],
        modified: { _id: -2, a: 2 },
        let: [{ _id: -1 }],
        transactions: [1],
        changes: ["insert", "update", "delete"],
        file: 500_000,
        names: ["fs.chunks", "fs.files", "kept", "many", "posts", "watched"],
      });
    });
  },
);
