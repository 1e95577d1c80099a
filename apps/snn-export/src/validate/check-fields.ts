import { TIME_RUNS_NAME } from "../columns/time-runs.ts";
import { JsonTexts } from "../loader/json-texts.ts";
import {
  attributeOf,
  readIndices,
  readNumbers,
  requireColumn,
  type TreeColumn,
  type TreeGroup,
} from "../loader/run-tree.ts";
import { type Checking, pieces } from "./findings.ts";

/** Texts that are parsed at a time. */
const TEXTS_AT_ONCE = 1024;

/** Time steps of a field: runs of three numbers that ascend and stand for as many rows as the field has. */
export async function checkRuns(
  checking: Checking,
  group: TreeGroup,
  rows: number,
  takesEquals: boolean,
): Promise<void> {
  const column = requireColumn(group, TIME_RUNS_NAME);
  let total = 0;
  let last = takesEquals ? 0 : -1;
  if (column.rows > 0 && column.width !== 3)
    checking.find(column.path, `rows of ${column.width ?? 1} numbers, 3 are due`);
  else {
    for await (const [start, stop] of pieces(checking, column)) {
      const runs = readNumbers(column, start, stop);
      for (let i = 0; i < runs.length; i += 3) {
        const [first, step, count] = [runs[i]!, runs[i + 1]!, runs[i + 2]!];
        const isAscending =
          (takesEquals ? first >= last : first > last) &&
          (step > 0 || count === 1 || (takesEquals && step === 0));
        if (!(isAscending && count >= 1)) {
          checking.find(
            column.path,
            `run ${start + i / 3} (${first}, ${step}, ${count}) does not ascend from step ${last}`,
          );
          return;
        }
        total += count;
        last = first + step * (count - 1);
      }
    }
    if (total !== rows) checking.find(column.path, `time steps of ${total} rows, the field has ${rows}`);
  }
}

/** Counts, ids and the offset index, each against the others. @returns how many spikes there are */
export async function checkSpikes(checking: Checking, group: TreeGroup, neurons: number): Promise<number> {
  const counts = requireColumn(group, "counts");
  const ids = requireColumn(group, "ids");
  const offsets = requireColumn(group, "offsets");
  const rowsPerOffset = Number(attributeOf(group, "rows_per_offset") ?? 0);
  const due = Math.ceil(counts.rows / rowsPerOffset);
  if (!(rowsPerOffset >= 1)) checking.find(group.path, `rows_per_offset is ${rowsPerOffset}`);
  else if (offsets.rows !== due) checking.find(offsets.path, `${offsets.rows} entries, ${due} are due`);
  let at = 0;
  let hasWrongOffset = false;
  for await (const [start, stop] of pieces(checking, counts)) {
    const piece = readIndices(counts, start, stop);
    const first = Math.ceil(start / rowsPerOffset);
    const some = readNumbers(
      offsets,
      Math.min(first, offsets.rows),
      Math.min(Math.ceil(stop / rowsPerOffset), offsets.rows),
    );
    const bounds = new Float64Array(piece.length + 1);
    bounds[0] = at;
    for (let i = 0; i < piece.length; i++) {
      if ((start + i) % rowsPerOffset === 0) {
        const offset = some[(start + i) / rowsPerOffset - first];
        if (offset !== undefined && offset !== at && !hasWrongOffset) {
          hasWrongOffset = true;
          checking.find(offsets.path, `row ${start + i} is said to begin at ${offset}, it does at ${at}`);
        }
      }
      at += piece[i]!;
      bounds[i + 1] = at;
    }
    if (at > ids.rows) break;
    if (!(await checkIds(checking, ids, bounds, start, neurons))) break;
  }
  if (at !== ids.rows) checking.find(ids.path, `${ids.rows} ids, the counts make ${at} or more`);
  return ids.rows;
}

/** Ids of some rows: below the number of neurons, ascending in each row. @returns whether they are */
async function checkIds(
  checking: Checking,
  column: TreeColumn,
  bounds: Float64Array,
  firstRow: number,
  neurons: number,
): Promise<boolean> {
  const first = bounds[0]!;
  const end = bounds.at(-1)!;
  let row = 0;
  let last = -1;
  const step = 131_072;
  for (let start = first; start < end; start += step) {
    const ids = readIndices(column, start, Math.min(start + step, end));
    for (let i = 0; i < ids.length; i++) {
      while (bounds[row + 1]! <= start + i) {
        row++;
        last = -1;
      }
      const id = ids[i]!;
      if (id > last && id < neurons) {
        last = id;
        continue;
      }
      const why = id < neurons ? `comes after neuron ${last}` : `is none of ${neurons}`;
      checking.find(column.path, `in row ${firstRow + row} neuron ${id} ${why}`);
      return false;
    }
    await checking.onBytes(ids.byteLength);
  }
  return true;
}

/** The columns of changed synapses: of one length, with neurons that there are. @returns how many rows there are */
export async function checkWeightChanges(
  checking: Checking,
  group: TreeGroup,
  neurons: number,
): Promise<number> {
  const rows = requireColumn(group, "source").rows;
  for (const name of ["source", "target", "old_weight", "new_weight"]) {
    const column = requireColumn(group, name);
    if (column.rows !== rows) checking.find(column.path, `${column.rows} rows, source has ${rows}`);
    if (name.endsWith("weight")) continue;
    for await (const [start, stop] of pieces(checking, column)) {
      const wrong = readIndices(column, start, stop).findIndex((id) => id >= neurons);
      if (wrong < 0) continue;
      checking.find(column.path, `row ${start + wrong} has a neuron that is none of ${neurons}`);
      break;
    }
  }
  return rows;
}

/** Texts that end one after another, and are JSON. @returns how many there are */
export async function checkTexts(checking: Checking, group: TreeGroup): Promise<number> {
  const texts = new JsonTexts(group);
  const { rows } = requireColumn(group, "json");
  for (let start = 0; start < texts.rows; start += TEXTS_AT_ONCE) {
    texts.read(start, Math.min(start + TEXTS_AT_ONCE, texts.rows));
    await checking.onBytes(0);
  }
  const ends = requireColumn(group, "ends");
  const last = texts.rows === 0 ? 0 : readNumbers(ends, texts.rows - 1, texts.rows)[0]!;
  if (last !== rows) checking.find(ends.path, `the last text ends at ${last}, there are ${rows} bytes`);
  return texts.rows;
}
