import type { BufferPool } from "@millrace/buffers";
import { type ByteSource, readChunks } from "@millrace/files";
import { abortedError, Progress } from "@millrace/stream";
import type { DecoderState } from "./decoder-state.ts";
import type { DecoderContext } from "./event-decoder.ts";
import { type EventChunk, EventRows } from "./event-rows.ts";
import type { RecordingOptions } from "./options.ts";
import type { ByteFormat } from "./recording-format.ts";
import type { RowSource } from "./row-source.ts";
import { isDamage } from "./violations.ts";

/** A part of a recording: from where a decoder stood to a byte, or a row of a table. */
export interface Part {
  readonly start: DecoderState | undefined;
  readonly stop: number | undefined;
}

/** What a pass over a recording's events needs beside its format. */
export interface PassInput {
  readonly source: ByteSource;
  readonly context: DecoderContext;
  readonly options: Required<RecordingOptions>;
  readonly pool: BufferPool;
}

/** The chunks of a format that is decoded from its bytes, one after the other. */
export async function* decodeBytes(
  input: PassInput,
  { newDecoder, dataStart }: ByteFormat,
  { start, stop }: Part,
): AsyncGenerator<EventChunk, void, undefined> {
  const { source, context, options } = input;
  const { readBytes, rowsPerChunk, signal } = options;
  const decoder = newDecoder(context);
  if (start !== undefined) decoder.restoreState(start);
  const from = start?.byteOffset ?? dataStart;
  const range = { start: from, ...(stop === undefined ? {} : { end: stop }) };
  const progress = newProgress(options, Math.min(source.size, stop ?? source.size) - from);
  let rows = newRows(input);
  /** The rows that are full; others take their place. */
  const seal = (): EventChunk => {
    const full = rows;
    rows = newRows(input);
    return full.seal();
  };
  try {
    for await (const bytes of readChunks(source, { chunkBytes: readBytes, signal, ...range })) {
      for (let at = 0; at < bytes.length; ) {
        at = decoder.decode(bytes, at, rows);
        checkViolations(input);
        if (rowsPerChunk - rows.rowCount >= decoder.rowsPerStep) continue;
        yield seal();
        if (signal?.aborted) throw abortedError(signal, `reading ${source.name}`);
      }
      progress.add(0, bytes.length);
    }
    if (rowsPerChunk - rows.rowCount < decoder.rowsPerStep) yield seal();
    // Where another part begins nothing is left over.
    if (stop === undefined) decoder.finish(rows);
    checkViolations(input);
    progress.finish();
    if (rows.rowCount > 0) yield seal();
  } catch (error) {
    // What stands before the damage is good.
    if (isDamage(error) && rows.rowCount > 0) yield seal();
    throw error;
  } finally {
    rows.chunk[Symbol.dispose]();
  }
}

/** The chunks of a format that has rows: tables, and messages of a bag. */
export async function* fillRows(
  input: PassInput,
  rowSource: RowSource,
): AsyncGenerator<EventChunk, void, undefined> {
  const { source, options } = input;
  const { signal } = options;
  const progress = newProgress(options, source.size);
  for (let hasMore = true; hasMore; ) {
    const rows = newRows(input);
    try {
      hasMore = await rowSource.fill(rows);
      checkViolations(input);
    } catch (error) {
      if (isDamage(error) && rows.rowCount > 0) yield rows.seal();
      else rows.chunk[Symbol.dispose]();
      throw error;
    }
    progress.add(rows.rowCount, 0);
    if (rows.rowCount === 0) rows.chunk[Symbol.dispose]();
    else yield rows.seal();
    if (signal?.aborted) throw abortedError(signal, `reading ${source.name}`);
  }
  progress.finish();
}

function newRows({ options, pool }: PassInput): EventRows {
  return new EventRows(options.rowsPerChunk, pool);
}

function newProgress({ onProgress }: Required<RecordingOptions>, bytes: number): Progress {
  const totalBytes = Number.isFinite(bytes) ? bytes : undefined;
  return new Progress({ totalBytes, ...(onProgress === undefined ? {} : { onReport: onProgress }) });
}

function checkViolations({ source, context, options }: PassInput): void {
  if (options.isStrict) context.violations.throwFirst(source.name);
}
