import { type Coding, PLAIN_CODING } from "./coding.ts";
import { checkConfig } from "./config.ts";
import { newUploadId } from "./keys.ts";
import type { Manifest } from "./manifest.ts";
import type { PutOptions } from "./put.ts";
import type { StoreContext } from "./store-context.ts";

/** What a put knows of its object before the first byte. */
export type Upload = Pick<
  Manifest,
  "object" | "uploadId" | "createdMs" | "dataShards" | "parityShards" | "codeFamily" | "unitBytes" | "coding"
>;

/**
 * What a put begins with: its shape, a new id and, where objects are encrypted, a new key.
 * @param earlier - the upload that was stopped; the same file in the same shape goes on under its id
 */
export async function newUpload(
  context: StoreContext,
  name: string,
  options: PutOptions,
  earlier: Upload | undefined,
): Promise<{ upload: Upload; objectKeyBytes: Uint8Array | undefined }> {
  const { config } = context;
  const given = {
    ...(options.dataShards !== undefined && { dataShards: options.dataShards }),
    ...(options.parityShards !== undefined && { parityShards: options.parityShards }),
    ...(options.codeFamily !== undefined && { codeFamily: options.codeFamily }),
    ...(options.compression !== undefined && { compression: options.compression }),
  };
  const { dataShards, parityShards, codeFamily, compression, unitBytes } = checkConfig({
    ...config,
    ...given,
  });
  const uploadId = newUploadId();
  let coding: Coding = { ...PLAIN_CODING, compression };
  let objectKeyBytes: Uint8Array | undefined;
  if (config.encryption !== null) {
    const made = (await context.repositoryKey()).newObjectKey(`object "${name}"\n${uploadId}`);
    objectKeyBytes = made.key;
    coding = { ...coding, encryption: made.encryption };
  }
  const shape = options.raw === true ? { dataShards: 1, parityShards: 0 } : { dataShards, parityShards };
  const upload = { object: name, uploadId, createdMs: Date.now(), ...shape, codeFamily, unitBytes, coding };
  // A key is not used twice: that the file is the very same nobody can promise. What is encrypted begins anew.
  if (earlier === undefined || config.encryption !== null) return { upload, objectKeyBytes };
  const again: Upload = { ...upload, uploadId: earlier.uploadId, createdMs: earlier.createdMs };
  return { upload: JSON.stringify(again) === JSON.stringify(earlier) ? again : upload, objectKeyBytes };
}
