import { InvalidArgumentError, IoError } from "@millrace/base";
import { atomicPath, diskVfs, type Vfs } from "@millrace/files";
import { Progress, type ProgressReport, throwIfAborted } from "@millrace/stream";
import { FORMAT_VERSION } from "../format.ts";
import { ExperimentLoader } from "../loader.ts";
import { resolveExporterOptions } from "../options.ts";
import { Hdf5Sink } from "../sinks/hdf5-sink.ts";
import { copyTree } from "./copy-tree.ts";

/** How {@link migrate} works. */
export interface MigrateOptions {
  /** Where both files are. @default diskVfs */
  readonly vfs?: Vfs;
  readonly signal?: AbortSignal;
  readonly onProgress?: (report: ProgressReport) => void;
}

/** What {@link migrate} did. */
export interface MigrateResult {
  /** Version of the original: "1.0.0", or "python-1.0.0". */
  readonly from: string;
  readonly to: string;
  readonly episodes: number;
  /** Bytes of the columns that were copied, before compression. */
  readonly columnBytes: number;
}

/** All is read in order, so that more would not be read again. */
const CACHE_BYTES = 4 * 1024 * 1024;
/** Bytes between two looks at the signal. */
const TURN_BYTES = 1024 * 1024;

/** Episodes that leave memory at once. */
const EPISODES_PER_CHECKPOINT = 64;

/**
 * Writes an experiment's file of an older version, or of the Python exporter, as one of today's. The original is not
 * changed; the new file appears whole or not at all; memory does not grow with the number of steps.
 * @throws InvalidArgumentError when the file is of today's version already, or is its own target
 * @throws IoError `FILES_EXISTS` when there is something at the target
 */
export async function migrate(
  source: string,
  target: string,
  options: MigrateOptions = {},
): Promise<MigrateResult> {
  const { vfs = diskVfs, signal, onProgress } = options;
  await using loader = await ExperimentLoader.open(source, { vfs, cacheBytes: CACHE_BYTES });
  const { version, root } = loader;
  if (version === FORMAT_VERSION || version.startsWith(`${FORMAT_VERSION.split(".")[0]}.`)) {
    throw new InvalidArgumentError(
      "SNN_MIGRATE_CURRENT",
      `version of ${source}`,
      version,
      "an older one: it needs no migration",
    );
  }
  if (await vfs.exists(target))
    throw new IoError(
      "FILES_EXISTS",
      target,
      "open",
      "there is a file already; remove it, or choose another name",
    );
  const progress = new Progress(onProgress === undefined ? {} : { onReport: onProgress });
  let columnBytes = 0;
  let episodes = 0;
  await atomicPath(vfs, target, async (path) => {
    const sink = new Hdf5Sink(path, resolveExporterOptions({ vfs }));
    try {
      await copyTree(root, sink.root, {
        onBytes: async (bytes) => {
          if (Math.floor((columnBytes + bytes) / TURN_BYTES) > Math.floor(columnBytes / TURN_BYTES)) {
            // Lets signals in: without a turn of the event loop Ctrl-C would wait for the end.
            await new Promise((resolve) => setImmediate(resolve));
            throwIfAborted(signal, "migrate");
          }
          columnBytes += bytes;
          progress.add(0, bytes);
        },
        onGroup: (group) => {
          if (!/^\/episodes\/[^/]+$/.test(group)) return;
          if (++episodes % EPISODES_PER_CHECKPOINT === 0) sink.checkpoint();
        },
      });
      sink.close();
    } catch (error) {
      sink.discard();
      throw error;
    }
  });
  return { from: version, to: FORMAT_VERSION, episodes, columnBytes };
}
