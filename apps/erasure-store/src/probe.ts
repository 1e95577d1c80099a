import { isMillraceError } from "@millrace/base";
import { readSourceFull } from "@millrace/files";
import type { ShardBackend } from "./backend.ts";

/** What a server may honour, beside keeping what it is given. */
export const TRAITS = ["locks", "ranges", "lists"] as const;

/**
 * One of {@link TRAITS}: its lock keeps a second writer out; it sends the part of a value that is asked for; what was
 * written is in the next list, and what was removed is not.
 */
export type Trait = (typeof TRAITS)[number];

const PROBE_BYTES = 4096;
const PART = { at: 1000, length: 10 };

/**
 * Finds out what a server honours, with a value that is gone again at the end.
 * @throws IoError when the server refuses to keep a value, or gives other bytes than it was given
 */
export async function probeBackend(backend: ShardBackend): Promise<Trait[]> {
  const key = `probe.${crypto.randomUUID()}`;
  const bytes = Uint8Array.from({ length: PROBE_BYTES }, (_, i) => (i * 7) & 255);
  const writer = await backend.create("shards", key);
  await writer.write(bytes);
  await writer.commit();
  const traits: Trait[] = [];
  try {
    await using source = await backend.open("shards", key);
    const part = new Uint8Array(PART.length);
    await readSourceFull(source, part, PART.at);
    const isSame = part.every((byte, i) => byte === bytes[PART.at + i]);
    // One that sends everything instead is read all the same, at the cost of the rest.
    if (isSame && source.ignoresRanges !== true) traits.push("ranges");
    const isListed = (await backend.list("shards")).includes(key);
    await backend.remove("shards", key);
    if (isListed && !(await backend.list("shards")).includes(key)) traits.push("lists");
  } finally {
    await backend.remove("shards", key);
  }
  if (await keepsOut(backend)) traits.unshift("locks");
  return traits;
}

/** Whether a second lock is refused while there is one. */
async function keepsOut(backend: ShardBackend): Promise<boolean> {
  let first: AsyncDisposable;
  try {
    first = await backend.lock();
  } catch (error) {
    // Somebody works in this place: it is known to be kept then.
    if (isMillraceError(error, "FILES_LOCKED")) return true;
    throw error;
  }
  await using _first = first;
  try {
    await using _second = await backend.lock();
    return false;
  } catch (error) {
    if (isMillraceError(error, "FILES_LOCKED")) return true;
    throw error;
  }
}
