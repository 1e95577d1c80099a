import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** By how many bytes the memory of a process grows that loads or streams so many events. */
export async function grownMemory(
  kind: "load" | "stream",
  events: number,
  rowsPerChunk: number,
): Promise<{ readonly events: number; readonly grownBytes: number }> {
  const child = fileURLToPath(new URL("./memory-child.ts", import.meta.url));
  const args = ["--conditions=@millrace/source", child, kind, String(events), String(rowsPerChunk)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as { events: number; grownBytes: number };
}
