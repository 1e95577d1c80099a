/** The lines in front of the data of an AEDAT file of version 1 to 3. */
export interface AedatHeader {
  /** Without their `#`, in order. */
  readonly lines: readonly string[];
  /** Position behind them. */
  readonly end: number;
  /** A line cut off by the end of what was read. */
  readonly isCut: boolean;
}

const HASH = 0x23;
const LINE_FEED = 0x0a;

/**
 * Reads lines that begin with `#`, up to one that ends the header, or to other bytes.
 *
 * Data may begin with `#` too: a line with control characters in it is none.
 *
 * @param isLast - tells the line that ends a header
 */
export function readAedatHeader(head: Uint8Array, isLast: (line: string) => boolean): AedatHeader {
  const decoder = new TextDecoder("latin1");
  const lines: string[] = [];
  let at = 0;
  while (head[at] === HASH) {
    const lineFeed = textEnd(head, at);
    if (lineFeed === head.length) return { lines, end: at, isCut: true };
    if (head[lineFeed] !== LINE_FEED) break;
    const line = decoder.decode(head.subarray(at + 1, lineFeed)).trim();
    lines.push(line);
    at = lineFeed + 1;
    if (isLast(line)) break;
  }
  return { lines, end: at, isCut: false };
}

/** The value behind `key:` in the lines, or undefined. */
export function headerValue(lines: readonly string[], key: string): string | undefined {
  const found = lines.find((line) => line.toLowerCase().startsWith(`${key.toLowerCase()}:`));
  return found?.slice(key.length + 1).trim();
}

/** The position of the first byte that is no text. */
function textEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && (bytes[at]! >= 0x20 || bytes[at] === 0x09 || bytes[at] === 0x0d)) at++;
  return at;
}
