import { crc32c, seededRandom } from "@millrace/base";
import {
  Bitmap,
  BloomFilter,
  decodeDeltaBitpack,
  decodeStepRuns,
  deltaBitpackBound,
  encodeDeltaBitpack,
  encodeStepRuns,
  eventsToCsr,
  packBits,
  packedByteLength,
  shuffleBytes,
  unpackDeltas,
  unshuffleBytes,
} from "@millrace/codecs";
import { isSimdAvailable, unpackDeltasSimd } from "@millrace/codecs/simd";

const COUNT = 10_000;

/** Round trips of the codecs, and the bytes between, of @millrace/codecs. */
export function checkCodecs(): object {
  const random = seededRandom(13);
  const times = new Uint32Array(COUNT);
  for (let i = 1; i < COUNT; i++) times[i] = times[i - 1]! + random.nextInt(1, 12);

  const packed = new Uint8Array(deltaBitpackBound(COUNT));
  const packedEnd = encodeDeltaBitpack(times, 0, COUNT, packed, 0);
  const unpacked = new Uint32Array(COUNT);
  decodeDeltaBitpack(packed, 0, packedEnd, unpacked, 0);

  const starts = new Uint32Array(COUNT);
  const counts = new Uint32Array(COUNT);
  const runs = encodeStepRuns(times, 0, COUNT, starts, counts);
  const steps = new Uint32Array(COUNT);
  decodeStepRuns(starts, counts, runs, steps, 0);

  const source = new Uint8Array(times.buffer);
  const shuffled = new Uint8Array(source.length);
  const unshuffled = new Uint8Array(source.length);
  shuffleBytes(source, 0, source.length, 4, shuffled, 0);
  unshuffleBytes(shuffled, 0, shuffled.length, 4, unshuffled, 0);

  const indptr = new Uint32Array(101);
  const indices = new Uint32Array(COUNT);
  eventsToCsr(
    times.map((time) => time % 100),
    times,
    0,
    COUNT,
    indptr,
    indices,
  );

  const bitmap = new Bitmap(times[COUNT - 1]! + 1);
  const bloom = BloomFilter.create(COUNT);
  for (const time of times) {
    bitmap.set(time);
    bloom.addU32(time);
  }
  return {
    packed: crc32c(packed, 0, 0, packedEnd),
    isUnpacked: areEqual(unpacked, times),
    runs,
    isExpanded: areEqual(steps, times),
    shuffled: crc32c(shuffled),
    isUnshuffled: areEqual(unshuffled, source),
    csr: [crc32c(new Uint8Array(indptr.buffer)), crc32c(new Uint8Array(indices.buffer))],
    bits: [bitmap.count(), bitmap.rank(40_000), bitmap.select(777)],
    bloom: crc32c(bloom.serialize()),
    isSimdAvailable: isSimdAvailable(),
    isSimdTheSame: isSimdTheSame(random.fill(new Uint8Array(packedByteLength(COUNT, 9)))),
  };
}

/** The vectors of WebAssembly against the loop, on differences of nine bits. */
function isSimdTheSame(noise: Uint8Array): boolean {
  const differences = Uint32Array.from({ length: COUNT }, (_, i) => (noise[i % noise.length]! * 2) % 512);
  const bytes = new Uint8Array(packedByteLength(COUNT, 9));
  packBits(differences, 0, COUNT, 9, bytes, 0);
  const plain = new Uint32Array(COUNT);
  const vectors = new Uint32Array(COUNT);
  unpackDeltas(bytes, 0, 9, plain, 0, COUNT, 5, 1);
  unpackDeltasSimd(bytes, 0, 9, vectors, 0, COUNT, 5, 1);
  return plain[COUNT - 1]! > COUNT && areEqual(plain, vectors);
}

function areEqual(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return a.length === b.length;
}
