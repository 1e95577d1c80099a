/**
 * Messages of MongoDB's wire protocol (mongodb.com/docs/manual/reference/mongodb-wire-protocol): OP_MSG, and OP_QUERY
 * for the first hello of a driver. All words are little-endian.
 */
import { CorruptDataError, crc32c } from "@millrace/base";
import { bsonLength, decodeBson } from "../bson/decode.ts";
import { BsonWriter } from "../bson/encode.ts";
import type { Document, Value } from "../document/value.ts";

/** Bytes of a message's head: length, id, the id that is answered, kind. */
export const HEAD_BYTES = 16;
/** As MongoDB has it. */
export const MAX_MESSAGE_BYTES = 48_000_000;

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_COMPRESSED = 2012;
const OP_MSG = 2013;

const HAS_CHECKSUM = 1;
const MORE_TO_COME = 2;
/** Bits that a receiver must know. */
const REQUIRED_BITS = 0xffff;

/** What a client asks for. */
export interface Request {
  readonly id: number;
  /** `legacy` is OP_QUERY, which is answered in kind; `compressed` is not understood. */
  readonly kind: "message" | "legacy" | "compressed";
  readonly command: Document;
  /** No answer is wanted. */
  readonly isOneWay: boolean;
}

/**
 * Reads one whole message.
 * @throws CorruptDataError `DOCDB_WIRE_INVALID`, `DOCDB_BSON_INVALID`
 */
export function readRequest(frame: Uint8Array): Request {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const id = view.getInt32(4, true);
  switch (view.getInt32(12, true)) {
    case OP_MSG:
      return { id, kind: "message", ...readMessage(frame, view) };
    case OP_QUERY:
      return { id, kind: "legacy", isOneWay: false, command: readQuery(frame, view) };
    case OP_COMPRESSED:
      return { id, kind: "compressed", isOneWay: false, command: {} };
  }
  throw invalid(12, `messages of kind ${view.getInt32(12, true)}, OP_MSG is understood`);
}

function readMessage(frame: Uint8Array, view: DataView): Pick<Request, "command" | "isOneWay"> {
  if (frame.length < HEAD_BYTES + 5) throw invalid(HEAD_BYTES, "OP_MSG without a section");
  const flags = view.getUint32(HEAD_BYTES, true);
  const unknown = flags & REQUIRED_BITS & ~(HAS_CHECKSUM | MORE_TO_COME);
  if (unknown !== 0) throw invalid(HEAD_BYTES, `flags 0x${unknown.toString(16)}, which must be known`);
  let end = frame.length;
  if ((flags & HAS_CHECKSUM) !== 0) {
    end -= 4;
    if (crc32c(frame, 0, 0, end) !== view.getUint32(end, true)) throw invalid(end, "another checksum");
  }
  const sections = frame.subarray(0, end);
  let command: Document | undefined;
  const sequences: [string, Value][] = [];
  for (let at = HEAD_BYTES + 4; at < end; ) {
    const kind = frame[at++]!;
    if (kind === 0) {
      if (command !== undefined) throw invalid(at, "two sections of kind 0");
      const length = bsonLength(sections, at);
      command = decodeBson(sections.subarray(at, at + length));
      at += length;
    } else if (kind === 1) {
      const length = at + 4 <= end ? view.getInt32(at, true) : 0;
      if (length < 5 || at + length > end) throw invalid(at, `a section of ${length} bytes`);
      sequences.push(readSequence(sections.subarray(at, at + length), at));
      at += length;
    } else throw invalid(at - 1, `a section of kind ${kind}`);
  }
  if (command === undefined) throw invalid(HEAD_BYTES + 4, "no section of kind 0");
  for (const [name] of sequences)
    if (Object.hasOwn(command, name)) throw invalid(HEAD_BYTES + 4, `two fields "${name}"`);
  const isOneWay = (flags & MORE_TO_COME) !== 0;
  return { command: { ...command, ...Object.fromEntries(sequences) }, isOneWay };
}

/** Documents one behind the other, under a name. */
function readSequence(section: Uint8Array, at: number): [string, Value] {
  const nameEnd = section.indexOf(0, 4);
  if (nameEnd < 0) throw invalid(at, "a sequence without a name");
  const name = Buffer.from(section.subarray(4, nameEnd)).toString();
  const documents: Document[] = [];
  for (let i = nameEnd + 1; i < section.length; ) {
    const length = bsonLength(section, i);
    documents.push(decodeBson(section.subarray(i, i + length)));
    i += length;
  }
  return [name, documents];
}

/** `flags, "admin.$cmd", skip, count, command`. */
function readQuery(frame: Uint8Array, view: DataView): Document {
  const nameEnd = frame.indexOf(0, HEAD_BYTES + 4);
  const start = nameEnd + 9;
  if (nameEnd < 0 || start >= view.byteLength) throw invalid(HEAD_BYTES, "OP_QUERY without a query");
  const namespace = Buffer.from(frame.subarray(HEAD_BYTES + 4, nameEnd)).toString();
  if (!namespace.endsWith(".$cmd")) throw invalid(HEAD_BYTES + 4, `OP_QUERY on "${namespace}"`);
  return { ...decodeBson(frame, start), $db: namespace.slice(0, -5) };
}

/** The bytes of an answer. @param id - of the answer itself */
export function writeReply(id: number, request: Pick<Request, "id" | "kind">, reply: Document): Uint8Array {
  const writer = new BsonWriter();
  const isLegacy = request.kind === "legacy";
  for (const word of [0, id, request.id, isLegacy ? OP_REPLY : OP_MSG]) writer.int32(word);
  writer.int32(0);
  if (isLegacy) {
    writer.int64(0n);
    writer.int32(0);
    writer.int32(1);
  } else writer.byte(0);
  writer.document(reply);
  writer.int32At(0, writer.length);
  return writer.bytes;
}

/**
 * Cuts a stream of bytes into messages.
 * @param limit - most bytes of a message, now
 * @throws CorruptDataError `DOCDB_WIRE_INVALID` for a length that no message has
 */
export async function* readFrames(
  chunks: AsyncIterable<Uint8Array>,
  limit: () => number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  let wanted = HEAD_BYTES;
  for await (const chunk of chunks) {
    parts.push(chunk);
    bytes += chunk.length;
    if (bytes < wanted) continue;
    let joined: Uint8Array = parts.length === 1 ? chunk : Buffer.concat(parts, bytes);
    for (
      wanted = HEAD_BYTES;
      joined.length >= HEAD_BYTES;
      joined = joined.subarray(wanted), wanted = HEAD_BYTES
    ) {
      wanted = new DataView(joined.buffer, joined.byteOffset, 4).getInt32(0, true);
      if (wanted < HEAD_BYTES || wanted > limit())
        throw invalid(0, `a message of ${wanted} bytes, where ${HEAD_BYTES} to ${limit()} are taken`);
      if (joined.length < wanted) break;
      yield joined.subarray(0, wanted);
    }
    parts = joined.length === 0 ? [] : [joined];
    bytes = joined.length;
  }
}

function invalid(byteOffset: number, problem: string): CorruptDataError {
  return new CorruptDataError("DOCDB_WIRE_INVALID", "message", byteOffset, problem);
}
