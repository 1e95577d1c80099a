"""Reads a recording with a decoder that is not ours, and prints sums of its events: sums.py DECODER FORMAT FILE"""

import json
import sys

import numpy as np

decoder, form, path = sys.argv[1:]
columns = {name: [] for name in "txyp"}


def add(t, x, y, p):
    for name, values in zip("txyp", (t, x, y, p)):
        columns[name].append(np.asarray(values).astype("i8"))


if decoder == "expelliarmus":
    from expelliarmus import Wizard

    events = Wizard(encoding=form.lower()).read(path)
    add(events["t"], events["x"], events["y"], events["p"])
elif decoder == "aedat":
    import aedat

    for packet in aedat.Decoder(path):
        events = packet["events"]
        add(events["t"], events["x"], events["y"], events["on"])
elif decoder == "faery":
    import faery

    for events in faery.events_stream_from_file(path):
        add(events["t"], events["x"], events["y"], events["on"])
elif decoder == "evlib-ecf":
    import evlib

    with open(path, "rb") as file:
        x, y, p, t = np.array(evlib.formats.test_prophesee_ecf_decode(file.read(), False), dtype="i8").T
    add(t, x, y, p > 0)
elif decoder == "evlib":
    import evlib

    events = evlib.load_events(path)
    events = events.collect() if hasattr(events, "collect") else events
    # evlib gives -1 and 1 for EVT2.
    add(events["t"].dt.total_microseconds(), events["x"], events["y"], events["polarity"] > 0)

t, x, y, p = (np.concatenate(columns[name]) for name in "txyp")
print(json.dumps({"events": len(t), "t": int(t.sum()), "x": int(x.sum()), "y": int(y.sum()), "p": int(p.sum())}))
