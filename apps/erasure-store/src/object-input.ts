import { type ByteStream, fileSource, readChunks, StreamReader, type Vfs } from "@millrace/files";

/** The bytes of a put, in order, of a file or a stream. */
export interface ObjectInput extends AsyncDisposable {
  readonly reader: StreamReader;
  /** Size in bytes; undefined for a stream. */
  readonly bytes: number | undefined;
}

/** @throws IoError when there is no such file, or it is a directory */
export async function openInput(
  vfs: Vfs,
  input: string | ByteStream,
  signal: AbortSignal | undefined,
): Promise<ObjectInput> {
  if (typeof input !== "string") {
    const reader = new StreamReader(input, "the input stream");
    return { reader, bytes: undefined, [Symbol.asyncDispose]: () => reader.close() };
  }
  const source = await fileSource(vfs, input);
  const reader = new StreamReader(readChunks(source, { signal }), input);
  const close = async (): Promise<void> => {
    await reader.close();
    await source.close();
  };
  return { reader, bytes: source.size, [Symbol.asyncDispose]: close };
}
