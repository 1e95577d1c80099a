"""Ceph with a pool coded 4+2 in memory, by its own `rados bench`: python ceph_rados.py BYTES"""

import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile

from measure import missing

CLUSTER = pathlib.Path(__file__).parents[3] / "tools/testkit/programs/ceph-cluster.sh"
# The first run makes connections and is not counted.
RUN_SECONDS = [2, 4, 4, 4]

for program in ("ceph-mon", "ceph-mgr", "ceph-osd", "ceph", "rados"):
    if shutil.which(program) is None:
        missing(f"{program} is not installed (apt-get install ceph-mon ceph-mgr ceph-osd ceph-common)")

amount = int(sys.argv[1])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(directory, *args):
    command = [args[0], "-c", f"{directory}/ceph.conf", *args[1:]]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


def write_seconds(directory, seconds):
    """How long `amount` bytes take, written in objects of 4 MiB, sixteen at a time."""
    said = run(directory, "rados", "-p", "coded", "bench", str(seconds), "write", "-t", "16")
    took = float(re.search(r"Total time run:\s*([\d.]+)", said).group(1))
    written = int(re.search(r"Total writes made:\s*(\d+)", said).group(1)) * 4 * 1024 * 1024
    return amount * took / written


with tempfile.TemporaryDirectory() as directory:
    cluster = subprocess.Popen(
        [CLUSTER, directory, str(free_port())], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert cluster.stdout.readline() == "ready\n", "the cluster did not come up"
        profile = ["k=4", "m=2", "crush-failure-domain=osd"]
        run(directory, "ceph", "osd", "erasure-code-profile", "set", "shape", *profile)
        run(directory, "ceph", "osd", "pool", "create", "coded", "16", "16", "erasure", "shape")
        pathlib.Path(directory, "in").write_bytes(bytes(range(256)) * 4096)
        run(directory, "rados", "-p", "coded", "put", "o", f"{directory}/in")
        run(directory, "rados", "-p", "coded", "get", "o", f"{directory}/out")
        assert pathlib.Path(directory, "out").read_bytes() == pathlib.Path(directory, "in").read_bytes()
        took = [write_seconds(directory, seconds) for seconds in RUN_SECONDS]
        print(json.dumps({"seconds": took[1:], "peakBytes": 0}))
    finally:
        cluster.stdin.close()
        cluster.wait(timeout=60)
