"""Says what h5py reads of a file, in the form of reader-oracle.ts: numbers as digests of their little-endian bytes."""
import hashlib
import h5py
import numpy as np


def canon(values, dtype, space):
    """`values` as h5py gives them, of a dtype of the file."""
    sub = dtype.subdtype
    if sub is not None:
        return canon(values, sub[0], space)
    if h5py.check_string_dtype(dtype) is not None:
        return [text(v) for v in np.asarray(values, dtype=object).reshape(-1)]
    if h5py.check_ref_dtype(dtype) is not None:
        flat = np.asarray(values, dtype=object).reshape(-1)
        return [space.file[r].name if r else None for r in flat]
    base = h5py.check_vlen_dtype(dtype)
    if base is not None:
        return [canon(v, base, space) for v in flat_objects(values)]
    if dtype.names is not None:
        array = np.asarray(values)
        return {name: canon(array[name], dtype[name], space) for name in dtype.names}
    array = np.ascontiguousarray(values).reshape(-1)
    if dtype.kind == "V":
        return [v.tobytes().hex() for v in array]
    if dtype.kind == "b":
        return digest(array.astype("u1"))
    size = dtype.itemsize
    if dtype.kind == "c":
        return {"r": digest(array.real.astype("<f8")), "i": digest(array.imag.astype("<f8"))}
    if dtype.kind == "f":
        return digest(array.astype("<f4" if size == 2 else "<f%d" % size))
    return digest(array.astype("<%s%d" % (dtype.kind, size)))


def flat_objects(values):
    if isinstance(values, np.ndarray) and values.dtype == object:
        return values.reshape(-1)
    return [values]


def text(value):
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def digest(array):
    return "%s %d %s" % (array.dtype.name, array.size, hashlib.sha256(array.tobytes()).hexdigest()[:16])


def dtype_of(dataset):
    """Integers of 3, 5, 6 and 7 bytes have no dtype: they are read as the next larger ones."""
    try:
        return dataset.dtype
    except TypeError:
        kind = dataset.id.get_type()
        sign = "i" if kind.get_sign() == h5py.h5t.SGN_2 else "u"
        return np.dtype("<%s%d" % (sign, 4 if kind.get_size() < 4 else 8))


def read(dataset):
    try:
        dataset.dtype
    except TypeError:
        values = np.empty(dataset.shape, dtype_of(dataset))
        dataset.id.read(h5py.h5s.ALL, h5py.h5s.ALL, values, mtype=h5py.h5t.py_create(values.dtype))
        return values
    return dataset[()]


def value_of(read, shape, dtype, space):
    return None if shape is None else canon(read(), dtype, space)


def attributes_of(thing):
    found = {}
    for name in thing.attrs:
        attribute = h5py.h5a.open(thing.id, name.encode())
        dtype = attribute.dtype
        kind = attribute.get_space().get_simple_extent_type()
        shape = None if kind == h5py.h5s.NULL else list(attribute.shape)
        found[name] = {"shape": shape, "value": value_of(lambda: thing.attrs[name], shape, dtype, thing)}
    return found


def describe(thing):
    found = {"attributes": attributes_of(thing)}
    if isinstance(thing, h5py.Dataset):
        shape = None if thing.shape is None else list(thing.shape)
        found["shape"] = shape
        if shape is not None:
            # With lengths of four bytes libhdf5 gives "no limit" as 2^32 - 1.
            found["maxShape"] = [-1 if n in (None, 2**32 - 1) else n for n in thing.maxshape]
        found["chunks"] = None if thing.chunks is None else list(thing.chunks)
        found["value"] = value_of(lambda: read(thing), shape, dtype_of(thing), thing)
    elif isinstance(thing, h5py.Group):
        children = {}
        for name in thing:
            link = thing.get(name, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                children[name] = "external %s %s" % (link.filename, link.path)
            elif isinstance(link, h5py.SoftLink) and thing.get(name) is None:
                children[name] = "dangling %s" % link.path
            elif isinstance(link, h5py.SoftLink):
                children[name] = "soft %s" % link.path
            else:
                children[name] = describe(thing[name])
        found["names"] = list(thing)
        found["children"] = children
    else:
        found["type"] = True
    return found
