import * as files from "@millrace/files";
import * as browser from "@millrace/files/browser";
import { expect, test } from "vitest";

test("the public surface changes only on purpose", () => {
  expect(Object.keys(files).sort()).toMatchInlineSnapshot(`
    [
      "AtomicFile",
      "DEFAULT_ATOMIC_WRITE_OPTIONS",
      "DEFAULT_FILE_VIEW_OPTIONS",
      "DEFAULT_FORWARD_SOURCE_OPTIONS",
      "DEFAULT_READ_CHUNKS_OPTIONS",
      "DURABILITIES",
      "DiskVfs",
      "FileView",
      "ForwardSource",
      "MemoryVfs",
      "SpilledBytes",
      "StreamReader",
      "TemporarySpace",
      "atomicPath",
      "atomicWrite",
      "baseName",
      "blobSource",
      "bytesSource",
      "defaultVfs",
      "diskVfs",
      "fileError",
      "fileSource",
      "inspectInputFile",
      "isTemporaryName",
      "joinPath",
      "makeDurableDirectory",
      "makeDurableDirectorySync",
      "parentPath",
      "readChunks",
      "readFull",
      "readFullSync",
      "readSourceFull",
      "removeStaleTemporaries",
      "streamSource",
      "toFileError",
    ]
  `);
});

test("the browser entry has all of it but the disk, and nothing in place of it but a default that refuses", () => {
  const main: Readonly<Record<string, unknown>> = { ...files };
  const missing = Object.keys(main).filter((name) => !(name in browser));
  expect(missing).toEqual(["DiskVfs", "diskVfs"]);
  const different = Object.entries(browser).filter(([name, value]) => main[name] !== value);
  expect(different.map(([name]) => name)).toEqual(["defaultVfs"]);
  expect(files.defaultVfs).toBe(files.diskVfs);
});
