import { checkPageBytes, checkSecret, type SecretOptions } from "../options.ts";
import type { ReportBytes } from "../report-bytes.ts";
import { hasSecret } from "../storage/key-wrap.ts";
import type { PageCompression } from "../storage/page-codec.ts";
import { newPageSettings, type PageSettings } from "../storage/page-settings.ts";

/** How a copy's pages are written; what is left out is as in the file that is copied. */
export interface CopyOptions extends SecretOptions {
  readonly compression?: PageCompression | undefined;
  readonly pageBytes?: number | undefined;
  /** False for a copy of an encrypted file that anybody can read. */
  readonly isEncrypted?: boolean | undefined;
  /** Told how many bytes of documents are copied, of all; about. */
  readonly onProgress?: ReportBytes;
}

/** How the pages of a copy are written. @param own - how those of the file are that is copied */
export async function copySettings(
  own: PageSettings,
  { compression, pageBytes, isEncrypted, password, key }: CopyOptions,
): Promise<PageSettings> {
  const pages = { compression: compression ?? own.compression, pageBytes: pageBytes ?? own.pageBytes };
  const given = { ...pages, password, key };
  checkSecret(given);
  checkPageBytes(given.pageBytes);
  if (hasSecret(given)) return newPageSettings(given);
  return { ...pages, locked: isEncrypted === false ? undefined : own.locked };
}
