import { spawnSync } from "node:child_process";
import { ELEMENT_KINDS } from "@millrace/buffers";
import { allocateChunk } from "@millrace/stream";
import { pythonWithPackages, tempDirectory } from "@millrace/testkit";
import { expect, it } from "vitest";
import { openSink } from "../src/index.ts";

const python = pythonWithPackages(["pyarrow==26.0.1"]);

const SCRIPT = `
import sys, pyarrow.parquet as pq, pyarrow.feather as feather
for path, read in (("a.parquet", pq.read_table), ("a.arrow", feather.read_table)):
    table = read(sys.argv[1] + "/" + path)
    print(path, " ".join(f"{f.name}:{f.type}" for f in table.schema), [c.to_pylist()[-1] for c in table.columns])
`;

it.skipIf(python === undefined)("pyarrow reads every kind of column", async () => {
  using directory = tempDirectory();
  const schema = ELEMENT_KINDS.map((kind) => ({ name: kind, kind }));
  using chunk = allocateChunk(schema, 3);
  for (const { name, kind } of schema) {
    const column = chunk.columns[name] as unknown as { fill(value: unknown): void };
    column.fill(kind.endsWith("64") && !kind.startsWith("f") ? 7n : 7);
  }
  chunk.rowCount = 3;
  for (const ending of ["parquet", "arrow"]) {
    await using sink = await openSink(`${directory.path}/a.${ending}`, schema);
    await sink.write(chunk);
    await sink.finish();
  }
  const { stdout, stderr } = spawnSync(python!, ["-c", SCRIPT, directory.path], { encoding: "utf8" });
  const types: Readonly<Record<string, string>> = { float32: "float", float64: "double" };
  const columns = ELEMENT_KINDS.map((kind) => `${kind}:${types[kind] ?? kind}`).join(" ");
  const values = ELEMENT_KINDS.map((kind) => (kind.startsWith("f") ? "7.0" : "7")).join(", ");
  const expected = ["a.parquet", "a.arrow"].map((path) => `${path} ${columns} [${values}]`).join("\n");
  expect(`${stdout}${stderr}`.trim()).toBe(expected);
});
