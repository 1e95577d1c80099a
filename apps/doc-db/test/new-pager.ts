import { MemoryVfs } from "@millrace/files";
import { Wal } from "@millrace/wal";
import { createFile, readHeader } from "../src/storage/header.ts";
import { PageStore } from "../src/storage/page-store.ts";
import { Pager } from "../src/storage/pager.ts";

/** The pages of a new file in memory, for trees that are in no collection. */
export async function newPager(): Promise<Pager> {
  const vfs = new MemoryVfs();
  await createFile(vfs, "t.db", ".");
  const file = await vfs.open("t.db", "r+");
  const { databaseId } = await readHeader(file);
  const wal = await Wal.open(vfs, "t.db-wal", { durability: "none" });
  return new Pager(new PageStore(file, 64 * 1024 * 1024), wal, databaseId);
}

/** Bytes as text, to be compared. */
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
