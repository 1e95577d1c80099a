/** Errors in the shape of MongoDB's driver: `code` is a number there, so these are no MillraceErrors. */
import { InvalidArgumentError } from "@millrace/base";
import { DuplicateKeyError } from "../indexes/duplicate-key.ts";
import { LanguageError } from "../mql/error.ts";
import type { BulkWriteResult, Document } from "./types.ts";

const NAMES: Readonly<Record<number, string>> = {
  1: "InternalError",
  2: "BadValue",
  9: "FailedToParse",
  13: "Unauthorized",
  14: "TypeMismatch",
  16: "InvalidLength",
  17: "ProtocolError",
  18: "AuthenticationFailed",
  20: "IllegalOperation",
  26: "NamespaceNotFound",
  27: "IndexNotFound",
  43: "CursorNotFound",
  47: "NoMatchingDocument",
  48: "NamespaceExists",
  50: "MaxTimeMSExpired",
  52: "DollarPrefixedFieldName",
  59: "CommandNotFound",
  66: "ImmutableField",
  67: "CannotCreateIndex",
  72: "InvalidOptions",
  73: "InvalidNamespace",
  76: "NoReplicationEnabled",
  85: "IndexOptionsConflict",
  86: "IndexKeySpecsConflict",
  112: "WriteConflict",
  115: "CommandNotSupported",
  121: "DocumentValidationFailure",
  171: "CannotIndexParallelArrays",
  175: "QueryPlanKilled",
  225: "TransactionTooOld",
  246: "SnapshotUnavailable",
  251: "NoSuchTransaction",
  286: "ChangeStreamHistoryLost",
  291: "NoQueryExecutionPlans",
  292: "QueryExceededMemoryLimitNoDiskUseAllowed",
  10107: "NotWritablePrimary",
  11000: "DuplicateKey",
};

/** What MongoDB calls an error of that number. */
export function codeNameOf(code: number): string {
  return NAMES[code] ?? `Location${code}`;
}

/** Whether a transaction that met an error of that number may succeed when it is begun again. */
export function isTransient(code: number): boolean {
  return code === 112 || code === 246;
}

/** An error that a server would answer with. */
export class MongoServerError extends Error {
  readonly code: number;
  readonly codeName: string;
  readonly errmsg: string;
  readonly keyPattern?: Document;
  readonly keyValue?: Document;

  constructor(code: number, message: string, more: Document = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = "MongoServerError";
    this.code = code;
    this.codeName = codeNameOf(code);
    this.errmsg = message;
    Object.assign(this, more);
  }

  /** Whether an error has one of the labels that tell what may be done about it. */
  hasErrorLabel(label: string): boolean {
    return label === "TransientTransactionError" && isTransient(this.code);
  }
}

/** One failed operation of several. */
export interface WriteError {
  readonly index: number;
  readonly code: number;
  readonly errmsg: string;
}

/** Some of several operations failed; the others are done. */
export class MongoBulkWriteError extends MongoServerError {
  readonly writeErrors: readonly WriteError[];
  readonly result: BulkWriteResult;
  readonly insertedCount: number;

  constructor(writeErrors: readonly WriteError[], result: BulkWriteResult) {
    super(writeErrors[0]!.code, writeErrors[0]!.errmsg);
    this.name = "MongoBulkWriteError";
    this.writeErrors = writeErrors;
    this.result = result;
    this.insertedCount = result.insertedCount;
  }

  /** Of those that were inserted, by their places. */
  get insertedIds(): BulkWriteResult["insertedIds"] {
    return this.result.insertedIds;
  }

  get matchedCount(): number {
    return this.result.matchedCount;
  }

  get modifiedCount(): number {
    return this.result.modifiedCount;
  }

  get deletedCount(): number {
    return this.result.deletedCount;
  }

  get upsertedCount(): number {
    return this.result.upsertedCount;
  }

  get upsertedIds(): BulkWriteResult["upsertedIds"] {
    return this.result.upsertedIds;
  }
}

/** Gives errors of the language the driver's shape; others stay what they are. */
export async function inDriverShape<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DuplicateKeyError) {
      const { keyPattern, keyValue } = error;
      throw new MongoServerError(error.serverCode, error.message, { keyPattern, keyValue }, { cause: error });
    }
    if (error instanceof LanguageError)
      throw new MongoServerError(error.serverCode, error.message, {}, { cause: error });
    // A value or an option that is not taken: what a server calls a bad value.
    if (error instanceof InvalidArgumentError)
      throw new MongoServerError(2, error.message, {}, { cause: error });
    throw error;
  }
}
