import {
  crc32c,
  isMillraceError,
  parseByteSize,
  readU64,
  readVarint,
  seededRandom,
  writeU64,
  writeVarint,
} from "@millrace/base";

/** Checksums, words, varints, random numbers and an error of @millrace/base. */
export function checkBase(): object {
  const random = seededRandom(7);
  const bytes = random.fill(new Uint8Array(5000));
  const sums = [3, 4, 18, 19, 20, 4096, 5000].map((end) => crc32c(bytes, 0, 3, end));
  const varint = new Uint8Array(16);
  const varintEnd = writeVarint(varint, 0, 2 ** 53 - 1);
  const word = new Uint8Array(8);
  writeU64(word, 0, 2 ** 40 + 3);
  let code = "";
  try {
    parseByteSize("ten");
  } catch (error) {
    if (isMillraceError(error, "BASE_SIZE_INVALID")) code = error.code;
  }
  return {
    sums,
    varintEnd,
    varint: readVarint(varint, 0),
    word: readU64(word, 0),
    normal: random.nextNormal(),
    code,
  };
}
