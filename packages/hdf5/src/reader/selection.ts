import { InvalidArgumentError } from "@millrace/base";
import { checkRange } from "@millrace/buffers";
import type { Box } from "./box.ts";

/** A box of a dataset: from `start` to before `stop` along each axis; all of it where they are not given. */
export interface Hdf5Selection {
  readonly start?: readonly number[];
  readonly stop?: readonly number[];
}

/** The box that a selection is of a dataset's shape. @throws InvalidArgumentError when it is not inside */
export function boxOf(
  dataset: { readonly path: string; readonly shape: readonly number[]; readonly isNull: boolean },
  { start, stop }: Hdf5Selection,
): Box {
  const { path, shape } = dataset;
  if (dataset.isNull) return { start: [], shape: [0] };
  const rank = shape.length;
  const from = start ?? shape.map(() => 0);
  const to = stop ?? shape;
  if (from.length !== rank || to.length !== rank) {
    throw new InvalidArgumentError(
      "HDF5_SELECTION_RANK",
      `selection of ${path}`,
      from.length === rank ? to : from,
      `${rank} numbers, one for each axis`,
    );
  }
  for (let i = 0; i < rank; i++) checkRange("hdf5", `axis ${i} of ${path}`, from[i]!, to[i]!, shape[i]!);
  return { start: from, shape: to.map((end, i) => end - from[i]!) };
}
