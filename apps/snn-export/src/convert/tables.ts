import { type ColumnSink, openSink } from "@millrace/columnar";
import { atomicWrite, joinPath, type Vfs } from "@millrace/files";
import { allocateChunk, bytesPerRow, type ColumnChunk, type ColumnSchema } from "@millrace/stream";
import { FORMAT_VERSION } from "../format.ts";
import { connectionsOf } from "../network-structure.ts";
import type { ConvertWork } from "./convert-work.ts";
import { readWindows } from "./read-windows.ts";
import type { EpisodeSource, RunSource } from "./run-source.ts";
import { seriesWindows } from "./state-windows.ts";

/** Rows that a sink may hold back until they are written together. */
const GROUP_BYTES = 4 * 1024 * 1024;
/** A table of more columns is none that anybody opens. */
const MOST_COLUMNS = 4096;

/** Columns of a table, each as long as the others; single numbers stand for every row. */
type Rows = Readonly<Record<string, ArrayLike<number> | number>>;

interface TableInfo {
  readonly file: string;
  readonly rows: number;
  readonly columns: readonly { readonly name: string; readonly kind: string }[];
}

/**
 * Writes an experiment as tables that data frames open, one file each, and `manifest.json` for what is no table.
 * Episode and time step are columns of each table; `events.jsonl` has an object a line.
 */
export async function writeTables(
  run: RunSource,
  episodes: readonly EpisodeSource[],
  directory: string,
  format: "parquet" | "csv",
  vfs: Vfs,
  work: ConvertWork,
): Promise<void> {
  await vfs.makeDirectory(directory);
  const tables: Record<string, TableInfo> = {};
  const write = async (name: string, schema: ColumnSchema, rows: AsyncIterable<Rows>): Promise<void> => {
    const file = `${name}.${format}`;
    const rowGroupRows = Math.max(1024, Math.floor(GROUP_BYTES / bytesPerRow(schema)));
    await using sink = await openSink(joinPath(directory, file), schema, { vfs, rowGroupRows });
    for await (const part of rows) await writeRows(sink, part);
    tables[name] = { file, rows: (await sink.finish()).rows, columns: schema };
  };
  await write("spikes", SPIKES, spikeRows(run, episodes, work));
  for (const [field, { width, kind }] of fieldsOf(run, episodes)) {
    if (width + 2 > MOST_COLUMNS) {
      work.leftOut.push(`${field}: ${width} columns, ${MOST_COLUMNS} are the most`);
      continue;
    }
    const names = width === 1 ? ["value"] : Array.from({ length: width }, (_, i) => `value_${i}`);
    const values = names.map((name) => ({ name, kind }));
    await write(tableName(field), [...STEP, ...values], fieldRows(episodes, field, names, work));
  }
  if (episodes.some(({ data }) => data.fields.includes("weight_changes"))) {
    await write("weight_changes", WEIGHT_CHANGES, weightRows(episodes, work));
  }
  if (run.network !== undefined) {
    const { neurons, initialWeights } = run.network;
    const schema = Object.keys(neurons).map((name) => ({ name, kind: "float64" as const }));
    if (schema.length > 0) await write("neurons", schema, once(neurons));
    const ends = connectionsOf(initialWeights);
    await write("weights", WEIGHTS, once({ ...ends, weight: initialWeights.data }));
  }
  await atomicWrite(vfs, joinPath(directory, "events.jsonl"), eventLines(episodes));
  const { loader } = run;
  const manifest = {
    format: "millrace-snn-tables",
    formatVersion: FORMAT_VERSION,
    attributes: loader.attributes(),
    config: loader.config() ?? null,
    metadata: loader.metadata() ?? null,
    schema: loader.schema(),
    episodes: loader.episodes().filter(({ id }) => episodes.some((episode) => episode.id === id)),
    summaries: loader.summaries().map(({ id, summary }) => ({ id, summary: summary ?? null })),
    tables,
  };
  await atomicWrite(
    vfs,
    joinPath(directory, "manifest.json"),
    encode(`${JSON.stringify(manifest, null, 1)}\n`),
  );
}

const STEP: ColumnSchema = [
  { name: "episode", kind: "uint32" },
  { name: "timestep", kind: "int64" },
];
const SPIKES: ColumnSchema = [
  { name: "episode", kind: "uint32" },
  { name: "time_ms", kind: "float64" },
  { name: "neuron", kind: "uint32" },
];
const WEIGHTS: ColumnSchema = [
  { name: "source", kind: "uint32" },
  { name: "target", kind: "uint32" },
  { name: "weight", kind: "float64" },
];
const WEIGHT_CHANGES: ColumnSchema = [
  ...STEP,
  { name: "source", kind: "uint32" },
  { name: "target", kind: "uint32" },
  { name: "old_weight", kind: "float64" },
  { name: "new_weight", kind: "float64" },
];

function tableName(field: string): string {
  return field.replace("behavior/", "behavior_").replaceAll(/[^\w.-]/g, "_");
}

interface FieldShape {
  readonly width: number;
  readonly kind: "float32" | "float64";
}

/** Fields of numbers, over all episodes. */
function fieldsOf(run: RunSource, episodes: readonly EpisodeSource[]): Map<string, FieldShape> {
  const fields = new Map<string, FieldShape>();
  for (const episode of episodes) {
    for (const field of run.fields(episode)) {
      const isSeries = field === "neural_states" || field === "rewards" || field.startsWith("behavior/");
      if (!isSeries || fields.has(field)) continue;
      const first = seriesWindows(episode, field).next().value;
      if (first === undefined) continue;
      const kind = first.values instanceof Float32Array ? "float32" : "float64";
      fields.set(field, { width: first.width, kind });
    }
  }
  return fields;
}

async function* spikeRows(
  run: RunSource,
  episodes: readonly EpisodeSource[],
  work: ConvertWork,
): AsyncGenerator<Rows, void> {
  for (const episode of episodes) {
    for (const { times, ids } of run.spikes(episode, "ms")) {
      yield { episode: episode.id, time_ms: times, neuron: ids };
      work.spikes += ids.length;
      await work.turn(ids.length, ids.length * 16);
    }
  }
}

async function* fieldRows(
  episodes: readonly EpisodeSource[],
  field: string,
  names: readonly string[],
  work: ConvertWork,
): AsyncGenerator<Rows, void> {
  for (const episode of episodes) {
    for (const { timesteps, values, width } of seriesWindows(episode, field)) {
      const rows: Record<string, ArrayLike<number> | number> = { episode: episode.id, timestep: timesteps };
      for (const [i, name] of names.entries()) {
        rows[name] = Float64Array.from(timesteps, (_, row) =>
          i < width ? values[row * width + i]! : Number.NaN,
        );
      }
      yield rows;
      await work.turn(0, values.byteLength);
    }
  }
}

async function* weightRows(
  episodes: readonly EpisodeSource[],
  work: ConvertWork,
): AsyncGenerator<Rows, void> {
  for (const { id, data } of episodes) {
    const { start, stop } = data.timeRange();
    const source = {
      start,
      stop,
      read: (from: number, to: number) => data.getWeightChanges(from, to),
      bytesOf: (part: ReturnType<typeof data.getWeightChanges>) => (part?.timesteps.length ?? 0) * 40,
    };
    for (const part of readWindows(source, GROUP_BYTES)) {
      if (part === undefined) break;
      const { timesteps, sources, targets, oldWeights, newWeights } = part;
      const columns = { timestep: timesteps, source: sources, target: targets };
      yield { episode: id, ...columns, old_weight: oldWeights, new_weight: newWeights };
      await work.turn(0, timesteps.length * 40);
    }
  }
}

async function* once(rows: Rows): AsyncGenerator<Rows, void> {
  yield rows;
}

async function* eventLines(episodes: readonly EpisodeSource[]): AsyncGenerator<Uint8Array, void> {
  for (const { id, data } of episodes) {
    const { start, stop } = data.timeRange();
    const source = {
      start,
      stop,
      read: (from: number, to: number) => data.getEvents(from, to),
      bytesOf: (part: ReturnType<typeof data.getEvents>) => part.length * 256,
    };
    if (!data.fields.includes("events")) continue;
    for (const events of readWindows(source, GROUP_BYTES)) {
      const lines = events.map((event) => `${JSON.stringify({ episode: id, ...event })}\n`);
      if (lines.length > 0) yield encode(lines.join(""));
    }
  }
}

/** Rows of a chunk. */
const CHUNK_ROWS = 65_536;

async function writeRows(sink: ColumnSink, rows: Rows): Promise<void> {
  const count = Object.values(rows).find((column) => typeof column !== "number")?.length ?? 0;
  if (count === 0) return;
  using chunk = allocateChunk(sink.schema, Math.min(CHUNK_ROWS, count));
  for (let start = 0; start < count; start += chunk.rowCapacity) {
    chunk.rowCount = Math.min(chunk.rowCapacity, count - start);
    for (const { name, kind } of sink.schema) {
      const column = rows[name]!;
      if (kind === "int64") fillWide(chunk, name, column as ArrayLike<number>, start);
      else fill(chunk.columns[name] as Float64Array, column, start, chunk.rowCount);
    }
    await sink.write(chunk);
  }
}

function fill(into: Float64Array, column: ArrayLike<number> | number, start: number, count: number): void {
  if (typeof column === "number") into.fill(column, 0, count);
  else for (let i = 0; i < count; i++) into[i] = column[start + i]!;
}

/** Time steps, which are not negative, as two words each. */
function fillWide(chunk: ColumnChunk, name: string, column: ArrayLike<number>, start: number): void {
  const words = chunk.words(name);
  for (let i = 0; i < chunk.rowCount; i++) {
    const value = column[start + i]!;
    words[2 * i] = value;
    words[2 * i + 1] = value / 2 ** 32;
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
