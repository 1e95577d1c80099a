/** Strings out of bytes. */

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const latin1 = Buffer.prototype.latin1Slice;
/** Shorter strings are put together here: cheaper than a call out of JavaScript. */
const SHORT_BYTES = 16;
/** Of larger documents each string is read by itself, as one that is kept keeps all of what it was cut from. */
const MAX_SOURCE_BYTES = 8192;

/** Places for short texts, and the longest of them. */
const KEPT = 1024;
const MAX_KEPT = 24;
const kept: string[] = new Array<string>(KEPT).fill("");

let source = "";
let sourceBytes: Uint8Array | undefined;
let sourceStart = 0;
let sourceEnd = 0;

/** Says which bytes are read next: their ASCII strings are cut out of one string. */
export function beginSource(bytes: Uint8Array, start: number, end: number): void {
  sourceBytes = end - start <= MAX_SOURCE_BYTES ? bytes : undefined;
  sourceStart = start;
  sourceEnd = end;
  source = "";
}

/** Lets the bytes of {@link beginSource} go. */
export function endSource(): void {
  sourceBytes = undefined;
  source = "";
}

/** Reads text of ASCII, which its type promises. */
export function asciiText(bytes: Uint8Array, start: number, end: number): string {
  if (bytes === sourceBytes && start >= sourceStart && end <= sourceEnd) {
    if (source === "") source = latin1.call(bytes as Buffer, sourceStart, sourceEnd);
    return source.substring(start - sourceStart, end - sourceStart);
  }
  return end - start <= MAX_KEPT ? keptText(bytes, start, end) : latin1.call(bytes as Buffer, start, end);
}

/** Short text as it was read before from the same place of the table, if it is the same: fields repeat themselves. */
function keptText(bytes: Uint8Array, start: number, end: number): string {
  let hash = end - start;
  for (let i = start; i < end; i++) hash = Math.imul(hash, 31) + bytes[i]!;
  const place = (hash ^ (hash >>> 12)) & (KEPT - 1);
  const known = kept[place]!;
  if (known.length === end - start) {
    let i = 0;
    while (i < known.length && known.charCodeAt(i) === bytes[start + i]) i++;
    if (i === known.length) return known;
  }
  const found = latin1.call(bytes as Buffer, start, end);
  kept[place] = found;
  return found;
}

/** Reads UTF-8. @throws TypeError for what is none */
export function text(bytes: Uint8Array, start: number, end: number): string {
  if (end - start < SHORT_BYTES) {
    let found = "";
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!;
      if (byte > 127) return decoder.decode(bytes.subarray(start, end));
      found += String.fromCharCode(byte);
    }
    return found;
  }
  return decoder.decode(bytes.subarray(start, end));
}
