import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { seededRandom } from "@millrace/base";
import { tempDirectory } from "@millrace/testkit";
import { expect, it } from "vitest";
import { openEventSink } from "../src/index.ts";
import { chunkOf, type Event } from "./helpers.ts";

const random = seededRandom(17);
const events = Array.from(
  { length: 30_000 },
  (_, i): Event => [
    // Times before 0, beyond 32 bits and far from each other: each width of Parquet's deltas.
    Math.floor((i - 1000) ** 3 * 1.7),
    random.nextInt(0, 65_535),
    random.nextInt(0, 479),
    random.nextInt(0, 1),
  ],
);

it.each([
  ["a.parquet", undefined, "read_parquet('FILE')", "BIGINT"],
  ["a.csv", undefined, "read_csv('FILE')", "BIGINT"],
  [
    "metavision.csv",
    "metavision-csv",
    "read_csv('FILE', header = false, comment = '%', names = ['x', 'y', 'p', 't'])",
    "BIGINT",
  ],
  [
    "rpg.txt",
    "rpg-text",
    "read_csv('FILE', header = false, comment = '#', delim = ' ', names = ['t', 'x', 'y', 'p'], types = {'t': 'DECIMAL(30,6)'})",
    "DECIMAL(30,6)",
  ],
])("DuckDB finds every event in %s", async (file, to, table, timeType) => {
  using directory = tempDirectory();
  const path = join(directory.path, file);
  await using sink = await openEventSink(path, { to, size: { width: 65_536, height: 480 } });
  for (let i = 0; i < events.length; i += 7000) await sink.write(chunkOf(events.slice(i, i + 7000)));
  await sink.finish();

  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    const source = table.replace("FILE", path);
    const types = await connection.runAndReadAll(`describe select * from ${source}`);
    expect(types.getRowObjects().find(({ column_name }) => column_name === "t")).toMatchObject({
      column_type: timeType,
    });
    const factor = timeType === "BIGINT" ? 1 : 1_000_000;
    const query = `select (t * ${factor})::bigint as t, x::int as x, y::int as y, p::int as p from ${source}`;
    const rows = (await connection.runAndReadAll(query)).getRows();
    expect(rows.map(([t, ...rest]) => [Number(t), ...rest])).toEqual(events);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
});
