import { isMillraceError } from "@millrace/base";
import { type ElementKind, newTypedArray, type TypedArrayOf } from "@millrace/buffers";
import { ParquetFile } from "@millrace/columnar";
import { joinPath, parentPath, type Vfs } from "@millrace/files";
import type { FilledExporterOptions } from "../options.ts";
import type { RunSink, SinkColumn, SinkColumnSpec, SinkGroup, SinkValue } from "./run-sink.ts";

/** Rows of more numbers are one column, number after number. */
const MOST_COLUMNS = 4096;

/** What a group's manifest says of one of its tables. */
interface TableEntry {
  readonly file: string;
  readonly rows: number;
  /** Numbers of a row where they all are in one column, row after row. */
  readonly rowWidth?: number;
  readonly units: string;
  readonly description: string;
}

/** What all groups of a run share. */
class Place {
  readonly vfs: Vfs;
  readonly durability: FilledExporterOptions["durability"];
  #failure: unknown;

  constructor({ vfs, durability }: Pick<FilledExporterOptions, "vfs" | "durability">) {
    this.vfs = vfs;
    this.durability = durability;
  }

  /** Does something to the disk. @throws what it throws, and the same at every later call */
  attempt<T>(work: () => T): T {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return work();
    } catch (error) {
      if (isMillraceError(error)) this.#failure = error;
      throw error;
    }
  }

  /** Puts a small file in place of the one before. */
  replace(path: string, bytes: Uint8Array): void {
    const part = `${path}.part`;
    const file = this.vfs.openSync(part, "create-or-truncate");
    try {
      file.writeSync(bytes, 0);
      if (this.durability === "disk") file.syncSync();
    } finally {
      file.closeSync();
    }
    this.vfs.renameSync(part, path);
    if (this.durability === "disk") this.vfs.syncDirectorySync(parentPath(path));
  }
}

/**
 * Writes a directory of Parquet files: a directory a group with one file a table, and a `manifest.json` for the
 * attributes, the texts and the list of tables.
 *
 * A Parquet file is readable once it is finished, when its episode ends: a killed run keeps the episodes that ended.
 */
export class ParquetSink implements RunSink {
  readonly path: string;
  readonly root: SinkGroup;
  readonly isBehind = false;
  readonly #place: Place;
  readonly #group: ParquetSinkGroup;

  /** @throws IoError `FILES_EXISTS` and others */
  constructor(path: string, options: Pick<FilledExporterOptions, "vfs" | "durability">) {
    this.path = path;
    this.#place = new Place(options);
    const { vfs, durability } = options;
    vfs.makeDirectorySync(path);
    // Of two runs that make the same directory one gets no further.
    vfs.openSync(joinPath(path, "manifest.json"), "create").closeSync();
    if (durability === "disk") vfs.syncDirectorySync(parentPath(path));
    this.#group = new ParquetSinkGroup(this.#place, path, () => {});
    this.root = this.#group;
  }

  async drain(): Promise<void> {}

  checkpoint(): void {
    this.#place.attempt(() => this.#group.save());
  }

  close(): void {
    this.#group.close();
  }

  discard(): void {
    this.#group.abort();
    const { vfs } = this.#place;
    if (vfs.existsSync(this.path)) vfs.removeSync(this.path, { recursive: true });
  }
}

class ParquetSinkGroup implements SinkGroup {
  readonly #place: Place;
  readonly #path: string;
  readonly #onClose: () => void;
  readonly #attributes: Record<string, string | number> = {};
  readonly #texts: Record<string, string> = {};
  readonly #tables: Record<string, TableEntry> = {};
  readonly #groups: string[] = [];
  readonly #openGroups = new Set<ParquetSinkGroup>();
  readonly #openColumns = new Map<string, ParquetSinkColumn<ElementKind>>();
  #isChanged = true;
  #isClosed = false;

  constructor(place: Place, path: string, onClose: () => void) {
    this.#place = place;
    this.#path = path;
    this.#onClose = onClose;
  }

  createGroup(name: string): SinkGroup {
    const path = joinPath(this.#path, name);
    this.#place.attempt(() => this.#place.vfs.makeDirectorySync(path));
    const group = new ParquetSinkGroup(this.#place, path, () => this.#openGroups.delete(group));
    this.#groups.push(name);
    this.#openGroups.add(group);
    this.#isChanged = true;
    return group;
  }

  createColumn<K extends ElementKind>(name: string, spec: SinkColumnSpec<K>): SinkColumn<K> {
    const path = joinPath(this.#path, `${name}.parquet`);
    const column = this.#place.attempt(() => new ParquetSinkColumn<K>(this.#place, path, spec));
    this.#openColumns.set(name, column as unknown as ParquetSinkColumn<ElementKind>);
    return column;
  }

  writeRows<K extends ElementKind>(name: string, spec: SinkColumnSpec<K>, rows: TypedArrayOf<K>): void {
    this.createColumn(name, spec).append(rows);
  }

  setAttribute(name: string, value: SinkValue): void {
    const number = typeof value === "bigint" ? Number(value) : value;
    this.#attributes[name] = typeof number === "number" && !isJsonNumber(number) ? String(value) : number;
    this.#isChanged = true;
  }

  writeText(name: string, text: string): void {
    this.#texts[name] = text;
    this.#isChanged = true;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const group of [...this.#openGroups]) group.close();
    for (const [name, column] of this.#openColumns) {
      this.#tables[name] = this.#place.attempt(() => column.finish(`${name}.parquet`));
      this.#isChanged = true;
    }
    this.#openColumns.clear();
    this.#place.attempt(() => this.save());
    this.#onClose();
  }

  /** Writes the manifests of this group, and of those in it that are open, where they have changed. */
  save(): void {
    for (const group of this.#openGroups) group.save();
    if (!this.#isChanged) return;
    const manifest = {
      attributes: this.#attributes,
      texts: this.#texts,
      tables: this.#tables,
      groups: this.#groups,
    };
    const bytes = new TextEncoder().encode(`${JSON.stringify(manifest, null, 1)}\n`);
    this.#place.replace(joinPath(this.#path, "manifest.json"), bytes);
    this.#isChanged = false;
  }

  /** Closes all files without caring what is in them. */
  abort(): void {
    this.#isClosed = true;
    for (const group of this.#openGroups) group.abort();
    for (const column of this.#openColumns.values()) column.abort();
  }
}

class ParquetSinkColumn<K extends ElementKind> implements SinkColumn<K> {
  readonly #place: Place;
  readonly #file: ParquetFile;
  readonly #spec: SinkColumnSpec<K>;
  readonly #names: readonly string[];

  constructor(place: Place, path: string, spec: SinkColumnSpec<K>) {
    this.#place = place;
    this.#spec = spec;
    this.#names = columnNames(path, spec.width);
    const { kind, unit, description } = spec;
    this.#file = ParquetFile.createSync(place.vfs, path, {
      schema: this.#names.map((name) => ({ name, kind })),
      metadata: { units: unit, description },
      durability: place.durability,
    });
  }

  append(rows: TypedArrayOf<K>): void {
    const names = this.#names;
    const width = names.length;
    const count = rows.length / width;
    const columns = names.map((name, at) => {
      const column = newTypedArray<ElementKind>(this.#spec.kind, count) as Float64Array<ArrayBuffer>;
      for (let i = 0, from = at; i < count; i++, from += width) column[i] = rows[from] as number;
      return [name, column] as const;
    });
    this.#place.attempt(() => this.#file.appendSync(Object.fromEntries(columns)));
  }

  finish(file: string): TableEntry {
    const { unit, description, width = 1 } = this.#spec;
    const { rows } = this.#file.finishSync();
    const isFlat = width > 1 && this.#names.length === 1;
    return {
      file,
      rows: isFlat ? rows / width : rows,
      ...(isFlat ? { rowWidth: width } : {}),
      units: unit,
      description,
    };
  }

  abort(): void {
    this.#file.abortSync();
  }
}

function columnNames(path: string, width: number | undefined): readonly string[] {
  if (width === undefined || width > MOST_COLUMNS) return ["value"];
  if (path.endsWith("timestep_runs.parquet")) return ["first", "step", "count"];
  return Array.from({ length: width }, (_, i) => `value_${i}`);
}

function isJsonNumber(value: number): boolean {
  return Number.isFinite(value) && (Number.isSafeInteger(value) || !Number.isInteger(value));
}
