"""Opens a file of many episodes with h5py and reads one dataset: python h5py_episode.py PATH DATASET"""

import sys

from measure import measure, missing

try:
    import h5py
except ImportError as error:
    missing(error)

path, name = sys.argv[1:]


def read():
    with h5py.File(path, "r") as file:
        assert len(file[name][:]) == 20


measure(read)
