import { fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { diskVfs } from "@millrace/files";
import { Wal } from "@millrace/wal";
import type { BenchmarkCase, BenchmarkCases, Contender, Work } from "../../case.ts";
import { importPeer } from "../../peers.ts";

const RECORD = new Uint8Array(128).fill(7);

/** A directory that goes when the process ends. */
function benchDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  process.on("exit", () => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** So many writers, each waiting until its record is durable. */
function writersCase(writers: number, reach?: BenchmarkCase["reach"]): BenchmarkCase {
  const each = (append: (i: number) => unknown): Work => {
    const indices = Array.from({ length: writers }, (_, i) => i);
    return async () => {
      await Promise.all(indices.map(append));
    };
  };
  const ours: Contender = {
    name: "millrace",
    prepare: async () => {
      const wal = await Wal.open(diskVfs, benchDirectory());
      const lsn = await wal.append(RECORD);
      if (wal.stats.durableLsn < lsn) throw new Error("acknowledged, and not durable");
      return each(() => wal.append(RECORD));
    },
  };
  const peers: Contender[] = [
    {
      name: "one fdatasync a record",
      prepare: async () => {
        const file = openSync(join(benchDirectory(), "log"), "w");
        return () => {
          for (let i = 0; i < writers; i++) {
            writeSync(file, RECORD);
            fdatasyncSync(file);
          }
        };
      },
    },
    {
      name: "lmdb",
      prepare: async () => {
        interface Lmdb {
          open(options: object): {
            put(key: number, value: Uint8Array): Promise<unknown>;
            flushed: Promise<unknown>;
          };
        }
        const { open } = await importPeer<Lmdb>("lmdb");
        const database = open({
          path: join(benchDirectory(), "data"),
          encoding: "binary",
          overlappingSync: false,
        });
        let key = 0;
        return each(() => database.put(key++, RECORD));
      },
    },
    {
      name: "classic-level, sync",
      prepare: async () => {
        interface Level {
          put(key: string, value: Uint8Array, options: { sync: boolean }): Promise<void>;
          open(): Promise<void>;
        }
        interface Module {
          ClassicLevel: new (path: string, options: object) => Level;
        }
        const { ClassicLevel } = await importPeer<Module>("classic-level");
        const level = new ClassicLevel(join(benchDirectory(), "data"), { valueEncoding: "view" });
        await level.open();
        let key = 0;
        return each(() => level.put(String(key++).padStart(12, "0"), RECORD, { sync: true }));
      },
    },
    {
      name: "better-sqlite3, WAL, FULL",
      prepare: async () => {
        interface Sqlite {
          pragma(text: string): unknown;
          exec(text: string): unknown;
          prepare(text: string): { run(value: Uint8Array): unknown };
        }
        const { default: Database } = await importPeer<{ default: new (path: string) => Sqlite }>(
          "better-sqlite3",
        );
        const database = new Database(join(benchDirectory(), "data.db"));
        database.pragma("journal_mode = WAL");
        database.pragma("synchronous = FULL");
        database.exec("create table log (id integer primary key, record blob)");
        const insert = database.prepare("insert into log (record) values (?)");
        return () => {
          for (let i = 0; i < writers; i++) insert.run(RECORD);
        };
      },
    },
  ];
  return { unit: "records", amount: writers, ours, peers, reach: reach ?? { ratio: 1 } };
}

export const cases: BenchmarkCases = {
  "1-writer": writersCase(1),
  "8-writers": writersCase(8),
  "64-writers": writersCase(64, { ratio: 12, peers: ["one fdatasync a record"] }),
  "512-writers": writersCase(512),
};
