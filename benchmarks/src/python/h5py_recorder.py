"""Recorders in Python: python h5py_recorder.py STEPS STATES_EVERY full|bare

What a careful user of h5py writes: one numpy buffer a column, filled step by step, appended to its dataset by whole
chunks, with shuffle and gzip 1. "full" does what snn-export's log() does: fields that may be missing, behavior by name,
checks before anything is stored, time steps as runs, the offset index; the file has the same columns. "bare" has fixed
columns, no checks and no time steps.
"""

import math
import os
import sys
import tempfile

from measure import measure, missing

try:
    import h5py
    import numpy as np
except ImportError as error:
    missing(error)

NEURONS, SAMPLING = 100, 100
CHUNK_BYTES = 1 << 18


class Column:
    """A dataset that grows by whole chunks."""

    def __init__(self, group, name, dtype, width=None):
        shape = () if width is None else (width,)
        row_bytes = np.dtype(dtype).itemsize * (width or 1)
        self.chunk_rows = CHUNK_BYTES // row_bytes
        self.dataset = group.create_dataset(
            name,
            (0, *shape),
            dtype,
            maxshape=(None, *shape),
            chunks=(self.chunk_rows, *shape),
            compression="gzip",
            compression_opts=1,
            shuffle=True,
        )
        self.buffer = np.empty((self.chunk_rows, *shape), dtype)
        self.used = 0
        self.written = 0

    def push(self, value):
        self.buffer[self.used] = value
        self.used += 1
        if self.used == self.chunk_rows:
            self.flush()

    def push_many(self, values):
        start = 0
        while start < len(values):
            count = min(len(values) - start, self.chunk_rows - self.used)
            self.buffer[self.used : self.used + count] = values[start : start + count]
            self.used += count
            start += count
            if self.used == self.chunk_rows:
                self.flush()

    def flush(self):
        end = self.written + self.used
        self.dataset.resize(end, axis=0)
        self.dataset[self.written : end] = self.buffer[: self.used]
        self.written = end
        self.used = 0


class TimeRuns:
    """Time steps as runs (first, step, count)."""

    def __init__(self, group):
        self.column = Column(group, "timestep_runs", "i8", 3)
        self.first = self.step = self.count = 0
        self.next = None

    def append(self, timestep):
        if timestep == self.next:
            self.count += 1
            self.next = timestep + self.step
        elif self.count == 1:
            self.step = timestep - self.first
            self.count = 2
            self.next = timestep + self.step
        else:
            self.end_run()
            self.first = timestep
            self.count = 1

    def end_run(self):
        if self.count:
            self.column.push((self.first, self.step if self.count > 1 else 0, self.count))
        self.count = 0
        self.next = None

    def flush(self):
        self.end_run()
        self.column.flush()


class Series:
    """Values with their time steps."""

    def __init__(self, group, dtype, width=None):
        self.width = width
        self.runs = TimeRuns(group)
        self.values = Column(group, "values", dtype, width)

    def append(self, timestep, value):
        self.runs.append(timestep)
        self.values.push(value)

    def flush(self):
        self.runs.flush()
        self.values.flush()


class Recorder:
    """log() of an entry: all of it is checked before any of it is stored."""

    def __init__(self, path, states_every, dtypes):
        self.states_every = states_every
        self.file = h5py.File(path, "w")
        self.file.attrs["n_neurons"] = NEURONS
        self.dtypes = dtypes
        self.group = episode = self.file.create_group("episodes/episode_0000")
        spikes = episode.create_group("spikes")
        self.spike_runs = TimeRuns(spikes)
        self.counts = Column(spikes, "counts", "u1")
        self.ids = Column(spikes, "ids", "u2")
        self.offsets = Column(spikes, "offsets", "i8")
        self.states = Series(episode.create_group("neural_states"), "f4", NEURONS)
        self.rewards = Series(episode.create_group("rewards"), "f8")
        self.behavior = {}
        self.steps = self.spikes = 0
        self.last_timestep = -1

    def log(self, timestep, spikes=None, neural_state=None, behavior=None, reward=None):
        if timestep <= self.last_timestep:
            raise ValueError(f"time step {timestep} is not above {self.last_timestep}")
        if spikes is not None:
            if spikes.shape != (NEURONS,):
                raise ValueError(f"spikes at step {timestep} are not one a neuron")
            if spikes.max() > 1:
                raise ValueError(f"spikes at step {timestep} are neither 0 nor 1")
        is_sampled = neural_state is not None and timestep % self.states_every == 0
        if neural_state is not None:
            if neural_state.shape != (NEURONS,):
                raise ValueError(f"states at step {timestep} are not one a neuron")
            if is_sampled and not np.isfinite(neural_state).all():
                raise ValueError(f"states at step {timestep} are not finite")
        if reward is not None and not math.isfinite(reward):
            raise ValueError(f"reward at step {timestep} is not finite")
        if behavior is not None:
            for name, value in behavior.items():
                if not math.isfinite(value):
                    raise ValueError(f"{name} at step {timestep} is not finite")

        if spikes is not None:
            ids = spikes.nonzero()[0]
            if self.steps % 1024 == 0:
                self.offsets.push(self.spikes)
            self.spike_runs.append(timestep)
            self.counts.push(len(ids))
            self.ids.push_many(ids)
            self.spikes += len(ids)
        if is_sampled:
            self.states.append(timestep, neural_state)
        if reward is not None:
            self.rewards.append(timestep, reward)
        if behavior is not None:
            for name, value in behavior.items():
                series = self.behavior.get(name)
                if series is None:
                    group = self.group.create_group(f"behavior/{name}")
                    series = self.behavior[name] = Series(group, self.dtypes.get(name, "f8"))
                series.append(timestep, value)
        self.last_timestep = timestep
        self.steps += 1

    def close(self):
        columns = [self.spike_runs, self.counts, self.ids, self.offsets, self.states, self.rewards]
        for column in [*columns, *self.behavior.values()]:
            column.flush()
        self.file.attrs["n_steps"] = self.steps
        self.file.close()


class BareRecorder:
    """The least that can be called recording: fixed columns, no checks, no time steps."""

    def __init__(self, path, states_every, _dtypes):
        self.states_every = states_every
        self.file = h5py.File(path, "w")
        episode = self.file.create_group("episodes/episode_0000")
        self.counts = Column(episode, "spikes/counts", "u1")
        self.ids = Column(episode, "spikes/ids", "u2")
        self.states = Column(episode, "neural_states/values", "f4", NEURONS)
        self.x = Column(episode, "behavior/x/values", "f4")
        self.y = Column(episode, "behavior/y/values", "f4")
        self.rewards = Column(episode, "rewards/values", "f8")

    def log(self, timestep, spikes, neural_state=None, behavior=None, reward=None):
        ids = spikes.nonzero()[0]
        self.counts.push(len(ids))
        self.ids.push_many(ids)
        self.x.push(behavior["x"])
        self.y.push(behavior["y"])
        if timestep % self.states_every == 0:
            self.states.push(neural_state)
        if reward is not None:
            self.rewards.push(reward)

    def close(self):
        for column in [self.counts, self.ids, self.states, self.x, self.y, self.rewards]:
            column.flush()
        self.file.close()


steps, states_every, is_bare = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "bare"
random = np.random.default_rng(17)
flags = (random.random((steps, NEURONS)) < 0.05).astype("u1")
# Plain floats, as a simulation has them: numbers out of numpy arrays would cost the recorder more.
xs = np.cumsum(0.01 * (random.random(steps) - 0.5)).tolist()
ys = np.cumsum(0.01 * (random.random(steps) - 0.5)).tolist()
states = random.normal(-65, 5, (-(-steps // states_every), NEURONS)).astype("f4")
rewards = random.random(-(-steps // SAMPLING)).tolist()
# As a simulation has them: arrays that are there already.
flag_rows, state_rows = list(flags), list(states)
directory = tempfile.TemporaryDirectory(prefix="millrace-bench-")
path = os.path.join(directory.name, "run.h5")


def record():
    recorder = (BareRecorder if is_bare else Recorder)(path, states_every, {"x": "f4", "y": "f4"})
    for timestep in range(steps):
        recorder.log(
            timestep,
            spikes=flag_rows[timestep],
            neural_state=state_rows[timestep // states_every],
            behavior={"x": xs[timestep], "y": ys[timestep]},
            reward=rewards[timestep // SAMPLING] if timestep % SAMPLING == 0 else None,
        )
    recorder.close()


record()
with h5py.File(path) as file:
    ids = file["episodes/episode_0000/spikes/ids"][:]
    assert np.array_equal(ids, flags.nonzero()[1])
    assert np.array_equal(file["episodes/episode_0000/neural_states/values"][:], states)
measure(record)
