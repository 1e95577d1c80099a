"""Slices of spikes with h5py, as the format's document says: python h5py_slices.py PATH STEPS SLICES"""

import sys

from measure import measure, missing

try:
    import h5py
    import numpy as np
except ImportError as error:
    missing(error)

path, steps, slices = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
SLICE_STEPS = 1000
starts = []
bits = 7
for _ in range(slices):
    bits = (bits * 1664525 + 1013904223) % 2**32
    starts.append(bits % (steps - SLICE_STEPS))


def read():
    with h5py.File(path, "r") as file:
        spikes = file["episodes/episode_0000/spikes"]
        counts, ids, offsets = spikes["counts"], spikes["ids"], spikes["offsets"]
        first, step, count = spikes["timestep_runs"][:].T
        begins = np.cumsum(count) - count
        for start in starts:
            run = np.searchsorted(first, start, "right") - 1
            row = int(begins[run] + (start - first[run]) // max(step[run], 1))
            block = row // 1024
            some = counts[block * 1024 : row + SLICE_STEPS]
            wanted = some[row - block * 1024 :]
            begin = int(offsets[block]) + int(some[: row - block * 1024].sum(dtype="i8"))
            found = ids[begin : begin + int(wanted.sum(dtype="i8"))]
            assert len(wanted) == SLICE_STEPS and len(found) == wanted.sum(dtype="i8") > 0


measure(read)
