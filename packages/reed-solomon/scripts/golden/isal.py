"""Writes test/golden/isal.json: parity made by ISA-L (Debian: libisal2), its cauchy matrix.

python3 isal.py > ../../test/golden/isal.json
"""

import ctypes
import ctypes.util
import json

SHAPES = [
    *[(1, 1, 40), (1, 5, 17), (2, 1, 33), (4, 2, 1), (4, 2, 257), (5, 3, 64), (8, 4, 130), (10, 4, 129)],
    *[(17, 3, 100), (20, 10, 31), (100, 30, 24), (128, 100, 16), (250, 5, 64)],
]


def fill(count, state):
    """The bytes of xorshift32 (Marsaglia 2003), which the test fills its shards with."""
    filled = bytearray()
    for _ in range(count):
        state ^= (state << 13) & 0xFFFFFFFF
        state ^= state >> 17
        state ^= (state << 5) & 0xFFFFFFFF
        filled.append(state >> 24)
    return bytes(filled), state


def parity_of(isal, data_shards, parity_shards, shards, shard_bytes):
    """Encodes with ec_encode_data, the call that picks the fastest way of this processor."""
    matrix = ctypes.create_string_buffer((data_shards + parity_shards) * data_shards)
    isal.gf_gen_cauchy1_matrix(matrix, data_shards + parity_shards, data_shards)
    tables = ctypes.create_string_buffer(32 * data_shards * parity_shards)
    below = ctypes.byref(matrix, data_shards * data_shards)
    isal.ec_init_tables(data_shards, parity_shards, below, tables)
    inputs = [ctypes.create_string_buffer(shard, shard_bytes) for shard in shards]
    outputs = [ctypes.create_string_buffer(shard_bytes) for _ in range(parity_shards)]
    addresses = [
        (ctypes.c_void_p * len(buffers))(*[ctypes.addressof(buffer) for buffer in buffers])
        for buffers in (inputs, outputs)
    ]
    isal.ec_encode_data(shard_bytes, data_shards, parity_shards, tables, *addresses)
    return [output.raw.hex() for output in outputs]


def main():
    isal = ctypes.CDLL(ctypes.util.find_library("isal"))
    vectors = []
    for i, (data_shards, parity_shards, shard_bytes) in enumerate(SHAPES):
        state = 2000 + i
        shards = []
        for _ in range(data_shards):
            shard, state = fill(shard_bytes, state)
            shards.append(shard)
        vectors.append(
            {
                "matrix": "cauchy",
                "dataShards": data_shards,
                "parityShards": parity_shards,
                "seed": 2000 + i,
                "shardBytes": shard_bytes,
                "parity": parity_of(isal, data_shards, parity_shards, shards, shard_bytes),
            }
        )
    print(json.dumps(vectors, indent=1))


main()
