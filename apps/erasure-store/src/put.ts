import { checkOneOf, isMillraceError, MillraceError } from "@millrace/base";
import type { ByteStream } from "@millrace/files";
import { StreamReader } from "@millrace/files";
import type { CodeFamily } from "@millrace/reed-solomon";
import { Progress, throwIfAborted } from "@millrace/stream";
import { type Compression, isPlain } from "./coding.ts";
import { commitVersion } from "./commit.ts";
import { DIGESTS, placesOf } from "./config.ts";
import { HeadedReader } from "./headed-reader.ts";
import { InlineCommits } from "./inline-commits.ts";
import { shardKey } from "./keys.ts";
import { problemOf, withLock } from "./manifests.ts";
import { newUpload, type Upload } from "./new-upload.ts";
import { ObjectDigest } from "./object-digest.ts";
import { ObjectInput } from "./object-input.ts";
import { objectKey } from "./object-name.ts";
import { placeShards } from "./placement.ts";
import { type ForwardReader, sealSegments } from "./segments.ts";
import { ShardOutput } from "./shard-output.ts";
import type { StoreContext, WorkOptions } from "./store-context.ts";
import { UploadJournal } from "./upload-journal.ts";
import { writeStripes } from "./write-stripes.ts";

/** How an object is stored; what is not given is as the configuration says. */
export interface PutOptions extends WorkOptions {
  readonly dataShards?: number | undefined;
  readonly parityShards?: number | undefined;
  readonly codeFamily?: CodeFamily | undefined;
  readonly compression?: Compression | undefined;
  /** A digest of the object; an encrypted one has one unless this says "none". @default the configuration's */
  readonly digest?: "none" | "sha256" | undefined;
  /**
   * Goes on where an earlier put of the same file was stopped, and leaves what is done when it is stopped itself.
   * @default false: what is done is taken back when it fails
   */
  readonly resume?: boolean | undefined;
  /** Stores the bytes in one piece on one backend: no redundancy, checked all the same. @default false */
  readonly raw?: boolean | undefined;
}

/** A shard that its backend did not take. */
export interface FailedShard {
  readonly shard: number;
  readonly backend: string;
  readonly problem: string;
}

/** What a put did. */
export interface PutResult {
  readonly object: string;
  readonly bytes: number;
  readonly dataShards: number;
  readonly parityShards: number;
  /** Shards that are not there, though the object is safe: `dataShards` + 1 are at least. */
  readonly failedShards: readonly FailedShard[];
}

/** Stores an object: shards first, each durable, then the manifests; only then the version before goes. */
export async function putObject(
  context: StoreContext,
  name: string,
  input: string | ByteStream,
  options: PutOptions,
): Promise<PutResult> {
  const startMs = performance.now();
  const key = objectKey(name);
  const { signal, onProgress } = options;
  await using journal = await UploadJournal.open(context, key, input, options.resume === true);
  const { upload, objectKeyBytes } = await newUpload(context, name, options, journal?.earlier);
  const { config } = context;
  await using notes =
    objectKeyBytes === undefined ? undefined : await journal?.segmentNotes(upload, objectKeyBytes);
  const { performance: limits, checksum, inlineBytes } = config;
  if (options.digest !== undefined) checkOneOf("store", "digest", options.digest, DIGESTS);
  const isDigested = (options.digest ?? (config.encryption === null ? checksum : "sha256")) === "sha256";
  await using source = await ObjectInput.open(context.vfs, input, {
    signal,
    thresholdBytes: limits.memory_threshold,
    digest: isDigested ? new ObjectDigest(objectKeyBytes) : undefined,
    metrics: context.metrics,
  });
  const progress = new Progress({
    totalBytes: source.expectedBytes,
    ...(onProgress && { onReport: onProgress }),
  });
  try {
    const segmentCoding = { coding: upload.coding, key: objectKeyBytes, metrics: context.metrics, notes };
    const reader: ForwardReader = isPlain(upload.coding)
      ? source
      : new StreamReader(sealSegments(source, segmentCoding, signal), name);
    const head = new Uint8Array(inlineBytes + 1);
    const count = await reader.read(head);
    let result: PutResult;
    if (count <= inlineBytes && inlineBytes > 0) {
      throwIfAborted(signal, `storing "${name}"`);
      result = await putInline(context, key, upload, source, head.subarray(0, count), signal);
    } else {
      const all = new HeadedReader(head.subarray(0, count), reader);
      const keeping = { journal, isResumed: options.resume === true };
      result = await putShards(context, key, upload, source, all, progress, signal, keeping);
    }
    progress.finish();
    context.metrics.addOperation("put", result.bytes, performance.now() - startMs);
    return result;
  } catch (error) {
    // An input stream that the signal ended fails with an error of its own.
    if (!isMillraceError(error, "STORE_COMMIT_UNDECIDED")) throwIfAborted(signal, `storing "${name}"`);
    throw error;
  }
}

/** What a put that is stopped leaves. */
interface Keeping {
  readonly journal: UploadJournal | undefined;
  readonly isResumed: boolean;
}

/** One for each store. */
const inlineCommits = new WeakMap<StoreContext, InlineCommits>();

function inlineCommitsOf(context: StoreContext): InlineCommits {
  const made = inlineCommits.get(context) ?? new InlineCommits(context);
  inlineCommits.set(context, made);
  return made;
}

/** A small object's bytes go into its manifest, of which as many backends as may be lost, and one more, have a copy. */
async function putInline(
  context: StoreContext,
  key: string,
  upload: Upload,
  source: ObjectInput,
  stored: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<PutResult> {
  const version = {
    ...upload,
    bytes: source.bytes,
    storedBytes: stored.length,
    sha256: source.digestHex(),
    inline: Buffer.from(stored).toString("base64"),
    shards: [],
  };
  await inlineCommitsOf(context).commit(key, version, signal);
  const { object, dataShards, parityShards } = upload;
  return { object, bytes: source.bytes, dataShards, parityShards, failedShards: [] };
}

async function putShards(
  context: StoreContext,
  key: string,
  upload: Upload,
  source: ObjectInput,
  reader: ForwardReader,
  progress: Progress,
  signal: AbortSignal | undefined,
  { journal, isResumed }: Keeping,
): Promise<PutResult> {
  const { object: name, codeFamily, dataShards, parityShards, unitBytes } = upload;
  const coder = await context.coders.get(codeFamily, dataShards, parityShards);
  const outputs = makeOutputs(context, key, upload);
  let isCommitted = false;
  try {
    if (outputs.some(({ backend }) => backend.canResume === true)) await journal?.begin(upload);
    await Promise.all(outputs.map((output) => output.open({ isResumed })));
    checkQuorum(upload, outputs);
    let counted = 0;
    const storedBytes = await writeStripes(context, reader, coder, outputs, {
      signal,
      unitBytes,
      expectedBytes: source.expectedBytes,
      onBatch: () => {
        progress.add(0, source.bytes - counted);
        counted = source.bytes;
        checkQuorum(upload, outputs);
      },
    });
    const { bytes } = source;
    const sha256 = source.digestHex();
    await context.metrics.measure("write", () =>
      Promise.all(outputs.map((output) => output.commit({ bytes, storedBytes, sha256 }))),
    );
    checkQuorum(upload, outputs);
    throwIfAborted(signal, `storing "${name}"`);
    await withLock(context.backends, signal, async () => {
      const shards = outputs.map(({ failure, backend, digest }) => ({
        backend: failure === undefined ? backend.name : null,
        digest,
      }));
      await commitVersion(context, key, { ...upload, bytes, storedBytes, sha256, inline: null, shards }, 0);
      isCommitted = true;
    });
    await journal?.end();
    await discard(outputs.filter(({ failure }) => failure !== undefined));
    return { object: name, bytes, dataShards, parityShards, failedShards: failuresOf(outputs) };
  } catch (error) {
    // From the commit on the shards are the object: a lock that cannot be released must not cost them.
    if (!isCommitted && !isMillraceError(error, "STORE_COMMIT_UNDECIDED")) {
      await context.metrics.measure("clean-up", async () => {
        if (isResumed) await Promise.allSettled(outputs.map((output) => output.suspend()));
        // Where something is left, a put that resumes can still go on with it.
        else if (await discard(outputs)) await journal?.end();
      });
    }
    throw error;
  }
}

/** What is not wanted goes; that a failing backend refuses this, too, is no news. @returns whether all is gone */
async function discard(outputs: readonly ShardOutput[]): Promise<boolean> {
  const results = await Promise.allSettled(outputs.map((output) => output.discard()));
  return results.every(({ status }) => status === "fulfilled");
}

function makeOutputs({ backends, config }: StoreContext, key: string, upload: Upload): ShardOutput[] {
  const { dataShards, parityShards, uploadId } = upload;
  const names = placeShards(key, placesOf(config), dataShards, parityShards);
  return names.map((name, shardIndex) => {
    const backend = backends.find((candidate) => candidate.name === name)!;
    return new ShardOutput(backend, shardKey(key, uploadId, shardIndex), { ...upload, shardIndex });
  });
}

/** @throws MillraceError `STORE_PUT_REFUSED` when the object would not survive the loss of one more shard */
function checkQuorum({ object, dataShards, parityShards }: Upload, outputs: readonly ShardOutput[]): void {
  const failures = failuresOf(outputs);
  const needed = dataShards + Math.min(1, parityShards);
  if (outputs.length - failures.length >= needed) return;
  const reasons = [...new Set(failures.map(({ backend, problem }) => `backend ${backend}: ${problem}`))];
  throw new MillraceError(
    "STORE_PUT_REFUSED",
    `"${object}" was not stored: ${outputs.length - failures.length} of ${outputs.length} shards could be written, ${needed} are needed; ${reasons.join("; ")}`,
  );
}

function failuresOf(outputs: readonly ShardOutput[]): FailedShard[] {
  return outputs.flatMap(({ failure, backend }, shard) =>
    failure === undefined ? [] : [{ shard, backend: backend.name, problem: problemOf(failure) }],
  );
}
