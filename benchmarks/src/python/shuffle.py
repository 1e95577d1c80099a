"""numcodecs' byte shuffle: python shuffle.py shuffle|unshuffle BYTES ELEMENT_BYTES"""

import sys

from measure import measure, missing

try:
    import numpy as np
    from numcodecs import Shuffle
except ImportError as error:
    missing(error)

direction, count, element_bytes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
codec = Shuffle(element_bytes)
plain = np.random.default_rng(13).integers(0, 256, count, dtype=np.uint8)
shuffled = np.ascontiguousarray(plain.reshape(-1, element_bytes).T).reshape(-1)

if direction == "shuffle":
    found = np.frombuffer(codec.encode(plain), np.uint8)
    assert np.array_equal(found, shuffled)
    measure(lambda: codec.encode(plain))
else:
    out = np.empty_like(plain)
    codec.decode(shuffled, out)
    assert np.array_equal(out, plain)
    measure(lambda: codec.decode(shuffled, out))
