import { crc32c, isMillraceError, seededRandom } from "@millrace/base";
import {
  atomicWrite,
  blobSource,
  defaultVfs,
  FileView,
  fileSource,
  MemoryVfs,
  readChunks,
  StreamReader,
  streamSource,
} from "@millrace/files";

/** Files in memory, a paged view, and bytes from a Blob and a stream, of @millrace/files. */
export async function checkFiles(): Promise<object> {
  const vfs = new MemoryVfs();
  const numbers = Float64Array.from({ length: 50_000 }, (_, i) => i / 3);
  const bytes = new Uint8Array(numbers.buffer);
  await vfs.makeDirectory("data");
  await atomicWrite(vfs, "data/numbers.bin", bytes);
  await using view = await FileView.open(vfs, "data/numbers.bin", { pageBytes: 4096, cacheBytes: 65_536 });
  const random = seededRandom(23);
  let sum = 0;
  for (let i = 0; i < 500; i++) sum += view.column("float64", 8 * random.nextInt(0, 49_990), 10)[9]!;

  const blob = new Blob([bytes]);
  const reader = new StreamReader(blob.stream(), "body");
  const head = await reader.readExactly(24);
  await reader.close();
  return {
    sum,
    view: view.stats(),
    names: (await vfs.list("data")).map(({ name }) => name),
    file: await sumOfChunks(readChunks(await fileSource(vfs, "data/numbers.bin"))),
    blob: await sumOfChunks(readChunks(blobSource(blob), { chunkBytes: 10_000 })),
    stream: await sumOfChunks(readChunks(await streamSource(blob.stream()), { start: 8 })),
    head: crc32c(head),
    missing: await codeOf(fileSource(vfs, "no.bin")),
  };
}

/** What a browser says to a path without a file system. */
export function checkNoDisk(): Promise<string> {
  return codeOf(fileSource(defaultVfs, "a.bin"));
}

async function sumOfChunks(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let sum = 0;
  for await (const chunk of chunks) sum = crc32c(chunk, sum);
  return sum;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.catch((reason: unknown) => reason);
  return isMillraceError(error) ? error.code : "none";
}
