import { spawn, spawnSync } from "node:child_process";
import { MemoryVfs } from "@millrace/files";
import { describe, expect, it } from "vitest";
import { Database, serve } from "../src/extras.ts";

const SHELL = process.env.MONGOSH ?? "mongosh";
const isThere = spawnSync(SHELL, ["--version"]).status === 0;

describe.skipIf(!isThere)(
  `MongoDB's shell${isThere ? "" : " (mongosh is not on PATH, nor named by MONGOSH)"}`,
  () => {
    it("works against docdb serve", { timeout: 120_000 }, async () => {
      await using db = await Database.open("shell.db", { vfs: new MemoryVfs() });
      await using server = await serve(db, { port: 0 });
      const script = `
      db.people.insertMany([{ _id: 1, name: "Ada", born: 1815 }, { _id: 2, name: "Emmy", born: 1882 }]);
      db.people.createIndex({ born: 1 });
      const session = db.getMongo().startSession();
      session.startTransaction();
      session.getDatabase("test").people.insertOne({ _id: 3, name: "Grace", born: 1906 });
      session.commitTransaction();
      print(JSON.stringify({
        found: db.people.find({ born: { $gt: 1850 } }).sort({ born: -1 }).toArray(),
        stage: db.people.find({ born: 1815 }).explain().queryPlanner.winningPlan.inputStage.stage,
        sum: db.people.aggregate([{ $group: { _id: null, n: { $sum: 1 } } }]).toArray(),
        names: db.getCollectionNames(),
        indexes: db.people.getIndexes().length,
      }));`;
      // Not synchronously: the server is in this process.
      const child = spawn(SHELL, ["--quiet", "--norc", server.address, "--eval", script]);
      let out = "";
      child.stdout.on("data", (chunk) => (out += chunk));
      child.stderr.on("data", (chunk) => (out += chunk));
      const { promise, resolve } = Promise.withResolvers<number | null>();
      child.on("close", resolve);
      expect(await promise, out).toBe(0);
      expect(JSON.parse(out.trim().split("\n").at(-1)!)).toEqual({
        found: [
          { _id: 3, name: "Grace", born: 1906 },
          { _id: 2, name: "Emmy", born: 1882 },
        ],
        stage: "IXSCAN",
        sum: [{ _id: null, n: 3 }],
        names: ["people"],
        indexes: 2,
      });
    });
  },
);
