"""Writes a file of what the reader refuses by name."""
import sys
import h5py
import numpy as np

with h5py.File(sys.argv[1], "w", libver="latest") as f:
    data = f.create_dataset("data", data=np.arange(10))
    layout = h5py.VirtualLayout(shape=(10,), dtype="i8")
    layout[:] = h5py.VirtualSource(data)
    f.create_virtual_dataset("virtual", layout)
    f.create_dataset("outside", shape=(4,), dtype="u1", external=[(sys.argv[1] + ".raw", 0, 4)])
    f.create_dataset("scaled", data=np.arange(10), chunks=(5,), scaleoffset=0)
    f.create_dataset("regions", data=[data.regionref[2:4]], dtype=h5py.regionref_dtype)
    f.create_dataset("long", data=np.zeros(2, np.longdouble))
    f["elsewhere"] = h5py.ExternalLink("other.h5", "/a")
    f["one"] = h5py.SoftLink("/two")
    f["two"] = h5py.SoftLink("/one")
