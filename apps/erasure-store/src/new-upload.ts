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
 * @param earlier - the upload that was stopped; the same file in the same shape goes on under its id and with its key
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
  const plain: Coding = { ...PLAIN_CODING, compression };
  const shape = options.raw === true ? { dataShards: 1, parityShards: 0 } : { dataShards, parityShards };
  const begun = { object: name, uploadId: newUploadId(), createdMs: Date.now() };
  const upload: Upload = { ...begun, ...shape, codeFamily, unitBytes, coding: plain };
  const about = ({ uploadId }: Upload): string => `object "${name}"\n${uploadId}`;
  const key = config.encryption === null ? undefined : await context.repositoryKey();
  if (earlier !== undefined) {
    const { uploadId, createdMs, coding } = earlier;
    const { encryption } = coding;
    const again: Upload = { ...upload, uploadId, createdMs, coding: { ...plain, encryption } };
    const isSame = JSON.stringify(again) === JSON.stringify(earlier) && encryption?.keyId === key?.id;
    if (isSame) {
      return {
        upload: again,
        objectKeyBytes: encryption === null ? undefined : key!.openObjectKey(encryption, about(again)),
      };
    }
  }
  if (key === undefined) return { upload, objectKeyBytes: undefined };
  const made = key.newObjectKey(about(upload));
  const coding = { ...plain, encryption: made.encryption };
  return { upload: { ...upload, coding }, objectKeyBytes: made.key };
}
