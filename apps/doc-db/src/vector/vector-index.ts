/** Vector indexes: kept in step with the documents, and asked for the nearest ones. */
import type { Located } from "../btree/tree.ts";
import type { IndexDefinition } from "../indexes/definition.ts";
import { getPath } from "../mql/expr/field-path.ts";
import type { FieldLookup } from "../query/filter.ts";
import type { PageReader } from "../storage/page-reader.ts";
import type { PageWriter } from "../storage/page-writer.ts";
import { linkNode, unlinkNode } from "./graph-change.ts";
import { beginSearch, type Graph, nearest, searchLevel, WANTED } from "./graph-search.ts";
import { normalize, type SimilarityName } from "./similarity.ts";
import { VectorRoom } from "./vector-room.ts";
import {
  deleteVector,
  entryPoint,
  idKeyOf,
  nodeOf,
  numberIn,
  putVector,
  readState,
  vectorCursor,
  writeState,
} from "./vector-tree.ts";
import { vectorOf } from "./vector-value.ts";

/** What a vector index is made of. */
export interface VectorFields {
  readonly parts: readonly string[];
  /** Vectors of another length are left out. */
  readonly dimensions: number;
  readonly similarity: SimilarityName;
  /** `exact` looks at every vector; `hnsw` has a graph. */
  readonly method: "exact" | "hnsw";
  readonly m: number;
  readonly efConstruction: number;
}

/** An index in its tree. */
export interface VectorTree {
  readonly root: number;
  readonly definition: IndexDefinition;
}

/** Slots that an exact search fills before it measures. */
const EXACT_BATCH = 256;
const rooms = new Map<string, VectorRoom>();
const MAX_ROOMS = 4;

/** The vector of a document as the index has it; undefined where it has none for it. */
export function indexedVector(fields: VectorFields, lookup: FieldLookup): Float32Array | undefined {
  const { parts, dimensions } = fields;
  const vector = vectorOf(getPath(lookup(parts[0]!), parts, 1) ?? null);
  if (vector?.length !== dimensions || !vector.every(Number.isFinite)) return undefined;
  return asIndexed(fields, vector);
}

/** Of cosines only the direction counts. */
function asIndexed({ similarity }: VectorFields, vector: Float32Array): Float32Array {
  return similarity === "cosine" ? normalize(vector) : vector;
}

export function addVector(
  pager: PageWriter,
  { root, definition }: VectorTree,
  lookup: FieldLookup,
  idKey: Uint8Array,
): void {
  const fields = definition.vector!;
  const vector = indexedVector(fields, lookup);
  if (vector === undefined) return;
  const { count, next } = readState(pager, root);
  putVector(pager, root, next, vector, idKey);
  writeState(pager, root, { count: count + 1, next: next + 1 });
  if (fields.method === "exact") return;
  const graph = graphOf(fields, root);
  graph.room.put(WANTED, vector);
  linkNode(pager, graph, next);
  // A long transaction does this after each document; in others all changed pages stay, and those that were read go.
  if (pager.touched === undefined) pager.endOperation();
}

export function removeVector(pager: PageWriter, { root, definition }: VectorTree, idKey: Uint8Array): void {
  const fields = definition.vector!;
  const node = nodeOf(pager, root, idKey);
  if (node === undefined) return;
  if (fields.method === "hnsw") unlinkNode(pager, graphOf(fields, root), node);
  deleteVector(pager, root, node, idKey);
  const { count, next } = readState(pager, root);
  writeState(pager, root, { count: count - 1, next });
}

/** Touches the index only where the vector is another one. */
export function replaceVector(
  pager: PageWriter,
  tree: VectorTree,
  before: FieldLookup,
  after: FieldLookup,
  idKey: Uint8Array,
): void {
  const fields = tree.definition.vector!;
  const old = indexedVector(fields, before);
  const now = indexedVector(fields, after);
  if (old?.every((value, i) => value === now?.[i]) ?? now === undefined) return;
  removeVector(pager, tree, idKey);
  addVector(pager, tree, after, idKey);
}

/** How many vectors an index has. */
export function vectorCount(pager: PageReader, { root }: VectorTree): number {
  return readState(pager, root).count;
}

/**
 * The `_id`s' keys of the documents that are nearest to a vector, the nearest first.
 * @param ef - how many are looked at on the way, from `limit` on: the more, the surer
 */
export function nearestIdKeys(
  pager: PageReader,
  { root, definition }: VectorTree,
  wanted: Float32Array,
  limit: number,
  ef: number,
  isExact: boolean,
): Uint8Array[] {
  const fields = definition.vector!;
  const graph = graphOf(fields, root);
  graph.room.put(WANTED, asIndexed(fields, wanted));
  if (isExact || fields.method === "exact") scanAll(pager, graph, limit);
  else {
    const entry = entryPoint(pager, root);
    if (entry === undefined) return [];
    beginSearch(pager, graph, entry.node);
    for (let level = entry.level; level > 0; level--) searchLevel(pager, graph, level, 1);
    searchLevel(pager, graph, 0, Math.max(ef, limit));
  }
  while (nearest.count > limit) nearest.pop();
  const nodes: number[] = [];
  for (; nearest.count > 0; nearest.pop()) nodes.push(nearest.topNode);
  return nodes.reverse().map((node) => idKeyOf(pager, root, node, fields.dimensions));
}

/** Leaves the nearest of all vectors in {@link nearest}. */
function scanAll(pager: PageReader, { root, room, dimensions }: Graph, limit: number): void {
  const nodes = new Uint32Array(EXACT_BATCH);
  const cursor = vectorCursor(pager, root);
  const place: Located = { bytes: cursor.page, start: 0, end: 0 };
  let filled = 0;
  nearest.clear();
  const take = (): void => {
    room.measure(WANTED, 1, filled);
    for (let i = 0; i < filled; i++) {
      const distance = room.distances[i]!;
      if (nearest.count >= limit) {
        if (distance >= nearest.topDistance) continue;
        nearest.pop();
      }
      nearest.push(nodes[i]!, distance);
    }
    filled = 0;
  };
  while (cursor.next()) {
    cursor.value(place);
    nodes[filled] = numberIn(cursor.page, cursor.keyStart + 1);
    const at = (1 + filled) * room.strideBytes;
    Buffer.prototype.copy.call(place.bytes, room.bytes, at, place.start, place.start + 4 * dimensions);
    if (++filled === EXACT_BATCH) take();
  }
  take();
}

function graphOf({ dimensions, similarity, m, efConstruction }: VectorFields, root: number): Graph {
  const isEuclidean = similarity === "euclidean";
  const key = `${dimensions} ${isEuclidean}`;
  let room = rooms.get(key);
  if (room === undefined) {
    if (rooms.size >= MAX_ROOMS) rooms.clear();
    room = new VectorRoom(dimensions, isEuclidean);
    rooms.set(key, room);
  }
  return { root, dimensions, room, m, efConstruction };
}
