import { isMillraceError, MillraceError } from "@millrace/base";
import type { ByteStream } from "@millrace/files";
import type { CodeFamily } from "@millrace/reed-solomon";
import { Progress, throwIfAborted } from "@millrace/stream";
import { commitVersion } from "./commit.ts";
import { checkConfig } from "./config.ts";
import { engineFor } from "./engines.ts";
import { shardKey } from "./keys.ts";
import type { Manifest } from "./manifest.ts";
import { problemOf, withLock } from "./manifests.ts";
import { openInput } from "./object-input.ts";
import { objectKey } from "./object-name.ts";
import { placeShards } from "./placement.ts";
import { ShardOutput } from "./shard-output.ts";
import type { StoreContext, WorkOptions } from "./store-context.ts";
import { writeStripes } from "./write-stripes.ts";

/** How an object is stored; what is not given is as the configuration says. */
export interface PutOptions extends WorkOptions {
  readonly dataShards?: number | undefined;
  readonly parityShards?: number | undefined;
  readonly codeFamily?: CodeFamily | undefined;
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

/** What a put knows of its object before the first byte. */
type Upload = Pick<
  Manifest,
  "object" | "uploadId" | "dataShards" | "parityShards" | "codeFamily" | "unitBytes"
>;

/** Stores an object: shards first, each durable, then the manifests; only then the version before goes. */
export async function putObject(
  context: StoreContext,
  input: string | ByteStream,
  name: string,
  options: PutOptions,
): Promise<PutResult> {
  const key = objectKey(name);
  const { signal, onProgress, ...given } = options;
  const shape = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const { dataShards, parityShards, codeFamily, unitBytes } = checkConfig({ ...context.config, ...shape });
  const engine = await engineFor(codeFamily, dataShards, parityShards);
  const upload: Upload = {
    object: name,
    uploadId: Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("hex"),
    dataShards,
    parityShards,
    codeFamily,
    unitBytes,
  };
  await using source = await openInput(context.vfs, input, signal);
  const outputs = makeOutputs(context, key, upload);
  const progress = new Progress({ totalBytes: source.bytes, ...(onProgress && { onReport: onProgress }) });
  let isCommitted = false;
  try {
    await Promise.all(outputs.map((output) => output.open()));
    checkQuorum(name, dataShards, outputs);
    const { bytes, sha256 } = await writeStripes(context, source.reader, engine, unitBytes, outputs, {
      signal,
      onStripe: (count) => {
        progress.add(0, count);
        checkQuorum(name, dataShards, outputs);
      },
    });
    await Promise.all(outputs.map((output) => output.commit(bytes, sha256)));
    checkQuorum(name, dataShards, outputs);
    throwIfAborted(signal, `storing "${name}"`);
    await withLock(context.backends, signal, async () => {
      await commitVersion(context.backends, key, { ...upload, bytes, sha256 }, outputs);
      isCommitted = true;
    });
    await discard(outputs.filter(({ failure }) => failure !== undefined));
    progress.finish();
    return { object: name, bytes, dataShards, parityShards, failedShards: failuresOf(outputs) };
  } catch (error) {
    // From the commit on the shards are the object: a lock that cannot be released must not cost them.
    if (isCommitted || isMillraceError(error, "STORE_COMMIT_UNDECIDED")) throw error;
    await discard(outputs);
    // An input stream that the signal ended fails with an error of its own.
    throwIfAborted(signal, `storing "${name}"`);
    throw error;
  }
}

/** What is not wanted goes; that a failing backend refuses this, too, is no news. */
async function discard(outputs: readonly ShardOutput[]): Promise<void> {
  await Promise.allSettled(outputs.map((output) => output.discard()));
}

function makeOutputs({ backends }: StoreContext, key: string, upload: Upload): ShardOutput[] {
  const places = placeShards(key, backends.length, upload.dataShards + upload.parityShards);
  return places.map(
    (place, shardIndex) =>
      new ShardOutput(backends[place]!, shardKey(key, upload.uploadId, shardIndex), {
        ...upload,
        shardIndex,
      }),
  );
}

/** @throws MillraceError `STORE_PUT_REFUSED` when the object would not survive the loss of one more shard */
function checkQuorum(name: string, dataShards: number, outputs: readonly ShardOutput[]): void {
  const failures = failuresOf(outputs);
  if (outputs.length - failures.length > dataShards) return;
  const reasons = [...new Set(failures.map(({ backend, problem }) => `backend ${backend}: ${problem}`))];
  throw new MillraceError(
    "STORE_PUT_REFUSED",
    `"${name}" was not stored: ${outputs.length - failures.length} of ${outputs.length} shards could be written, ${dataShards + 1} are needed; ${reasons.join("; ")}`,
  );
}

function failuresOf(outputs: readonly ShardOutput[]): FailedShard[] {
  return outputs.flatMap(({ failure, backend }, shard) =>
    failure === undefined ? [] : [{ shard, backend: backend.name, problem: problemOf(failure) }],
  );
}
