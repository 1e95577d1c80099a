"""Writes files of every kind that the reader knows into a directory, and cases.json: what h5py reads of each."""
import json
import sys
import h5py
import numpy as np
from h5py import h5d, h5f, h5p, h5s, h5t
from describe import describe

rng = np.random.default_rng(7)
directory = sys.argv[1]


def noise(shape, dtype):
    dtype = np.dtype(dtype)
    count = int(np.prod(shape))
    if dtype.kind == "f":
        return rng.normal(size=count).astype(dtype).reshape(shape)
    return np.frombuffer(rng.bytes(count * dtype.itemsize), dtype.newbyteorder("<")).astype(dtype).reshape(shape)


def kinds(f):
    g = f.create_group("kinds")
    for order in "<>":
        for kind in ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]:
            data = noise((5, 3), order + kind)
            g.create_dataset(("le_" if order == "<" else "be_") + kind, data=data)
            g.attrs[order + kind] = data[0]
            g.attrs["scalar" + order + kind] = data[0, 0]
    for name, size, sign in [("i3", 3, 1), ("u3", 3, 0), ("i5", 5, 1), ("u7", 7, 0)]:
        odd(g, name, size, sign, 0, 8 * size)
    odd(g, "bits_u12", 2, 0, 2, 12)
    odd(g, "bits_i11", 4, 1, 5, 11)
    g["bool"] = np.array([True, False, True])
    g["scalar_bool"] = True
    colours = h5py.enum_dtype({"RED": 0, "GREEN": 1, "BLUE": 42}, basetype="i2")
    g.create_dataset("enum", data=[0, 42, 1], dtype=colours)
    g.create_dataset("enum_be", data=[0, 42, 1], dtype=h5py.enum_dtype({"A": 0, "B": 42}, basetype=">u4"))
    g["opaque"] = np.array([b"abc", b"de\0"], dtype="V3")
    g["complex"] = np.array([1 + 2j, 3 - 4j])
    g.create_dataset("bitfield", data=[1, 2, 255], dtype="u1")
    t = h5t.STD_B16BE
    d = h5d.create(g.id, b"bitfield16", t, h5s.create_simple((4,)))
    d.write(h5s.ALL, h5s.ALL, np.array([1, 2, 3, 65535], ">u2"), mtype=h5t.STD_B16BE)


def odd(g, name, size, sign, offset, precision):
    t = (h5t.STD_I64LE if sign else h5t.STD_U64LE).copy()
    if size < 5:
        t = (h5t.STD_I32LE if sign else h5t.STD_U32LE).copy()
    if size == 2:
        t = (h5t.STD_I16LE if sign else h5t.STD_U16LE).copy()
    t.set_precision(precision)
    t.set_offset(offset)
    t.set_size(size)
    low = -(2 ** (precision - 1)) if sign else 0
    high = 2 ** (precision - 1) - 1 if sign else 2**precision - 1
    values = np.array([low, high, 0, 1, low // 3, high // 7], "i8")
    d = h5d.create(g.id, name.encode(), t, h5s.create_simple((len(values),)))
    d.write(h5s.ALL, h5s.ALL, values, mtype=h5t.NATIVE_INT64)


def texts(f):
    g = f.create_group("texts")
    g["variable"] = ["a", "", "Zürich 🦆", "x" * 5000]
    g["scalar"] = "one"
    g["fixed"] = np.array([b"ab", b"", b"abcdef"], "S6")
    g.create_dataset("utf8", data=np.array(["ÿ".encode(), b"no"], h5py.string_dtype("utf-8", 4)))
    g.create_dataset("ascii", data=["a", "b"], dtype=h5py.string_dtype("ascii"))
    for name, pad in [("nullterm", h5t.STR_NULLTERM), ("nullpad", h5t.STR_NULLPAD), ("spacepad", h5t.STR_SPACEPAD)]:
        t = h5t.C_S1.copy()
        t.set_size(5)
        t.set_strpad(pad)
        d = h5d.create(g.id, name.encode(), t, h5s.create_simple((2,)))
        d.write(h5s.ALL, h5s.ALL, np.array([b"ab", b"wxyz"], "S5"))
    g.create_dataset("unwritten", shape=(3,), dtype=h5py.string_dtype())
    g.create_dataset("chunked", data=["t%d" % i for i in range(100)], chunks=(7,), dtype=h5py.string_dtype(), compression=4)
    g.attrs["variable"] = ["a", "bb", ""]
    g.attrs["text"] = "tëxt"
    g.attrs["fixed"] = np.bytes_("fixed")
    g.attrs["empty"] = h5py.Empty("f4")
    g["empty"] = h5py.Empty("S1")
    g["nothing"] = np.zeros((0, 4), "u2")


def records(f):
    g = f.create_group("records")
    events = np.dtype([("x", "<u2"), ("y", ">u2"), ("p", "i1"), ("t", "<i8")])
    data = np.zeros(50, events)
    data["x"], data["y"], data["p"], data["t"] = range(50), range(50, 100), 1, np.arange(50) * 10**12
    g["events"] = data
    g.create_dataset("chunked", data=data, chunks=(8,), maxshape=(None,), compression="gzip", shuffle=True)
    nested = np.dtype([("name", "S4"), ("inner", [("a", "f4"), ("b", "i2", (2, 3))]), ("ok", "?"), ("v", "f8", (3,))])
    rows = np.zeros(6, nested)
    rows["name"], rows["inner"]["a"], rows["ok"] = b"nm", np.arange(6), [1, 0] * 3
    rows["inner"]["b"] = np.arange(36).reshape(6, 2, 3)
    rows["v"] = rng.normal(size=(6, 3))
    g["nested"] = rows
    g["scalar"] = rows[2]
    g.attrs["record"] = data[3]
    g.attrs["records"] = data[:2]
    texts = np.dtype([("id", "i4"), ("label", h5py.string_dtype())])
    g["texts"] = np.array([(1, "one"), (2, "two"), (3, "")], texts)
    lists = g.create_dataset("lists", shape=(4,), dtype=h5py.vlen_dtype("i4"))
    for i in range(4):
        lists[i] = np.arange(i * 3)
    ragged = g.create_dataset("ragged", shape=(2, 2), dtype=h5py.vlen_dtype("<f8"))
    ragged[0, 1] = [1.5, 2.5]
    d = h5d.create(g.id, b"array", h5t.array_create(h5t.STD_I16BE, (2, 2)), h5s.create_simple((3,)))
    d.write(h5s.ALL, h5s.ALL, np.arange(12, dtype="i2").reshape(3, 2, 2), mtype=h5t.array_create(h5t.NATIVE_INT16, (2, 2)))


def links(f):
    g = f.create_group("links")
    g["data"] = np.arange(4, dtype="i4")
    g["soft"] = h5py.SoftLink("/links/data")
    g["relative"] = h5py.SoftLink("data")
    g["via"] = h5py.SoftLink("soft")
    g["dangling"] = h5py.SoftLink("/nowhere")
    g["external"] = h5py.ExternalLink("other.h5", "/a/b")
    g["refs"] = np.array([g["data"].ref, g.ref], dtype=h5py.ref_dtype)
    g.create_dataset("noref", shape=(1,), dtype=h5py.ref_dtype)
    g.attrs["target"] = g["data"].ref
    g["type"] = np.dtype([("a", "<f4"), ("b", ">i2")])
    g.create_dataset("typed", data=np.zeros(3, g["type"].dtype), dtype=g["type"])
    g["type"].attrs["note"] = "committed"
    g.attrs.create("typed", np.zeros(2, g["type"].dtype), dtype=g["type"])


def many(f, count):
    g = f.create_group("many")
    for i in range(count):
        g["a link with a rather long name, number %d" % i] = h5py.SoftLink("/x%d" % i)
    sub = f.create_group("groups")
    for i in range(60):
        sub.create_group("g%d" % i).attrs["i"] = i
    dense = f.create_group("attributes")
    for i in range(60):
        dense.attrs["attribute %d" % i] = np.arange(i)
    dense.attrs["medium"] = np.arange(3000, dtype="u2")


def layouts(f):
    g = f.create_group("layouts")
    data = noise((23, 17), "<i4")
    g["contiguous"] = data
    g.create_dataset("unwritten", shape=(4, 5), dtype="f4")
    g.create_dataset("filled", shape=(4, 5), dtype="i4", fillvalue=-7)
    g.create_dataset("filled_chunks", shape=(40, 5), chunks=(7, 2), dtype=">i2", fillvalue=513)[3:6, 1:3] = 9
    dcpl = h5p.create(h5p.DATASET_CREATE)
    dcpl.set_layout(h5d.COMPACT)
    d = h5d.create(g.id, b"compact", h5t.STD_I32LE, h5s.create_simple((4, 5)), dcpl)
    d.write(h5s.ALL, h5s.ALL, np.ascontiguousarray(data[:4, :5]))
    shapes = {"fixed": None, "grows": (None, 17), "grows_wide": (23, None), "both": (None, None), "limited": (30, 40)}
    filters = {
        "plain": {},
        "gzip": {"compression": 4},
        "all": {"compression": 9, "shuffle": True, "fletcher32": True},
        "sum": {"fletcher32": True},
        "lzf": {"compression": "lzf", "shuffle": True},
    }
    for shape, maxshape in shapes.items():
        for name, options in filters.items():
            g.create_dataset(shape + "_" + name, data=data, chunks=(4, 5), maxshape=maxshape, **options)
    for name, options in filters.items():
        g.create_dataset("single_" + name, data=data, chunks=(23, 17), **options)
        g.create_dataset("cube_" + name, data=noise((6, 7, 8), ">f8"), chunks=(2, 3, 5), maxshape=(6, None, 8), **options)
        sparse = g.create_dataset("sparse_" + name, shape=(3000,), chunks=(1,), maxshape=(None,), dtype="u2", **options)
        sparse[5] = 1
        sparse[2900] = 2
        sparse = g.create_dataset("pages_" + name, shape=(5000,), chunks=(2,), dtype="u2", **options)
        sparse[7] = 1
        sparse[4100:4110] = 2
        tree = g.create_dataset("tree_" + name, shape=(90, 90), chunks=(1, 1), maxshape=(None, None), dtype="u1", **options)
        tree[:] = noise((90, 90), "u1")
    early = h5p.create(h5p.DATASET_CREATE)
    early.set_chunk((4, 5))
    early.set_alloc_time(h5d.ALLOC_TIME_EARLY)
    d = h5d.create(g.id, b"implicit", h5t.STD_I32LE, h5s.create_simple((23, 17)), early)
    d.write(h5s.ALL, h5s.ALL, data)
    d = h5d.create(g.id, b"implicit_max", h5t.STD_I32LE, h5s.create_simple((23, 17), (31, 29)), early)
    d.write(h5s.ALL, h5s.ALL, data)
    masked = g.create_dataset("masked", shape=(8,), chunks=(4,), dtype="u2", compression=4, shuffle=True)
    masked.id.write_direct_chunk((0,), np.arange(4, dtype="<u2").tobytes(), filter_mask=3)
    masked.id.write_direct_chunk((4,), np.arange(4, dtype="<u2").tobytes(), filter_mask=3)


def paged(f):
    """So many chunks that the data blocks of an extensible array have pages."""
    d = f.create_dataset("paged", shape=(150_000,), chunks=(1,), maxshape=(None,), dtype="u1")
    d[:9000] = 1
    d[131_000:133_000] = 2
    d[149_000:] = 3


cases = {}


def case(name, fill, **options):
    path = "%s/%s.h5" % (directory, name)
    with h5py.File(path, "w", **options) as f:
        for one in fill:
            one(f)
    with h5py.File(path, "r") as f:
        # The root as a group like any other: a File lists its names in another order.
        cases[name] = describe(f["/"])


everything = [kinds, texts, records, links, layouts, lambda f: many(f, 40)]
for libver in ["earliest", "v108", "v110"]:
    case("all_" + libver, everything, libver=(libver, libver if libver != "earliest" else "v110"))
case("ordered", everything, libver="latest", track_order=True)
case("ordered_old", [links, lambda f: many(f, 40)], track_order=True)
case("many_earliest", [lambda f: many(f, 5000)])
case("many_latest", [lambda f: many(f, 25_000)], libver="latest")
case("huge", [lambda f: f.attrs.__setitem__("huge", np.arange(50_000)), lambda f: many(f, 2)], libver="latest")
case("userblock", [texts, links], userblock_size=2048)
case("userblock_latest", [texts, links, layouts], userblock_size=512, libver="latest")
case("paged", [paged], libver="latest")

path = directory + "/narrow.h5"
fcpl = h5p.create(h5p.FILE_CREATE)
fcpl.set_sizes(4, 4)
fapl = h5p.create(h5p.FILE_ACCESS)
f = h5py.File(h5f.create(path.encode(), h5f.ACC_TRUNC, fcpl, fapl))
texts(f), links(f), layouts(f), records(f)
f.close()
with h5py.File(path, "r") as f:
    cases["narrow"] = describe(f["/"])

json.dump(cases, open(directory + "/cases.json", "w"))
