import { checkInteger, resolveOptions } from "@millrace/base";
import { BufferPool } from "@millrace/buffers";
import { bytesSource, defaultVfs } from "@millrace/files";
import { abortedError, ROWS_PER_CHUNK } from "@millrace/stream";
import { DecoderContext, type EventDecoder } from "../event-decoder.ts";
import { type EventChunk, EventRows } from "../event-rows.ts";
import { type FormatName, unsupportedFormat } from "../formats.ts";
import type { DecodeMode, Geometry } from "../options.ts";
import { detectRecordingFormat } from "../recording-format.ts";
import type { ViolationCounts } from "../violations.ts";
import { type LivePieces, parseLiveUrl, receiveDatagrams, receiveStream } from "./sockets.ts";
import { newSpifDecoder } from "./spif-words.ts";

/** Where live events come from, and what they are. */
export interface LiveOptions {
  /**
   * "udp://127.0.0.1:3333" receives datagrams of SPIF's and AEStream's words there; "tcp://host:port" connects, and "-"
   * reads stdin: there the bytes are those of a recording's format. Port 0 is any that is free.
   */
  readonly url: string;
  /** The format of a stream; its header, if it has one, comes in one piece. @default found out from the first 64 KiB */
  readonly format?: FormatName | undefined;
  /** TCP: wait for a connection instead of making one. @default false */
  readonly isListening?: boolean;
  readonly geometry?: Geometry | undefined;
  readonly mode?: DecodeMode;
  /** Most rows of a chunk; a chunk has what came in one piece. @default 65,536 */
  readonly rowsPerChunk?: number;
  /** Bytes of datagrams that may wait; more are dropped and counted. @default 16 MiB */
  readonly queueBytes?: number;
  /** The time in µs of UDP events that come without one. @default since the process began */
  readonly nowUs?: () => number;
  readonly pool?: BufferPool | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What {@link LiveOptions} are when they are not given. */
export const DEFAULT_LIVE_OPTIONS: Required<Omit<LiveOptions, "url">> = Object.freeze({
  format: undefined,
  isListening: false,
  geometry: undefined,
  mode: "raw",
  rowsPerChunk: ROWS_PER_CHUNK,
  queueBytes: 16 * 1024 * 1024,
  nowUs: () => Math.round(performance.now() * 1000),
  pool: undefined,
  signal: undefined,
});

/** Bytes that a format is found out from. */
const HEAD_BYTES = 65_537;

/** Events as they arrive; see {@link liveEvents}. */
export interface LiveEvents extends AsyncIterable<EventChunk>, AsyncDisposable {
  /** Where it receives, with the port that it got. */
  readonly url: string;
  /** Datagrams that found no room. */
  readonly dropped: number;
  readonly violations: ViolationCounts;
  close(): Promise<void>;
}

/**
 * Opens a source of live events: chunks of the same columns as a recording's, each as soon as its bytes are there.
 * @throws InvalidArgumentError `EVENTS_LIVE_URL` @throws IoError `EVENTS_LIVE_FAILED`
 * @throws MillraceError `EVENTS_LIVE_UNAVAILABLE` in a browser
 * @example
 * await using live = await liveEvents({ url: "udp://127.0.0.1:3333" });
 * for await (const chunk of live) chunk.release();
 */
export async function liveEvents(options: LiveOptions): Promise<LiveEvents> {
  const filled = resolveOptions<Required<LiveOptions>>(
    "events",
    { ...DEFAULT_LIVE_OPTIONS, url: "" },
    options,
  );
  checkInteger("events", "rowsPerChunk", filled.rowsPerChunk, 32, 2 ** 24);
  checkInteger("events", "queueBytes", filled.queueBytes, 1, 2 ** 32);
  const address = parseLiveUrl(filled.url);
  const isUdp = address.protocol === "udp";
  const received = isUdp
    ? await receiveDatagrams(address, filled.queueBytes)
    : address.protocol === "stdio"
      ? { url: "-", pieces: process.stdin, dropped: () => 0, close: async () => void process.stdin.destroy() }
      : await receiveStream(address, filled.isListening);
  const state = { context: newContext(filled, 0) };
  const onAbort = (): void => void received.close();
  filled.signal?.addEventListener("abort", onAbort, { once: true });
  if (filled.signal?.aborted) onAbort();
  const close = async (): Promise<void> => {
    filled.signal?.removeEventListener("abort", onAbort);
    await received.close();
  };
  return {
    url: received.url,
    get dropped() {
      return received.dropped();
    },
    get violations() {
      return state.context.violations.counts();
    },
    close,
    [Symbol.asyncDispose]: close,
    [Symbol.asyncIterator]: () => (isUdp ? ofDatagrams : ofStream)(received, filled, state),
  };
}

interface LiveState {
  context: DecoderContext;
}

async function* ofDatagrams(
  { pieces, url }: LivePieces,
  options: Required<LiveOptions>,
  { context }: LiveState,
): AsyncGenerator<EventChunk, void, undefined> {
  const pool = options.pool ?? new BufferPool();
  // One for all: the time goes on from datagram to datagram.
  const decoder = newSpifDecoder(context, options.nowUs);
  for await (const piece of pieces) {
    yield* chunksOf(decoder, piece, options.rowsPerChunk, pool);
    // A datagram is whole or not; what is left over does not belong to the next.
    decoder.finish(NO_ROWS);
    decoder.restoreState({ byteOffset: 0, values: [0, 0, ...decoder.saveState().values.slice(2)] });
  }
  if (options.signal?.aborted) throw abortedError(options.signal, `receiving from ${url}`);
}

async function* ofStream(
  { pieces, url }: LivePieces,
  options: Required<LiveOptions>,
  state: LiveState,
): AsyncGenerator<EventChunk, void, undefined> {
  const { rowsPerChunk, format, signal } = options;
  const pool = options.pool ?? new BufferPool();
  let head: Uint8Array = new Uint8Array(0);
  let decoder: EventDecoder | undefined;
  const begin = async (): Promise<EventDecoder> => {
    const found = await detectRecordingFormat(bytesSource(head, url), { ...NO_HINTS, format });
    if ("openRows" in found) throw unsupportedFormat(url, `${found.name}, which is no stream,`);
    const size = options.geometry ?? found;
    state.context = new DecoderContext(found.dataStart, size.width, size.height, options.mode);
    head = head.subarray(found.dataStart);
    return found.newDecoder(state.context);
  };
  for await (const piece of pieces) {
    if (decoder !== undefined) {
      yield* chunksOf(decoder, piece, rowsPerChunk, pool);
      continue;
    }
    head = joined(head, piece);
    if (format === undefined && head.length < HEAD_BYTES) continue;
    decoder = await begin();
    yield* chunksOf(decoder, head, rowsPerChunk, pool);
  }
  if (signal?.aborted) throw abortedError(signal, `receiving from ${url}`);
  if (decoder === undefined && head.length === 0) return;
  if (decoder === undefined) {
    decoder = await begin();
    yield* chunksOf(decoder, head, rowsPerChunk, pool);
  }
  const rows = new EventRows(rowsPerChunk, pool);
  decoder.finish(rows);
  if (rows.rowCount > 0) yield rows.seal();
  else rows.chunk.release();
}

const NO_ROWS = new EventRows(1);
const NO_HINTS = {
  vfs: defaultVfs,
  path: undefined,
  columns: undefined,
  timeUnit: undefined,
  topic: undefined,
  stream: undefined,
};

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

/** All events of a piece, in chunks. */
function* chunksOf(
  decoder: EventDecoder,
  piece: Uint8Array,
  rowsPerChunk: number,
  pool: BufferPool,
): Generator<EventChunk, void, undefined> {
  for (let at = 0; at < piece.length; ) {
    const rows = new EventRows(rowsPerChunk, pool);
    while (at < piece.length && rows.capacity - rows.rowCount >= decoder.rowsPerStep) {
      at = decoder.decode(piece, at, rows);
    }
    if (rows.rowCount > 0) yield rows.seal();
    else rows.chunk.release();
  }
}

function newContext({ geometry, mode }: Required<LiveOptions>, dataStart: number): DecoderContext {
  return new DecoderContext(dataStart, geometry?.width, geometry?.height, mode);
}
