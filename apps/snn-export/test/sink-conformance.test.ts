import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type ElementKind, newTypedArray, type TypedArray } from "@millrace/buffers";
import { type TempDirectory, tempDirectory } from "@millrace/testkit";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, describe, it } from "vitest";
import { get, open, root } from "zarrita";
import { type SinkContents, type SinkHarness, sinkConformance } from "../src/conformance.ts";
import { resolveExporterOptions } from "../src/options.ts";
import { ParquetSink } from "../src/sinks/parquet-sink.ts";
import { ZarrSink } from "../src/sinks/zarr-sink.ts";
import { zarrStore } from "./convert-helpers.ts";

let directory: TempDirectory;
beforeAll(() => {
  directory = tempDirectory();
});
afterAll(() => directory[Symbol.dispose]());

/** Paths of all groups and files below a directory, as "" and "a/b". */
function pathsIn(path: string, at = ""): string[] {
  const inner = readdirSync(join(path, at)).map((name) => (at === "" ? name : `${at}/${name}`));
  return [
    at,
    ...inner.flatMap((one) => (statSync(join(path, one)).isDirectory() ? pathsIn(path, one) : [one])),
  ];
}

/** JSON has one kind of numbers, and writes those as texts that it could not give back. */
function attributesOf(given: Readonly<Record<string, unknown>>): Record<string, string | number | bigint> {
  const entries = Object.entries(given).map(([name, value]) => {
    if (typeof value === "number") return [name, value] as const;
    const text = String(value);
    return [name, /^-?\d{16,}$/.test(text) ? BigInt(text) : text] as const;
  });
  return Object.fromEntries(entries);
}

/** Everything in a Zarr store, as zarrita reads it. */
async function readZarr(path: string): Promise<Record<string, SinkContents>> {
  const store = root(zarrStore(path));
  const contents: Record<string, SinkContents> = {};
  for (const at of pathsIn(path)) {
    if (!existsSync(join(path, at, "zarr.json"))) continue;
    const node = await open(at === "" ? store : store.resolve(at));
    const attributes = attributesOf(node.attrs);
    if (node.kind === "group") contents[at] = { attributes };
    else if (node.shape.length === 0) contents[at] = { attributes, text: String(await get(node)) };
    // zarrita does not read arrays without rows.
    else if (!node.shape.includes(0))
      contents[at] = { attributes, values: (await get(node)).data as TypedArray };
  }
  return contents;
}

/** The kind of a column by Parquet's type, or the narrower one that its annotation names: "UINT_8". */
function kindOfColumn(bytes: Uint8Array<ArrayBuffer>): ElementKind {
  const { type, converted_type: converted } = parquetMetadata(bytes.buffer).schema.at(-1)!;
  const plain = { INT32: "int32", INT64: "int64", FLOAT: "float32", DOUBLE: "float64" }[type as "INT32"];
  return (converted?.toLowerCase().replace("_", "") ?? plain) as ElementKind;
}

/** Everything in a directory of Parquet files and manifests, as hyparquet and JSON read it. */
async function readParquet(path: string): Promise<Record<string, SinkContents>> {
  const contents: Record<string, SinkContents> = {};
  for (const at of pathsIn(path).filter((one) => existsSync(join(path, one, "manifest.json")))) {
    const { attributes, texts, tables } = JSON.parse(readFileSync(join(path, at, "manifest.json"), "utf8"));
    contents[at] = { attributes: attributesOf(attributes) };
    const inner = (name: string): string => (at === "" ? name : `${at}/${name}`);
    for (const [name, text] of Object.entries(texts)) contents[inner(name)] = { text: String(text) };
    for (const name of Object.keys(tables)) {
      const bytes = new Uint8Array(readFileSync(join(path, inner(`${name}.parquet`))));
      const rows = await parquetReadObjects({ file: bytes.buffer });
      const plain = rows.flatMap((row) => Object.values(row) as number[]);
      const values = newTypedArray(kindOfColumn(bytes), plain.length);
      plain.forEach((value, i) => {
        values[i] = value as never;
      });
      contents[inner(name)] = { values };
    }
  }
  return contents;
}

let files = 0;
const harnesses: Readonly<Record<string, SinkHarness>> = {
  zarr: {
    open: () =>
      new ZarrSink(`${directory.path}/${files++}.zarr`, resolveExporterOptions({ backend: "zarr" })),
    read: readZarr,
    exists: existsSync,
  },
  parquet: {
    open: () =>
      new ParquetSink(`${directory.path}/${files++}.parquet`, resolveExporterOptions({ backend: "parquet" })),
    read: readParquet,
    exists: existsSync,
  },
};

describe.each(Object.keys(harnesses))("the sink of the backend %s keeps its promises", (backend) => {
  for (const { name, run } of sinkConformance(harnesses[backend]!)) it(name, run);
});
