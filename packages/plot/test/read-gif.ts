/** What a plain reader finds in a GIF. */
export interface ReadGif {
  readonly width: number;
  readonly height: number;
  readonly palette: Uint8Array;
  readonly frames: { readonly delay: number; readonly pixels: Uint8Array }[];
}

/** Reads a GIF by the specification, slowly, with strings of pixels for codes. */
export function readGif(bytes: Uint8Array): ReadGif {
  const text = (start: number, end: number): string => String.fromCharCode(...bytes.subarray(start, end));
  if (text(0, 6) !== "GIF89a") throw new Error("no GIF");
  const u16 = (at: number): number => bytes[at]! | (bytes[at + 1]! << 8);
  const colours = 2 ** ((bytes[10]! & 7) + 1);
  const palette = bytes.subarray(13, 13 + 3 * colours);
  const frames: { delay: number; pixels: Uint8Array }[] = [];
  let at = 13 + 3 * colours;
  let delay = 0;
  const blocks = (): number[] => {
    const data: number[] = [];
    for (; bytes[at] !== 0; at += bytes[at]! + 1) data.push(...bytes.subarray(at + 1, at + 1 + bytes[at]!));
    at++;
    return data;
  };
  for (; bytes[at] !== 0x3b; ) {
    if (bytes[at] === 0x21) {
      if (bytes[at + 1] === 0xf9) delay = u16(at + 4);
      at += 2;
      blocks();
      continue;
    }
    if (bytes[at] !== 0x2c) throw new Error(`no block at ${at}`);
    const size = u16(at + 5) * u16(at + 7);
    at += 10;
    const pixelBits = bytes[at++]!;
    const pixels = unpack(blocks(), pixelBits);
    if (pixels.length !== size) throw new Error(`${pixels.length} pixels, expected ${size}`);
    frames.push({ delay, pixels: Uint8Array.from(pixels) });
  }
  if (at !== bytes.length - 1) throw new Error("bytes behind the end");
  return { width: u16(6), height: u16(8), palette, frames };
}

function unpack(data: readonly number[], pixelBits: number): number[] {
  const clear = 1 << pixelBits;
  const pixels: number[] = [];
  let table: number[][] = [];
  let bits = pixelBits + 1;
  let before: number[] | undefined;
  let position = 0;
  const next = (): number => {
    let code = 0;
    for (let i = 0; i < bits; i++, position++) {
      code |= ((data[position >> 3]! >> (position & 7)) & 1) << i;
    }
    return code;
  };
  for (;;) {
    if (position + bits > 8 * data.length) throw new Error("no end code");
    const code = next();
    if (code === clear + 1) return pixels;
    if (code === clear) {
      table = Array.from({ length: clear + 2 }, (_, i) => [i]);
      bits = pixelBits + 1;
      before = undefined;
      continue;
    }
    const entry = table[code] ?? (code === table.length && before ? [...before, before[0]!] : undefined);
    if (entry === undefined) throw new Error(`code ${code} is not in the table of ${table.length}`);
    for (const pixel of entry) pixels.push(pixel);
    if (before !== undefined && table.length < 4096) table.push([...before, entry[0]!]);
    if (table.length === 2 ** bits && bits < 12) bits++;
    before = entry;
  }
}
