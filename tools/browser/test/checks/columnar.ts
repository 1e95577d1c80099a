import { openSink, SINK_ENDINGS } from "@millrace/columnar";
import { MemoryVfs, readFull } from "@millrace/files";
import { allocateChunk } from "@millrace/stream";
import { hexOf } from "./bytes.ts";

/** Rows that the files hold. */
export const ROWS = 3000;

/** The files that @millrace/columnar writes for the same rows into memory, by ending, as hexadecimal. */
export async function checkColumnar(): Promise<Readonly<Record<string, string>>> {
  const vfs = new MemoryVfs();
  using chunk = allocateChunk(
    [
      { name: "t", kind: "int64" },
      { name: "x", kind: "uint16" },
      { name: "v", kind: "float64" },
    ],
    ROWS,
  );
  for (let row = 0; row < ROWS; row++) {
    chunk.columns.t[row] = BigInt(row) * 1_000_003n;
    chunk.columns.x[row] = (row * 7) % 640;
    chunk.columns.v[row] = row / 8;
  }
  chunk.rowCount = ROWS;
  const files: Record<string, string> = {};
  for (const ending of SINK_ENDINGS) {
    const path = `rows${ending}`;
    await using sink = await openSink(path, chunk.schema, { vfs, metadata: { width: "640" } });
    await sink.write(chunk);
    await sink.finish();
    await using file = await vfs.open(path, "r");
    const bytes = new Uint8Array(await file.size());
    await readFull(file, bytes, 0);
    files[ending] = hexOf(bytes);
  }
  return files;
}
