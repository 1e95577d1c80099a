/** Comma-separated values (RFC 4180) into documents. */
import { CorruptDataError } from "@millrace/base";
import { type Document, isDocument, setField, type Value } from "../document/value.ts";

/** Longest row in characters: what has to be in memory at once. */
const MAX_ROW = 16 * 1024 * 1024;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const INTEGER = /^-?\d+$/;

interface Cell {
  readonly text: string;
  readonly isQuoted: boolean;
}

/**
 * Reads documents: the first row has the fields' names, dotted ones as paths. Without quotes a number is a number,
 * `true` and `false` are booleans, and nothing is no field; in quotes all is text.
 * @param name - of the input, for messages
 * @param keepsText - whether numbers and booleans stay text
 * @throws CorruptDataError `DOCDB_IMPORT_CSV` naming line and byte
 */
export async function* readCsv(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  keepsText: boolean,
): AsyncGenerator<Document, void, undefined> {
  const rows = new RowReader(name);
  let fields: readonly string[][] | undefined;
  const take = (row: readonly Cell[]): Document | undefined => {
    if (fields === undefined) {
      fields = row.map(({ text }) => text.split("."));
      const names = row.map(({ text }) => text);
      const wrong = names.find((each, i) => each === "" || names.indexOf(each) !== i);
      if (wrong !== undefined)
        throw rows.error(`the first row names the field "${wrong}" twice, or has one without a name`);
      return undefined;
    }
    if (row.length > fields.length)
      throw rows.error(`a row of ${row.length} values; the first row names ${fields.length}`);
    const document: Record<string, Value> = {};
    for (const [i, cell] of row.entries()) {
      const value = valueOfCell(cell, keepsText);
      if (value !== undefined && !setPath(document, fields[i]!, value))
        throw rows.error(`"${fields[i]!.join(".")}" is within a field that has a value of its own`);
    }
    return document;
  };
  for await (const chunk of chunks) {
    for (const row of rows.push(chunk)) {
      const document = take(row);
      if (document !== undefined) yield document;
    }
  }
  for (const row of rows.end()) {
    const document = take(row);
    if (document !== undefined) yield document;
  }
}

function valueOfCell({ text, isQuoted }: Cell, keepsText: boolean): Value | undefined {
  if (isQuoted) return text;
  if (text === "") return undefined;
  if (keepsText) return text;
  if (text === "true" || text === "false") return text === "true";
  if (!NUMBER.test(text)) return text;
  const number = Number(text);
  // Digits that a double has no room for: an int64 when they fit, else text as it was.
  if (!INTEGER.test(text) || Number.isSafeInteger(number)) return number;
  const integer = BigInt(text);
  return BigInt.asIntN(64, integer) === integer ? integer : text;
}

function setPath(document: Record<string, Value>, path: readonly string[], value: Value): boolean {
  let at = document;
  for (const name of path.slice(0, -1)) {
    if (!Object.hasOwn(at, name)) setField(at, name, {});
    const next = at[name]!;
    if (!isDocument(next)) return false;
    at = next as Record<string, Value>;
  }
  const last = path.at(-1)!;
  if (Object.hasOwn(at, last)) return false;
  setField(at, last, value);
  return true;
}

/** Cuts text into rows of cells, as it comes. */
class RowReader {
  readonly #name: string;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #line = 1;
  /** Where the row begins that is read: its line, and its place in the input in bytes. */
  #rowLine = 1;
  #rowByte = 0;
  /** The text of a chunk, how much of it is read, and how much of that is counted in `#rowByte`. */
  #chunk = "";
  #at = 0;
  #counted = 0;
  /** Bytes of the row in chunks before. */
  #pendingBytes = 0;
  #row: Cell[] = [];
  #text = "";
  /** `start` of a cell, within a `plain` or `quoted` one, or behind a quote in the latter: its `end`, perhaps. */
  #state: "start" | "plain" | "quoted" | "end" = "start";
  #isAfterReturn = false;

  constructor(name: string) {
    this.#name = name;
  }

  *push(chunk: Uint8Array): Generator<readonly Cell[], void, undefined> {
    const before = Buffer.byteLength(this.#chunk.slice(this.#counted));
    this.#chunk = this.#decode(chunk);
    this.#at = 0;
    this.#counted = 0;
    this.#pendingBytes += before;
    for (const character of this.#chunk) {
      this.#at += character.length;
      yield* this.#take(character);
    }
  }

  /** What comes next is a row of its own. */
  #beginRow(): void {
    this.#rowLine = this.#line;
    this.#rowByte += this.#pendingBytes + Buffer.byteLength(this.#chunk.slice(this.#counted, this.#at));
    this.#pendingBytes = 0;
    this.#counted = this.#at;
  }

  *end(): Generator<readonly Cell[], void, undefined> {
    this.#decode(undefined);
    if (this.#state === "quoted")
      throw this.error('the text ends inside quotes; it was cut off or a " is missing');
    if (this.#row.length > 0 || this.#state !== "start") {
      this.#endCell();
      yield this.#row;
    }
  }

  *#take(character: string): Generator<readonly Cell[], void, undefined> {
    if (this.#state === "quoted") {
      if (character === '"') this.#state = "end";
      else this.#add(character);
      if (character === "\n") this.#line++;
      return;
    }
    const isSecondHalf = character === "\n" && this.#isAfterReturn;
    this.#isAfterReturn = character === "\r";
    if (isSecondHalf) return;
    if (character === '"' && this.#state !== "plain") {
      // Two quotes within quotes are one.
      if (this.#state === "end") this.#add('"');
      this.#state = "quoted";
    } else if (character === ",") this.#endCell();
    else if (character === "\n" || character === "\r") {
      const isEmpty = this.#row.length === 0 && this.#state === "start";
      this.#line++;
      if (isEmpty) {
        this.#beginRow();
        return;
      }
      this.#endCell();
      const row = this.#row;
      this.#row = [];
      yield row;
      this.#beginRow();
    } else if (this.#state === "end") throw this.error(`"${character}" behind a closing quote`);
    else {
      this.#state = "plain";
      this.#add(character);
    }
  }

  #endCell(): void {
    this.#row.push({ text: this.#text, isQuoted: this.#state === "end" });
    this.#text = "";
    this.#state = "start";
  }

  #add(character: string): void {
    this.#text += character;
    if (this.#text.length > MAX_ROW) throw this.error(`a value of more than ${MAX_ROW} characters`);
  }

  #decode(chunk: Uint8Array | undefined): string {
    try {
      return chunk === undefined ? this.#decoder.decode() : this.#decoder.decode(chunk, { stream: true });
    } catch {
      throw this.error("text that is not UTF-8");
    }
  }

  error(problem: string): CorruptDataError {
    return new CorruptDataError(
      "DOCDB_IMPORT_CSV",
      `${this.#name}, line ${this.#rowLine}`,
      this.#rowByte,
      problem,
    );
  }
}
