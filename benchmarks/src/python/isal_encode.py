"""ISA-L (Debian: libisal2) by its C interface: python isal_encode.py DATA_SHARDS PARITY_SHARDS UNIT_BYTES STRIPES"""

import ctypes
import ctypes.util
import random
import sys

from measure import measure, missing

name = ctypes.util.find_library("isal")
if name is None:
    missing("libisal is not installed")
isal = ctypes.CDLL(name)

data_shards, parity_shards, unit_bytes, stripes = map(int, sys.argv[1:])
matrix = ctypes.create_string_buffer((data_shards + parity_shards) * data_shards)
isal.gf_gen_cauchy1_matrix(matrix, data_shards + parity_shards, data_shards)
tables = ctypes.create_string_buffer(32 * data_shards * parity_shards)
isal.ec_init_tables(data_shards, parity_shards, ctypes.byref(matrix, data_shards * data_shards), tables)


def units(count, stride=unit_bytes + 64):
    """Units of random bytes, 64 bytes between them: all in one set of the cache would be unkind."""
    memory = ctypes.create_string_buffer(random.Random(1).randbytes(count * stride), count * stride)
    start = ctypes.addressof(memory)
    addresses = [start + i * stride for i in range(count)]
    return memory, (ctypes.c_void_p * count)(*addresses)


inputs, input_addresses = units(data_shards)
outputs, output_addresses = units(parity_shards)


def product(a, b):
    """Of two elements of the field: the definition."""
    whole = 0
    for bit in range(8):
        whole ^= (a << bit) if b >> bit & 1 else 0
    for bit in range(14, 7, -1):
        whole ^= (0x11D << (bit - 8)) if whole >> bit & 1 else 0
    return whole


def encode():
    for _ in range(stripes):
        isal.ec_encode_data(
            unit_bytes, data_shards, parity_shards, tables, input_addresses, output_addresses
        )


encode()
for at in (0, unit_bytes - 1):
    expected = 0
    for i in range(data_shards):
        coefficient = matrix.raw[data_shards * data_shards + i]
        expected ^= product(coefficient, inputs.raw[i * (unit_bytes + 64) + at])
    assert outputs.raw[at] == expected
measure(encode)
