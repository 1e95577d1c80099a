import { createCipheriv, createDecipheriv } from "node:crypto";
import { CorruptDataError, readU32, writeU32, writeU64 } from "@millrace/base";
import { compressBytes, decompressBytes } from "@millrace/compress";
import { orderedParallelMap } from "@millrace/stream";
import type { Coding } from "./coding.ts";
import type { SegmentNotes } from "./segment-notes.ts";
import type { StoreMetrics } from "./store-metrics.ts";

/** Bytes of an object in order. */
export interface ForwardReader {
  /** Fills `into`; returns how many bytes there were, fewer only at the end. */
  read(into: Uint8Array): Promise<number>;
}

/** What opens and closes segments: the coding, the object's key where it is encrypted, and the clock. */
export interface SegmentCoding {
  readonly coding: Coding;
  readonly key: Uint8Array | undefined;
  readonly metrics: StoreMetrics;
  /** Of a put that may be gone on with. */
  readonly notes?: SegmentNotes | undefined;
}

/** Bytes of a segment's length in the table behind the last one. */
const LENGTH_BYTES = 4;
const TAG_BYTES = 16;
const STORED = 0;
const ZSTD = 1;
/** Segments that are compressed at a time; the codec works on other threads. */
const SEGMENTS_AT_A_TIME = 3;

/**
 * Compresses and encrypts an object, segment by segment; a table of their lengths comes last (docs/formats/shard.md).
 *
 * The last segment is the one that is not full, empty where need be: an object that is cut short does not open.
 */
export async function* sealSegments(
  reader: ForwardReader,
  { coding, key, metrics, notes }: SegmentCoding,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const seal = async ({ plain, index, isLast }: PlainSegment): Promise<Uint8Array> => {
    let framed: Uint8Array = new Uint8Array(1 + plain.length);
    framed[0] = STORED;
    framed.set(plain, 1);
    if (coding.compression === "zstd") {
      const packed = await metrics.measure("compress", () => compressBytes(plain, "zstd"));
      if (packed.length < plain.length) {
        framed = framed.subarray(0, 1 + packed.length);
        framed[0] = ZSTD;
        framed.set(packed, 1);
      }
    }
    if (key === undefined) return framed;
    await notes?.check(index, isLast, framed);
    const startMs = performance.now();
    const cipher = createCipheriv("aes-256-gcm", key, nonceOf(index)).setAAD(segmentName(index, isLast));
    const sealed = Buffer.concat([cipher.update(framed), cipher.final(), cipher.getAuthTag()]);
    metrics.addStage("encrypt", performance.now() - startMs);
    return sealed;
  };
  const lengths: number[] = [];
  const segments = plainSegments(reader, coding.segmentBytes);
  for await (const sealed of orderedParallelMap(segments, seal, {
    concurrency: SEGMENTS_AT_A_TIME,
    signal,
  })) {
    lengths.push(sealed.length);
    yield sealed;
  }
  const table = new Uint8Array(lengths.length * LENGTH_BYTES);
  for (const [i, length] of lengths.entries()) writeU32(table, i * LENGTH_BYTES, length);
  yield table;
}

/** How many segments an object has. */
export function segmentCount(bytes: number, segmentBytes: number): number {
  return Math.floor(bytes / segmentBytes) + 1;
}

/** Bytes of the table of segments. */
export function segmentTableBytes(bytes: number, segmentBytes: number): number {
  return segmentCount(bytes, segmentBytes) * LENGTH_BYTES;
}

/**
 * Where segments begin among the stored bytes, and where the last one ends.
 * @throws CorruptDataError `STORE_OBJECT_CORRUPT` when the table does not fit the object
 */
export function segmentOffsets(table: Uint8Array, storedBytes: number, name: string): number[] {
  const offsets = [0];
  for (let at = 0; at < table.length; at += LENGTH_BYTES) offsets.push(offsets.at(-1)! + readU32(table, at));
  if (offsets.at(-1)! + table.length === storedBytes) return offsets;
  throw new CorruptDataError("STORE_OBJECT_CORRUPT", name, storedBytes, "its table of segments does not fit");
}

/**
 * Decrypts and decompresses one segment.
 * @param expectedBytes - of the object in it
 * @throws CorruptDataError `STORE_OBJECT_CORRUPT` when it is not what was sealed as this segment with this key
 */
export async function openSegment(
  sealed: Uint8Array,
  index: number,
  isLast: boolean,
  expectedBytes: number,
  { key, metrics }: SegmentCoding,
  name: string,
): Promise<Uint8Array> {
  let framed = sealed;
  if (key !== undefined) {
    const startMs = performance.now();
    framed = decrypt(sealed, index, isLast, key, name);
    metrics.addStage("encrypt", performance.now() - startMs);
  }
  const body = framed.subarray(1);
  const plain =
    framed[0] === ZSTD
      ? await metrics.measure("compress", () => decompressBytes(body, "zstd", expectedBytes))
      : body;
  if ((framed[0] === STORED || framed[0] === ZSTD) && plain.length === expectedBytes) return plain;
  const problem = `segment ${index} holds ${plain.length} bytes, ${expectedBytes} were stored`;
  throw new CorruptDataError("STORE_OBJECT_CORRUPT", name, 0, problem);
}

function decrypt(
  sealed: Uint8Array,
  index: number,
  isLast: boolean,
  key: Uint8Array,
  name: string,
): Uint8Array {
  try {
    const tagAt = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv("aes-256-gcm", key, nonceOf(index));
    decipher.setAAD(segmentName(index, isLast)).setAuthTag(sealed.subarray(tagAt));
    return Buffer.concat([decipher.update(sealed.subarray(0, tagAt)), decipher.final()]);
  } catch (cause) {
    const problem = `segment ${index} is not what was encrypted`;
    throw new CorruptDataError("STORE_OBJECT_CORRUPT", name, 0, problem, { cause });
  }
}

interface PlainSegment {
  readonly plain: Uint8Array;
  readonly index: number;
  readonly isLast: boolean;
}

async function* plainSegments(
  reader: ForwardReader,
  segmentBytes: number,
): AsyncGenerator<PlainSegment, void, undefined> {
  for (let index = 0; ; index++) {
    const memory = new Uint8Array(segmentBytes);
    const count = await reader.read(memory);
    const isLast = count < segmentBytes;
    yield { plain: memory.subarray(0, count), index, isLast };
    if (isLast) return;
  }
}

/** Each object has a key of its own, so a counter never comes twice under one key. */
function nonceOf(index: number): Uint8Array {
  const nonce = new Uint8Array(12);
  writeU64(nonce, 4, index);
  return nonce;
}

/** What a segment's tag vouches for beside its bytes. */
function segmentName(index: number, isLast: boolean): Uint8Array {
  const name = new Uint8Array(9);
  writeU64(name, 0, index);
  name[8] = isLast ? 1 : 0;
  return name;
}
