import * as files from "@millrace/files";
import { expect, test } from "vitest";

test("the public surface changes only on purpose", () => {
  expect(Object.keys(files).sort()).toMatchInlineSnapshot(`
    [
      "AtomicFile",
      "DEFAULT_ATOMIC_WRITE_OPTIONS",
      "DEFAULT_FILE_VIEW_OPTIONS",
      "DEFAULT_READ_CHUNKS_OPTIONS",
      "DURABILITIES",
      "DiskVfs",
      "FileView",
      "MemoryVfs",
      "StreamReader",
      "atomicWrite",
      "baseName",
      "blobSource",
      "bytesSource",
      "diskVfs",
      "fileError",
      "fileSource",
      "inspectInputFile",
      "joinPath",
      "makeDurableDirectory",
      "parentPath",
      "readChunks",
      "readFull",
      "readFullSync",
      "readSourceFull",
      "removeStaleTemporaries",
      "toFileError",
    ]
  `);
});
