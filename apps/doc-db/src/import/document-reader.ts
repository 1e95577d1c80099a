import { CorruptDataError } from "@millrace/base";
import { documentFromJson } from "../document/extended-json.ts";
import type { Document } from "../document/value.ts";

/** Longest line, or element of an array, in bytes: what has to be in memory at once. */
const MAX_TEXT_BYTES = 64 * 1024 * 1024;
const NEWLINE = 10;
const CODE = {
  space: 32,
  tab: 9,
  return: 13,
  quote: 34,
  backslash: 92,
  comma: 44,
  openBracket: 91,
  closeBracket: 93,
  openBrace: 123,
  closeBrace: 125,
} as const;

/**
 * Reads documents from text as it comes: one JSON object a line, or one JSON array of objects over any lines.
 * @param name - of the input, for messages
 * @throws CorruptDataError `DOCDB_IMPORT_JSON` naming line and byte of what is no document, or of where the text ends early
 */
export async function* readDocuments(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Document, void, undefined> {
  const splitter = new TextSplitter(name);
  for await (const chunk of chunks) yield* splitter.push(chunk);
  yield* splitter.end();
}

/**
 * Cuts the input into the texts of single documents: an object's text ends with its last brace. It keeps the
 * position of each, in bytes of the (decompressed) input and in lines.
 */
class TextSplitter {
  readonly #name: string;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #rest: Uint8Array = new Uint8Array(0);
  #offset = 0;
  #line = 1;
  #isArray = false;
  #isArrayEnded = false;
  /** In an array: whether a comma may, or must, come next. */
  #needsComma = false;
  #count = 0;

  constructor(name: string) {
    this.#name = name;
  }

  *push(chunk: Uint8Array): Generator<Document, void, undefined> {
    const bytes = new Uint8Array(this.#rest.length + chunk.length);
    bytes.set(this.#rest);
    bytes.set(chunk, this.#rest.length);
    const used = yield* this.#split(bytes, false);
    this.#rest = bytes.subarray(used);
    if (this.#rest.length > MAX_TEXT_BYTES)
      throw this.#error(`a document of more than ${MAX_TEXT_BYTES} bytes begins here`);
  }

  *end(): Generator<Document, void, undefined> {
    yield* this.#split(this.#rest, true);
    if (this.#isArray && !this.#isArrayEnded)
      throw this.#error('the text ends inside an array; it was cut off, a "]" is missing');
  }

  *#split(bytes: Uint8Array, isLast: boolean): Generator<Document, number, undefined> {
    let at = 0;
    for (;;) {
      const start = this.#skip(bytes, at);
      this.#offset += start - at;
      at = start;
      if (at === bytes.length) return at;
      const end = documentEnd(bytes, at);
      if (end < 0) {
        if (!isLast) return at;
        throw this.#error("the text ends inside this document; it was cut off or a brace is missing");
      }
      yield this.#parse(bytes.subarray(at, end));
      this.#count++;
      this.#needsComma = this.#isArray;
      this.#offset += end - at;
      at = end;
    }
  }

  /** Steps over space and over the array's own characters; stops at the beginning of a document or at the end. */
  #skip(bytes: Uint8Array, from: number): number {
    let at = from;
    for (; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (byte === NEWLINE) this.#line++;
      else if (byte === CODE.openBrace && !this.#needsComma && !this.#isArrayEnded) return at;
      else if (byte === CODE.openBracket && this.#count === 0 && !this.#isArray) this.#isArray = true;
      else if (byte === CODE.comma && this.#needsComma) this.#needsComma = false;
      else if (byte === CODE.closeBracket && this.#isArray && !this.#isArrayEnded) {
        if (this.#count > 0 && !this.#needsComma) throw this.#unexpected(bytes, from, at);
        this.#isArrayEnded = true;
        this.#needsComma = false;
      } else if (
        byte !== CODE.space &&
        byte !== CODE.tab &&
        byte !== CODE.return &&
        !this.#isMark(bytes, from, at)
      ) {
        throw this.#unexpected(bytes, from, at);
      }
    }
    return at;
  }

  /** The byte order mark that some programs put in front of UTF-8. */
  #isMark(bytes: Uint8Array, from: number, at: number): boolean {
    const position = this.#offset + at - from;
    return position < 3 && bytes[at] === [0xef, 0xbb, 0xbf][position];
  }

  #parse(text: Uint8Array): Document {
    try {
      const document = documentFromJson(JSON.parse(this.#decoder.decode(text)));
      for (const byte of text) if (byte === NEWLINE) this.#line++;
      return document;
    } catch (cause) {
      throw this.#error(cause instanceof Error ? cause.message.replace(/\s+/g, " ") : String(cause), cause);
    }
  }

  #unexpected(bytes: Uint8Array, from: number, at: number): CorruptDataError {
    this.#offset += at - from;
    const byte = bytes[at]!;
    const shown =
      byte > 32 && byte < 127
        ? `"${String.fromCharCode(byte)}"`
        : `byte 0x${byte.toString(16).padStart(2, "0")}`;
    return this.#error(
      `found ${shown} where a JSON object should begin; expected one object a line, or one array of objects`,
    );
  }

  #error(problem: string, cause?: unknown): CorruptDataError {
    return new CorruptDataError(
      "DOCDB_IMPORT_JSON",
      `${this.#name}, line ${this.#line}`,
      this.#offset,
      problem,
      { cause },
    );
  }
}

/** The offset behind the brace that ends the object at `start`; -1 when it is not there yet. */
function documentEnd(bytes: Uint8Array, start: number): number {
  let depth = 0;
  let isInText = false;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (isInText) {
      if (byte === CODE.backslash) at++;
      else if (byte === CODE.quote) isInText = false;
    } else if (byte === CODE.quote) isInText = true;
    else if (byte === CODE.openBrace) depth++;
    else if (byte === CODE.closeBrace && --depth === 0) return at + 1;
  }
  return -1;
}
