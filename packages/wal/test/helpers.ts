import type { Vfs } from "@millrace/files";
import type { Wal } from "@millrace/wal";

/** The payloads of a log from `fromLsn` on, as text. */
export async function textsIn(wal: Wal, fromLsn?: number): Promise<string[]> {
  const texts: string[] = [];
  for await (const { payload } of wal.read(fromLsn)) texts.push(new TextDecoder().decode(payload));
  return texts;
}

export function textRecord(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export async function readBytes(vfs: Vfs, path: string): Promise<Uint8Array> {
  await using file = await vfs.open(path, "r");
  const bytes = new Uint8Array(await file.size());
  await file.read(bytes, 0);
  return bytes;
}

/** Changes a file in place, durably. */
export async function changeBytes(
  vfs: Vfs,
  path: string,
  change: (bytes: Uint8Array) => void,
): Promise<void> {
  const bytes = await readBytes(vfs, path);
  change(bytes);
  await using file = await vfs.open(path, "r+");
  await file.write(bytes, 0);
  await file.sync();
}

export const SEGMENT_1 = "log/0000000000000001.wal";
export const SEGMENT_2 = "log/0000000000000002.wal";
