/** The head of a log record: which commit it is a part of (docs/formats/doc-db.md). */
import { CorruptDataError, readU32, writeU32 } from "@millrace/base";

export const RECORD_HEAD_BYTES = 8;
const KIND = 0x44;
const ENCRYPTED_KIND = 0x45;
const FIRST = 1;
const LAST = 2;
const NEEDS_FILE = 4;

/** What a record's head says. A commit counts only when its last part is there. */
export interface RecordHead {
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

export function writeRecordHead(
  bytes: Uint8Array,
  databaseId: number,
  isFirst: boolean,
  isLast: boolean,
  isEncrypted = false,
): void {
  bytes[0] = isEncrypted ? ENCRYPTED_KIND : KIND;
  bytes[1] = (isFirst ? FIRST : 0) | (isLast ? LAST : 0);
  bytes[2] = 0;
  bytes[3] = 0;
  writeU32(bytes, 4, databaseId);
}

/** Whether a record, encrypted or not, begins or ends a commit. */
export function partOfCommit(bytes: Uint8Array): RecordHead {
  return { isFirst: (bytes[1]! & FIRST) !== 0, isLast: (bytes[1]! & LAST) !== 0 };
}

/** Says of a record that it names pages which the file has and the log has not. */
export function markNeedsFile(bytes: Uint8Array): void {
  bytes[1] = bytes[1]! | NEEDS_FILE;
}

/** Whether a record is of use beside its file alone. */
export function needsFile(bytes: Uint8Array): boolean {
  return (bytes[1]! & NEEDS_FILE) !== 0;
}

/** @throws CorruptDataError `DOCDB_LOG_FOREIGN` for a record of another database or another program */
export function readRecordHead(
  bytes: Uint8Array,
  databaseId: number,
  directory: string,
  lsn: number,
  isEncrypted = false,
): RecordHead {
  const kind = isEncrypted ? ENCRYPTED_KIND : KIND;
  if (bytes.length < RECORD_HEAD_BYTES || bytes[0] !== kind || readU32(bytes, 4) !== databaseId) {
    throw new CorruptDataError(
      "DOCDB_LOG_FOREIGN",
      directory,
      0,
      `record ${lsn} is not of this database; put the log that belongs to the file back`,
    );
  }
  return partOfCommit(bytes);
}
