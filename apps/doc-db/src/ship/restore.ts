import { diskVfs, type Vfs } from "@millrace/files";
import { backupExists, placeDatabase, removeDatabaseFiles } from "../maintenance/backup.ts";
import { resolveDatabaseOptions, type SecretOptions } from "../options.ts";
import type { ReportBytes } from "../report-bytes.ts";
import { Engine } from "../storage/engine.ts";
import { type Moment, ShipHistory } from "./history.ts";
import { materialise, type Reached } from "./materialise.ts";
import { openShipTarget } from "./target.ts";

/** How a database is restored. */
export interface RestoreOptions extends Moment, SecretOptions {
  /** Where the file is made, and the target where it is a directory. @default the disk */
  readonly vfs?: Vfs | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told how many bytes of the copy are there, of all; records of the log come behind it. */
  readonly onProgress?: ReportBytes | undefined;
}

/** What was restored. */
export interface RestoreResult {
  /** When the last commit was made that is in it. */
  readonly at: Date;
  /** Its last record. */
  readonly lsn: number;
  readonly line: number;
  /** Records of the log that were added to the copy. */
  readonly records: number;
  /** Bytes of the file. */
  readonly bytes: number;
}

/**
 * Makes a database of what another one shipped, as it was at a moment; it is there whole or not at all.
 * @param target - a directory, or "s3://BUCKET/PREFIX"
 * @param path - of the new file, which must not be there
 * @throws MillraceError `DOCDB_SHIP_MISSING`, `DOCDB_SHIP_MOMENT`, `DOCDB_SHIP_GAP`, `DOCDB_BACKUP_EXISTS`
 * @throws CorruptDataError `DOCDB_SHIP_CORRUPT`
 * @example
 * await restoreDatabase("/backups/people", "people-at-noon.db", { at: new Date("2026-11-21T12:00:00Z") });
 */
export async function restoreDatabase(
  target: string,
  path: string,
  options: RestoreOptions = {},
): Promise<RestoreResult> {
  const { vfs = diskVfs } = options;
  if (await vfs.exists(path)) throw backupExists(path);
  const history = await ShipHistory.open(openShipTarget(target, vfs));
  const { reached } = await makeDatabase(history, options, vfs, path, options);
  const { lsn, line, records, atMs } = reached;
  return { at: new Date(atMs), lsn, line, records, bytes: (await vfs.stat(path)).size };
}

/** Makes the file under another name, has `prepare` change it, and gives it its own name then. */
export async function makeDatabase(
  history: ShipHistory,
  moment: Moment,
  vfs: Vfs,
  path: string,
  { password, key, signal, onProgress }: Omit<RestoreOptions, keyof Moment | "vfs">,
  prepare?: (engine: Engine, reached: Reached) => Promise<void>,
): Promise<{ readonly reached: Reached }> {
  const part = `${path}.part`;
  await removeDatabaseFiles(vfs, part);
  try {
    const reached = await materialise(history, history.route(moment), vfs, part, signal, onProgress);
    const options = resolveDatabaseOptions({ vfs, create: false, expiryIntervalMs: 0, password, key });
    const engine = await Engine.open(part, options);
    try {
      await prepare?.(engine, reached);
    } finally {
      await engine.close();
    }
    await placeDatabase(vfs, part, path);
    return { reached };
  } catch (error) {
    await removeDatabaseFiles(vfs, part);
    throw error;
  }
}
