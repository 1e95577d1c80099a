/** How the pages of a file are written: chosen when it is made, read from its header after that. */
import { randomBytes } from "node:crypto";
import { CorruptDataError, MillraceError } from "@millrace/base";
import { atomicWrite, MemoryVfs, type Vfs, type VfsFile } from "@millrace/files";
import { KEY_BYTES } from "./aes-gcm.ts";
import { FileCipher, newFileCipher } from "./file-cipher.ts";
import { encodeHeader, firstPages, type Header, isHeaderAuthentic, newDatabaseId } from "./header.ts";
import { hasSecret, type KeyWrap, type Secret, unwrapKey, wrapKey } from "./key-wrap.ts";
import { emptyLayout, PackedPages, UNIT_BYTES } from "./packed-pages.ts";
import { PageCodec, type PageCompression } from "./page-codec.ts";
import { newPageIo, type PageFile, PlainPages } from "./page-file.ts";
import { CATALOG_PAGE, DEFAULT_PAGE_BYTES, FIRST_FREE_PAGE, META_PAGE } from "./page-format.ts";

/** What a new file gets. */
export interface PageSettings {
  readonly pageBytes: number;
  readonly compression: PageCompression;
  /** Its data key, and how it is wrapped; undefined for a file that is not encrypted. */
  readonly locked: { readonly dataKey: Uint8Array; readonly wrap: KeyWrap } | undefined;
}

/** What a file is opened with. */
export interface PageOptions extends Secret {
  readonly pageBytes?: number | undefined;
  readonly compression?: PageCompression | undefined;
}

/** A new file's settings; a secret gets a new data key. */
export async function newPageSettings(options: PageOptions): Promise<PageSettings> {
  const { compression = "none", pageBytes = DEFAULT_PAGE_BYTES } = options;
  if (!hasSecret(options)) return { pageBytes, compression, locked: undefined };
  const dataKey = randomBytes(KEY_BYTES);
  return { pageBytes, compression, locked: { dataKey, wrap: await wrapKey(dataKey, options) } };
}

/** Makes an empty file whose pages are compressed or encrypted; durable, or not there at all. */
export async function createPackedFile(
  vfs: Vfs,
  path: string,
  directory: string,
  { pageBytes, compression, locked }: PageSettings,
): Promise<FileCipher | undefined> {
  const cipher = locked === undefined ? undefined : newFileCipher(locked.dataKey);
  const memory = new MemoryVfs();
  await using file = await memory.open("new", "create");
  const io = newPageIo();
  const codec = new PageCodec(compression, cipher, io);
  const pages = new PackedPages(file, codec, io, emptyLayout(pageBytes), pageBytes);
  const first = firstPages(pageBytes);
  for (const number of [META_PAGE, CATALOG_PAGE])
    pages.write(number, first.subarray(number * pageBytes, (number + 1) * pageBytes));
  const layout = pages.saveLayout(true);
  const encryption = cipher === undefined ? undefined : { opening: 1, salt: cipher.salt, wrap: locked!.wrap };
  const header: Header = {
    pageBytes,
    databaseId: newDatabaseId(),
    sequence: 1,
    checkpointLsn: 0,
    pageCount: FIRST_FREE_PAGE,
    isClosed: true,
    packed: { compression, layout, encryption },
  };
  for (let copy = 0; copy < 2; copy++) await file.write(encodeHeader(header, cipher), copy * pageBytes);
  const bytes = new Uint8Array(layout.units * UNIT_BYTES);
  await file.read(bytes, 0);
  await atomicWrite(vfs, path, bytes);
  await vfs.syncDirectory(directory);
  return cipher;
}

/**
 * Checks that a file may be opened with these options.
 * @param known - of the same file, looked at before
 * @returns what its pages are decrypted with; undefined when they are not encrypted
 * @throws MillraceError `DOCDB_PASSWORD_MISSING`, `DOCDB_PASSWORD_WRONG`, `DOCDB_PASSWORD_UNUSED`,
 *   `DOCDB_COMPRESSION_FIXED`, `DOCDB_PAGE_BYTES_FIXED`
 */
export async function unlockFile(
  header: Header,
  options: PageOptions,
  path: string,
  known?: FileCipher,
): Promise<FileCipher | undefined> {
  const { compression = "none", encryption } = header.packed ?? {};
  const wanted = options.compression ?? compression;
  if (wanted !== compression)
    throw new MillraceError(
      "DOCDB_COMPRESSION_FIXED",
      `${path}: was made with compression "${compression}", not "${wanted}"; "docdb compact --compression ${wanted}" writes it anew`,
    );
  const { pageBytes } = header;
  const wantedBytes = options.pageBytes ?? pageBytes;
  if (wantedBytes !== pageBytes)
    throw new MillraceError(
      "DOCDB_PAGE_BYTES_FIXED",
      `${path}: was made with pages of ${pageBytes} bytes, not ${wantedBytes}; "docdb compact --page-bytes ${wantedBytes}" writes it anew`,
    );
  if (encryption === undefined) {
    if (!hasSecret(options)) return undefined;
    throw new MillraceError(
      "DOCDB_PASSWORD_UNUSED",
      `${path}: is not encrypted; open it without password, or encrypt it by "docdb rekey --encrypt"`,
    );
  }
  const isKnown = known !== undefined && Buffer.compare(known.salt, encryption.salt) === 0;
  const cipher = isKnown
    ? known
    : new FileCipher(await unwrapKey(encryption.wrap, options, path), encryption.salt);
  if (isHeaderAuthentic(header, cipher)) return cipher;
  throw new CorruptDataError(
    "DOCDB_HEADER_CORRUPT",
    path,
    0,
    "the header was changed by somebody without the key; restore the file from a copy",
  );
}

/** Numbers the opening durably: from then on its nonces are its own. */
export async function numberOpening(file: VfsFile, header: Header, cipher: FileCipher): Promise<Header> {
  const numbered = withNextOpening(header);
  await file.write(encodeHeader(numbered, cipher), (numbered.sequence % 2) * header.pageBytes);
  await file.sync();
  cipher.beginWriting(numbered.packed!.encryption!.opening);
  return numbered;
}

/** {@link numberOpening} at once. */
export function numberOpeningSync(file: VfsFile, header: Header, cipher: FileCipher): Header {
  const numbered = withNextOpening(header);
  file.writeSync(encodeHeader(numbered, cipher), (numbered.sequence % 2) * header.pageBytes);
  file.syncSync();
  cipher.beginWriting(numbered.packed!.encryption!.opening);
  return numbered;
}

function withNextOpening(header: Header): Header {
  const packed = header.packed!;
  const encryption = packed.encryption!;
  const opening = encryption.opening + 1;
  const sequence = header.sequence + 1;
  return { ...header, sequence, packed: { ...packed, encryption: { ...encryption, opening } } };
}

/** The pages of an open file. */
export function pagesOf(
  file: VfsFile,
  { pageBytes, packed }: Header,
  cipher: FileCipher | undefined,
): PageFile {
  if (packed === undefined) return new PlainPages(file, pageBytes);
  const io = newPageIo();
  const codec = new PageCodec(packed.compression, cipher, io);
  return new PackedPages(file, codec, io, packed.layout, pageBytes);
}
