import { seededRandom } from "@millrace/base";
import { csrToRows, eventsToCsr } from "@millrace/codecs";
import type { BenchmarkCase, BenchmarkCases, Reach } from "../../../case.ts";
import { checkEqual, checkedContender } from "../../../checked-work.ts";

const ROWS = 1000;

interface SpikeEvent {
  readonly row: number;
  readonly column: number;
}

/** Spikes in the order of their timesteps (columns), of neurons (rows) at random. */
function spikes(count: number): { rows: Uint32Array; columns: Uint32Array } {
  const random = seededRandom(12);
  return {
    rows: Uint32Array.from({ length: count }, () => random.nextInt(0, ROWS - 1)),
    columns: Uint32Array.from({ length: count }, (_, i) => i >> 5),
  };
}

function spikeObjects(count: number): SpikeEvent[] {
  const { rows, columns } = spikes(count);
  return Array.from(rows, (row, i) => ({ row, column: columns[i]! }));
}

/** Each row's events, as objects. */
function groupedObjects(events: readonly SpikeEvent[]): SpikeEvent[][] {
  const grouped: SpikeEvent[][] = Array.from({ length: ROWS }, () => []);
  for (const event of events) grouped[event.row]!.push(event);
  return grouped;
}

function spikeCsr(count: number): { indptr: Uint32Array; indices: Uint32Array } {
  const { rows, columns } = spikes(count);
  const indptr = new Uint32Array(ROWS + 1);
  const indices = new Uint32Array(count);
  eventsToCsr(rows, columns, 0, count, indptr, indices);
  return { indptr, indices };
}

/** Unsorted (row, column) events to CSR; bytes are those of the events as two uint32. */
const fromEvents = (count: number, reach?: Reach): BenchmarkCase => ({
  unit: "bytes",
  amount: 8 * count,
  ours: checkedContender("millrace", () => {
    const { rows, columns } = spikes(count);
    const indptr = new Uint32Array(ROWS + 1);
    const indices = new Uint32Array(count);
    return {
      work: () => eventsToCsr(rows, columns, 0, count, indptr, indices),
      verify: () =>
        checkEqual(
          indices,
          groupedObjects(spikeObjects(count))
            .flat()
            .map(({ column }) => column),
        ),
    };
  }),
  peers: [
    checkedContender("loop over objects", () => {
      const events = spikeObjects(count);
      const work = (): SpikeEvent[][] => groupedObjects(events);
      return {
        work,
        verify: () =>
          checkEqual(
            work()
              .flat()
              .map(({ column }) => column),
            spikeCsr(count).indices,
          ),
      };
    }),
  ],
  ...(reach === undefined ? {} : { reach }),
});

/** CSR to (row, column) events. */
const toEvents = (count: number, reach?: Reach): BenchmarkCase => ({
  unit: "bytes",
  amount: 8 * count,
  ours: checkedContender("millrace", () => {
    const { indptr, indices } = spikeCsr(count);
    const rows = new Uint32Array(count);
    const columns = new Uint32Array(count);
    return {
      work: () => {
        csrToRows(indptr, rows);
        columns.set(indices);
      },
      verify: () => {
        const expected = groupedObjects(spikeObjects(count)).flat();
        checkEqual(
          rows,
          expected.map(({ row }) => row),
        );
        checkEqual(
          columns,
          expected.map(({ column }) => column),
        );
      },
    };
  }),
  peers: [
    checkedContender("loop over objects", () => {
      const grouped = groupedObjects(spikeObjects(count)).map((events) =>
        events.map(({ column }) => ({ column })),
      );
      const work = (): SpikeEvent[] => {
        const events: SpikeEvent[] = [];
        grouped.forEach((entries, row) => {
          for (const { column } of entries) events.push({ row, column });
        });
        return events;
      };
      return {
        work,
        verify: () =>
          checkEqual(
            work().map(({ column }) => column),
            spikeCsr(count).indices,
          ),
      };
    }),
  ],
  ...(reach === undefined ? {} : { reach }),
});

// A chunk's 64 Ki objects stay in the processor's caches, a frame's 1 Mi do not: the peer is another one then.
export const cases: BenchmarkCases = {
  "from-events-64k": fromEvents(1 << 16),
  "from-events-1M": fromEvents(1 << 20, { ratio: 10 }),
  "to-events-64k": toEvents(1 << 16),
  "to-events-1M": toEvents(1 << 20, { ratio: 10 }),
};
