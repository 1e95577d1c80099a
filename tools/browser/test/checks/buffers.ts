import { crc32c, seededRandom } from "@millrace/base";
import { BufferPool, ChunkListFloat64, GrowableUint16, RecordColumns } from "@millrace/buffers";

/** Growable arrays, record columns and a chunk list over a pool, of @millrace/buffers. */
export function checkBuffers(): object {
  const random = seededRandom(11);
  const ids = new GrowableUint16({ initialCapacity: 4 });
  const rows = new RecordColumns({ t: "int64", x: "uint16" });
  const pool = new BufferPool({ limitBytes: 1 << 20 });
  using samples = new ChunkListFloat64(pool);
  for (let i = 0; i < 70_000; i++) {
    ids.push(random.nextInt(0, 65_535));
    samples.push(random.next());
  }
  for (let i = 0; i < 1000; i++) {
    rows.appendRows(
      { t: BigInt64Array.of(BigInt(i) << 33n), x: Uint16Array.of(random.nextInt(0, 639)) },
      0,
      1,
    );
  }
  const { t, x } = rows.take();
  return {
    ids: sumOf(ids.view()),
    samples: sumOf(samples.toArray()),
    outstandingBytes: pool.stats().outstandingBytes,
    t: sumOf(t),
    x: sumOf(x),
    lastTime: String(t[999]),
  };
}

function sumOf(array: ArrayBufferView): number {
  return crc32c(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
}
