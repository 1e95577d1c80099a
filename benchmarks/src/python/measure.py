"""Measures a peer in Python as src/measure.ts does one in Node, and prints the same JSON."""

import json
import resource
import sys
import time

WARM_UP_SECONDS = 0.15
TIMED_SECONDS = 0.4
FEWEST_RUNS = 5
MOST_RUNS = 4000


def missing(error):
    """Says that the peer is not installed, and ends the program."""
    print(json.dumps({"missing": str(error)}))
    sys.exit(0)


def measure(work):
    """Times `work`, after a warm-up, and prints the measurement."""
    _repeat(work, WARM_UP_SECONDS, 1)
    seconds = _repeat(work, TIMED_SECONDS, FEWEST_RUNS)
    # ru_maxrss is in KiB on Linux and in bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    print(json.dumps({"seconds": seconds, "peakBytes": peak_bytes}))


def _repeat(work, duration, fewest):
    seconds = []
    end = time.perf_counter() + duration
    while (time.perf_counter() < end and len(seconds) < MOST_RUNS) or len(seconds) < fewest:
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return seconds
