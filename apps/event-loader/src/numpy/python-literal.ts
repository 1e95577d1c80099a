/** What Python's `repr` of an array's description can hold. */
export type PythonValue = string | number | boolean | null | PythonValue[] | Map<string, PythonValue>;

const TOKENS = /\s*(?:'([^'\\]*)'|"([^"\\]*)"|(-?\d+)L?|(True|False|None)|([[\](){},:]))/y;
const WORDS: Readonly<Record<string, boolean | null>> = { True: true, False: false, None: null };
const MAX_DEPTH = 8;

/**
 * Reads a literal as NumPy writes one: dictionaries with text for keys, lists and tuples, text, whole numbers.
 * @returns undefined when it is none
 */
export function parsePythonLiteral(text: string): PythonValue | undefined {
  const tokens = tokensOf(text);
  if (tokens === undefined) return undefined;
  const reader = { tokens, at: 0 };
  try {
    const value = read(reader, 0);
    return reader.at === tokens.length ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

type Token = { readonly value: string | number | boolean | null } | { readonly mark: string };
interface Reader {
  readonly tokens: readonly Token[];
  at: number;
}

function tokensOf(text: string): Token[] | undefined {
  const tokens: Token[] = [];
  const trimmed = text.trimEnd();
  TOKENS.lastIndex = 0;
  while (TOKENS.lastIndex < trimmed.length) {
    const match = TOKENS.exec(trimmed);
    if (match === null) return undefined;
    const [, single, double, number, word, mark] = match;
    if (mark !== undefined) tokens.push({ mark });
    else if (number !== undefined) tokens.push({ value: Number(number) });
    else if (word !== undefined) tokens.push({ value: WORDS[word]! });
    else tokens.push({ value: single ?? double ?? "" });
  }
  return tokens;
}

function read(reader: Reader, depth: number): PythonValue {
  const token = reader.tokens[reader.at++];
  if (token === undefined || depth > MAX_DEPTH) throw new SyntaxError("no value");
  if ("value" in token) return token.value;
  if (token.mark === "{") return readDictionary(reader, depth);
  if (token.mark === "[") return readList(reader, "]", depth);
  if (token.mark === "(") return readList(reader, ")", depth);
  throw new SyntaxError(`no value: ${token.mark}`);
}

function readList(reader: Reader, end: string, depth: number): PythonValue[] {
  const values: PythonValue[] = [];
  while (!takes(reader, end)) {
    values.push(read(reader, depth + 1));
    if (takes(reader, ",")) continue;
    if (takes(reader, end)) break;
    throw new SyntaxError(`no ${end}`);
  }
  return values;
}

function readDictionary(reader: Reader, depth: number): Map<string, PythonValue> {
  const entries = new Map<string, PythonValue>();
  while (!takes(reader, "}")) {
    const key = read(reader, depth + 1);
    if (typeof key !== "string" || !takes(reader, ":")) throw new SyntaxError("no key");
    entries.set(key, read(reader, depth + 1));
    if (takes(reader, ",")) continue;
    if (takes(reader, "}")) break;
    throw new SyntaxError("no }");
  }
  return entries;
}

function takes(reader: Reader, mark: string): boolean {
  const token = reader.tokens[reader.at];
  if (token === undefined || !("mark" in token) || token.mark !== mark) return false;
  reader.at++;
  return true;
}
