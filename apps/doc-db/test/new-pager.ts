import { MemoryVfs } from "@millrace/files";
import { Wal } from "@millrace/wal";
import { createFile, readHeader } from "../src/storage/header.ts";
import { PlainPages } from "../src/storage/page-file.ts";
import { DEFAULT_PAGE_BYTES } from "../src/storage/page-format.ts";
import { PageStore } from "../src/storage/page-store.ts";
import { Pager } from "../src/storage/pager.ts";

/** The pages of a new file in memory, for trees that are in no collection. */
export async function newPager(pageBytes: number = DEFAULT_PAGE_BYTES): Promise<Pager> {
  const vfs = new MemoryVfs();
  await createFile(vfs, "t.db", ".", pageBytes);
  const file = await vfs.open("t.db", "r+");
  const { databaseId } = await readHeader(file);
  const wal = await Wal.open(vfs, "t.db-wal", { durability: "none" });
  const store = new PageStore(file, 64 * 1024 * 1024, undefined, new PlainPages(file, pageBytes));
  return new Pager(store, wal, databaseId);
}

/** Bytes as text, to be compared. */
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
