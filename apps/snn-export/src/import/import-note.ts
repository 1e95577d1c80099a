import type { TimeUnit } from "../convert/step-clock.ts";
import type { ExperimentLoader } from "../loader.ts";

/** What an imported file says of its origin: `import` in its metadata. */
export interface ImportNote {
  /** "sonata" or "nwb". */
  readonly format: string;
  /** Name of the file that was imported. */
  readonly file: string;
  /** Unit of the times there. */
  readonly unit: TimeUnit;
  /** The behavior that holds the times themselves; null where all are those of their time steps. */
  readonly exactTimes: string | null;
}

/** The note of an imported file; undefined for one that was recorded. */
export function readImportNote(loader: ExperimentLoader): ImportNote | undefined {
  const metadata = loader.metadata();
  if (typeof metadata !== "object" || metadata === null || !("import" in metadata)) return undefined;
  const note = metadata.import as Partial<ImportNote> | null;
  if (note === null || (note.unit !== "ms" && note.unit !== "s")) return undefined;
  const { format = "", file = "", unit } = note;
  return { format, file, unit, exactTimes: typeof note.exactTimes === "string" ? note.exactTimes : null };
}
