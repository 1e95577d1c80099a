import {
  CorruptDataError,
  checkOneOf,
  InvalidArgumentError,
  isMillraceError,
  MillraceError,
} from "@millrace/base";
import { StreamReader } from "@millrace/files";
import { Progress, throwIfAborted } from "@millrace/stream";
import { isPlain } from "./coding.ts";
import type { Manifest } from "./manifest.ts";
import { findManifest } from "./manifests.ts";
import { ObjectDigest } from "./object-digest.ts";
import { objectKey } from "./object-name.ts";
import { type OpenShards, openShards, type ShardProblem } from "./open-shards.ts";
import { lostObject } from "./read-batch.ts";
import { readStored } from "./read-stored.ts";
import { openSegment, type SegmentCoding, segmentOffsets, segmentTableBytes } from "./segments.ts";
import type { StoreContext, WorkOptions } from "./store-context.ts";

/** Bytes of an object, from `start` up to and without `end`. */
export interface ByteRange {
  readonly start: number;
  /** @default the object's end */
  readonly end?: number | undefined;
}

/** How an object is read. */
export interface ReadOptions extends WorkOptions {
  /** The part of the object to read; what lies behind its end is left out. @default all of it */
  readonly range?: ByteRange | undefined;
  /**
   * When another server is asked beside those whose shards are needed: once one of them is late, or at once, which costs
   * traffic and cuts the tail of latencies. @default "late"
   */
  readonly hedge?: (typeof HEDGES)[number] | undefined;
  /** Told of each shard or unit that had to be made good; the bytes are right all the same. @default nobody */
  readonly onDamage?: ((problem: ShardProblem) => void) | undefined;
}

/** When more servers are asked than are needed. */
const HEDGES = ["late", "always"] as const;

/** How often a reader looks again when the version that it wanted was replaced meanwhile. */
const VERSION_ATTEMPTS = 5;

/** Bytes of an object that are read, checked and given out in order. */
export interface ObjectReading {
  readonly manifest: Manifest;
  /** Within the object. */
  readonly start: number;
  readonly end: number;
  /** Each is valid until the next is asked for. */
  readonly pieces: AsyncGenerator<Uint8Array, void, undefined>;
}

/**
 * Finds an object, to be read when its pieces are asked for.
 * @throws MillraceError `STORE_OBJECT_UNKNOWN`, `STORE_MANIFEST_LOST`
 * @throws InvalidArgumentError `STORE_RANGE_INVALID`
 */
export async function openObject(
  context: StoreContext,
  name: string,
  options: ReadOptions,
): Promise<ObjectReading> {
  const key = objectKey(name);
  const manifest = await findManifest(context.backends, key, name);
  const { start = 0, end = Math.max(start, manifest.bytes) } = options.range ?? {};
  if (!(Number.isInteger(start) && Number.isInteger(end) && start >= 0 && end >= start)) {
    const found = `${start} to ${end}`;
    throw new InvalidArgumentError("STORE_RANGE_INVALID", "range", found, "whole numbers, the end not first");
  }
  const last = Math.min(end, manifest.bytes);
  const first = Math.min(start, last);
  return {
    manifest,
    start: first,
    end: last,
    pieces: readRange(context, key, manifest, first, last, options),
  };
}

/**
 * Reads an object or a part of it in order; a piece is valid until the next one is asked for.
 * @throws MillraceError `STORE_OBJECT_UNKNOWN`, `STORE_OBJECT_LOST`, `STORE_MANIFEST_LOST`
 * @throws CorruptDataError `STORE_OBJECT_CORRUPT`, after the last piece where all of them are not what was put
 */
export async function* readObject(
  context: StoreContext,
  name: string,
  options: ReadOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let attempt = 1; ; attempt++) {
    let isBegun = false;
    try {
      for await (const piece of (await openObject(context, name, options)).pieces) {
        isBegun = true;
        yield piece;
      }
      return;
    } catch (error) {
      const isReplaced = isMillraceError(error, "STORE_OBJECT_REPLACED");
      if (!isReplaced || isBegun || attempt === VERSION_ATTEMPTS) throw error;
    }
  }
}

async function* readRange(
  context: StoreContext,
  key: string,
  manifest: Manifest,
  start: number,
  end: number,
  { signal, onProgress, onDamage = () => {}, hedge = "late" }: ReadOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const startMs = performance.now();
  await using open = await openVersion(context, key, manifest, hedge);
  for (const problem of open.problems) onDamage(problem);
  const progress = new Progress({ totalBytes: end - start, ...(onProgress && { onReport: onProgress }) });
  const { sha256, bytes, object } = manifest;
  const isWhole = start === 0 && end === bytes;
  const digester =
    isWhole && sha256 !== null ? new ObjectDigest(await objectKeyOf(context, manifest)) : undefined;
  for await (const piece of plainPieces(context, manifest, open, start, end, onDamage, signal)) {
    throwIfAborted(signal, `reading "${object}"`);
    digester?.update(piece);
    yield piece;
    progress.add(0, piece.length);
  }
  const digest = digester?.hex();
  if (digest !== undefined && digest !== sha256) {
    const problem = `the object's digest is ${digest}, ${sha256} was stored; \`verify\` tells which shards to distrust`;
    throw new CorruptDataError("STORE_OBJECT_CORRUPT", `object "${object}"`, 0, problem);
  }
  progress.finish();
  context.metrics.addOperation("get", end - start, performance.now() - startMs);
}

/** @throws MillraceError `STORE_OBJECT_REPLACED` when a put took the version away meanwhile */
async function openVersion(
  context: StoreContext,
  key: string,
  manifest: Manifest,
  hedge: (typeof HEDGES)[number],
): Promise<OpenShards> {
  const extraReads = checkOneOf("store", "hedge", hedge, HEDGES) === "always" ? 1 : 0;
  const shards = await openShards(context.backends, key, manifest, { isHedged: true, extraReads });
  // Those that are late may be right.
  const left = manifest.shards.length - shards.problems.length;
  if (manifest.inline !== null || left >= manifest.dataShards) return shards;
  await shards[Symbol.asyncDispose]();
  const now = await findManifest(context.backends, key, manifest.object);
  if (now.uploadId === manifest.uploadId && now.generation === manifest.generation) {
    throw lostObject(manifest, 0, left, shards.problems);
  }
  const problem = `object "${manifest.object}" was replaced while it was read; read it again`;
  throw new MillraceError("STORE_OBJECT_REPLACED", problem);
}

/** The bytes of an object out of its stored bytes, which are the same where it is neither compressed nor encrypted. */
async function* plainPieces(
  context: StoreContext,
  manifest: Manifest,
  open: OpenShards,
  start: number,
  end: number,
  onDamage: (problem: ShardProblem) => void,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { coding, bytes, storedBytes, object } = manifest;
  const stored = (from: number, to: number): AsyncIterable<Uint8Array> =>
    readStored(context, manifest, open, from, to, onDamage, signal);
  if (isPlain(coding)) {
    yield* stored(start, end);
    return;
  }
  const name = `object "${object}"`;
  const { segmentBytes } = coding;
  const tableBytes = segmentTableBytes(bytes, segmentBytes);
  if (tableBytes > storedBytes) {
    throw new CorruptDataError("STORE_OBJECT_CORRUPT", name, 0, "its table of segments does not fit");
  }
  await using tableReader = new StreamReader(stored(storedBytes - tableBytes, storedBytes), name);
  const offsets = segmentOffsets(await tableReader.readExactly(tableBytes), storedBytes, name);
  const segmentCoding = await segmentCodingOf(context, manifest);
  const firstSegment = Math.floor(start / segmentBytes);
  const lastSegment = Math.floor(end / segmentBytes);
  await using reader = new StreamReader(stored(offsets[firstSegment]!, offsets[lastSegment + 1]!), name);
  for (let i = firstSegment; i <= lastSegment; i++) {
    const sealed = await reader.readExactly(offsets[i + 1]! - offsets[i]!);
    const at = i * segmentBytes;
    const length = Math.min(segmentBytes, bytes - at);
    const plain = await openSegment(sealed, i, i === offsets.length - 2, length, segmentCoding, name);
    const piece = plain.subarray(Math.max(0, start - at), Math.min(length, end - at));
    if (piece.length > 0) yield piece;
  }
}

async function segmentCodingOf(context: StoreContext, manifest: Manifest): Promise<SegmentCoding> {
  return {
    coding: manifest.coding,
    key: await objectKeyOf(context, manifest),
    metrics: context.metrics,
  };
}

/** The key that an object is encrypted with; undefined where it is not. */
async function objectKeyOf(
  context: StoreContext,
  { coding, object, uploadId }: Manifest,
): Promise<Uint8Array | undefined> {
  if (coding.encryption === null) return undefined;
  const repositoryKey = await context.repositoryKey();
  return repositoryKey.openObjectKey(coding.encryption, `object "${object}"\n${uploadId}`);
}
