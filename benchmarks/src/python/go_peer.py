"""Builds a peer in Go and runs it, which prints what it measured: python go_peer.py PROGRAM ARGUMENT ..."""

import os
import shutil
import subprocess
import sys
import tempfile

from measure import missing

go = shutil.which("go")
if go is None:
    missing("Go is not installed")
source = os.path.join(os.path.dirname(__file__), "..", "go", sys.argv[1])
with tempfile.TemporaryDirectory() as folder:
    program = os.path.join(folder, "peer")
    built = subprocess.run([go, "build", "-o", program, "."], cwd=source, stderr=subprocess.PIPE, text=True)
    if built.returncode != 0:
        missing(built.stderr)
    sys.exit(subprocess.run([program, *sys.argv[2:]]).returncode)
