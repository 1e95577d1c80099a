/** Resume tokens of change streams (docs/formats/doc-db.md). */
import type { ObjectId } from "../document/object-id.ts";
import { type Document, isDocument, type Value } from "../document/value.ts";
import { fail } from "../mql/error.ts";

const TOKEN = /^[0-9a-f]{24}[0-9a-f]{16}0[01]$/;

/** Feed, sequence number and whether it is that of an `invalidate`, in hexadecimal digits. */
export function tokenOf(feedId: ObjectId, sequence: number, isInvalidate: boolean): Document {
  return { _data: `${feedId.toHex()}${sequence.toString(16).padStart(16, "0")}0${isInvalidate ? 1 : 0}` };
}

/** The sequence number of a token. @throws LanguageError 260 */
export function parseToken(token: Value, feedId: ObjectId, mayBeInvalidate: boolean): number {
  const data = isDocument(token) ? token._data : undefined;
  if (typeof data !== "string" || !TOKEN.test(data) || !data.startsWith(feedId.toHex()))
    return fail(260, "resume token", token, "one of this file's changes");
  if (data.endsWith("1") && !mayBeInvalidate)
    return fail(260, "resumeAfter", token, "another one than that of an invalidate, which startAfter takes");
  return Number.parseInt(data.slice(24, 40), 16);
}
