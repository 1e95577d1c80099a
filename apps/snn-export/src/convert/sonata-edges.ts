import type { Hdf5Group } from "@millrace/hdf5";
import { connectionsOf, type NetworkStructure } from "../network-structure.ts";
import { UNFILTERED } from "./unfiltered.ts";
import { wideIds } from "./wide-ids.ts";

/** Writes `/edges/<population>_to_<population>`: an edge for each weight, or for each connection without any. */
export async function writeSonataEdges(
  { connections, initialWeights }: NetworkStructure,
  population: string,
  ids: Float64Array,
  root: Hdf5Group,
): Promise<void> {
  const hasWeights = initialWeights.data.length > 0;
  const { source, target } = hasWeights ? connectionsOf(initialWeights) : connections;
  const count = source.length;
  if (count === 0) return;
  const all = root.createGroup("edges");
  const edges = all.createGroup(`${population}_to_${population}`);
  for (const [name, ends] of [
    ["source_node_id", source],
    ["target_node_id", target],
  ] as const) {
    const nodes = edges.createDataset(name, { kind: "uint64", ...UNFILTERED });
    nodes.setAttribute("node_population", population);
    await nodes.append(wideIds(ends, ids));
  }
  // No table of edge types comes along: -1 is of none.
  await edges
    .createDataset("edge_type_id", { kind: "int64", ...UNFILTERED })
    .append(new BigInt64Array(count).fill(-1n));
  await edges
    .createDataset("edge_group_id", { kind: "uint64", ...UNFILTERED })
    .append(new BigUint64Array(count));
  const indices = Uint32Array.from({ length: count }, (_, i) => i);
  const places = Float64Array.from(indices);
  await edges
    .createDataset("edge_group_index", { kind: "uint64", ...UNFILTERED })
    .append(wideIds(indices, places));
  const group = edges.createGroup("0");
  if (hasWeights)
    await group.createDataset("syn_weight", { kind: "float64", ...UNFILTERED }).append(initialWeights.data);
  all.closeSync();
}
