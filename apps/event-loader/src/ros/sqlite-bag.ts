import { CorruptDataError, MillraceError } from "@millrace/base";
import { type Bag, type BagTopic, plainType } from "./bag.ts";

/** The part of `node:sqlite` that is used. */
interface Sqlite {
  readonly DatabaseSync: new (path: string, options: { readOnly: boolean }) => Database;
}
interface Database {
  prepare(sql: string): { all(): unknown[]; iterate(...values: unknown[]): Iterable<unknown> };
  close(): void;
}

interface Row {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly serialization_format: string;
}

/**
 * Opens a ROS 2 bag of rosbag2's SQLite storage (`.db3`) through Node's SQLite.
 * @param path - on the disk; undefined when the recording is no file there
 * @throws MillraceError `EVENTS_SQLITE_UNAVAILABLE` in a browser and for a Blob
 * @throws CorruptDataError `EVENTS_BAG_CORRUPT` when the database is damaged or no bag
 */
export function openSqliteBag(name: string, path: string | undefined): Bag {
  // Asked for by name, so that no bundler for browsers looks for it.
  const sqlite = globalThis.process?.getBuiltinModule?.("node:sqlite") as Sqlite | undefined;
  if (path === undefined || sqlite === undefined) {
    throw new MillraceError(
      "EVENTS_SQLITE_UNAVAILABLE",
      `${name}: a ROS 2 bag in SQLite is read from a file on the disk, by Node 22.13 or later; convert it to MCAP for other uses`,
    );
  }
  const guard = <T>(work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new CorruptDataError(
        "EVENTS_BAG_CORRUPT",
        name,
        0,
        `SQLite says "${reason}"; it is damaged, or no bag`,
        { cause },
      );
    }
  };
  const database = guard(() => new sqlite.DatabaseSync(path, { readOnly: true }));
  try {
    const rows = guard(
      () => database.prepare("select id, name, type, serialization_format from topics").all() as Row[],
    );
    const ids = new Map(rows.map((row): [string, number] => [row.name, row.id]));
    return {
      kind: "ROS 2 bag (SQLite)",
      topics: rows.map((row): BagTopic => ({ name: row.name, type: plainType(row.type), encoding: "cdr" })),
      async *messages(topic) {
        const statement = guard(() =>
          database.prepare("select data from messages where topic_id = ? order by timestamp, id"),
        );
        const iterator = guard(() => statement.iterate(ids.get(topic.name))[Symbol.iterator]());
        for (;;) {
          const next = guard(() => iterator.next());
          if (next.done === true) return;
          yield (next.value as { data: Uint8Array }).data;
        }
      },
      close: async () => database.close(),
    };
  } catch (error) {
    database.close();
    throw error;
  }
}
