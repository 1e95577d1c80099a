/** Codes of a table have 12 bits at most. */
const MAX_CODES = 4096;
/** Slots of the hash table: twice the codes, so that searches stay short. */
const SLOTS = 8192;

/** LZW as GIF has it (GIF89a specification, appendix F): codes of 3 to 12 bits, in blocks of 255 bytes at most. */
export class GifLzw {
  /** Prefix code and next pixel of each slot, plus 1; 0 is free. */
  readonly #keys = new Int32Array(SLOTS);
  readonly #codes = new Uint16Array(SLOTS);
  #out = new Uint8Array(0);

  /** @param pixelBits - bits of a pixel, 2 to 8 @returns the bytes behind an image's descriptor; a copy */
  encode(pixels: Uint8Array, pixelBits: number): Uint8Array {
    // A code of 12 bits for each pixel is the worst, beside a clear code every some 4000.
    const most = Math.ceil(pixels.length * 1.6) + 64;
    if (this.#out.length < most) this.#out = new Uint8Array(most);
    const length = pack(pixels, pixelBits, this.#keys, this.#codes, this.#out);
    return intoBlocks(this.#out, length, pixelBits);
  }
}

/** @returns how many bytes were written */
function pack(
  pixels: Uint8Array,
  pixelBits: number,
  keys: Int32Array,
  codes: Uint16Array,
  out: Uint8Array,
): number {
  const clear = 1 << pixelBits;
  let bits = pixelBits + 1;
  let next = clear + 2;
  let [held, heldBits, at] = [clear, bits, 0];
  keys.fill(0);
  let prefix = pixels[0]!;
  for (let i = 1; i <= pixels.length; i++) {
    const isLast = i === pixels.length;
    const pixel = isLast ? 0 : pixels[i]!;
    const key = ((prefix << 8) | pixel) + 1;
    let slot = (Math.imul(key, 0x9e3779b1) >>> 19) & (SLOTS - 1);
    while (keys[slot] !== 0 && keys[slot] !== key) slot = (slot + 1) & (SLOTS - 1);
    if (!isLast && keys[slot] === key) {
      prefix = codes[slot]!;
      continue;
    }
    held |= prefix << heldBits;
    for (heldBits += bits; heldBits >= 8; heldBits -= 8, held >>>= 8) out[at++] = held & 255;
    if (isLast) break;
    prefix = pixel;
    if (next < MAX_CODES) {
      // The decoder is one code behind: it reads this one's number with more bits only after it has made it.
      if (next === 1 << bits) bits++;
      keys[slot] = key;
      codes[slot] = next++;
      continue;
    }
    held |= clear << heldBits;
    for (heldBits += bits; heldBits >= 8; heldBits -= 8, held >>>= 8) out[at++] = held & 255;
    keys.fill(0);
    next = clear + 2;
    bits = pixelBits + 1;
  }
  // The decoder has made one more code meanwhile.
  if (next === 1 << bits && bits < 12) bits++;
  held |= (clear + 1) << heldBits;
  for (heldBits += bits; heldBits > 0; heldBits -= 8, held >>>= 8) out[at++] = held & 255;
  return at;
}

/** Bits of a pixel, then the bytes in blocks with their lengths, then an empty block. */
function intoBlocks(bytes: Uint8Array, length: number, pixelBits: number): Uint8Array {
  const blocks = Math.ceil(length / 255);
  const framed = new Uint8Array(length + blocks + 2);
  framed[0] = pixelBits;
  for (let block = 0; block < blocks; block++) {
    const start = 255 * block;
    const end = Math.min(length, start + 255);
    framed[1 + 256 * block] = end - start;
    framed.set(bytes.subarray(start, end), 2 + 256 * block);
  }
  return framed;
}
