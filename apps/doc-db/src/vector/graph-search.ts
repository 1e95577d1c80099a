/** Search in a hierarchical graph (Malkov and Yashunin, Efficient and robust approximate nearest neighbor search, 2016). */
import type { PageReader } from "../storage/page-reader.ts";
import { NodeHeap } from "./node-heap.ts";
import type { VectorRoom } from "./vector-room.ts";
import { copyVector, readLinks } from "./vector-tree.ts";

/** A graph in the tree of an index. */
export interface Graph {
  readonly root: number;
  readonly dimensions: number;
  readonly room: VectorRoom;
  /** Neighbours of a node on the levels above the lowest; on that one there are twice as many. */
  readonly m: number;
  readonly efConstruction: number;
}

/** The slot of the vector that is looked for. */
export const WANTED = 0;
/** The first of the slots that neighbours are measured in. */
const NEIGHBOURS = 1;
/** Neighbours of a node, at the most. */
export const MAX_LINKS = 200;

const candidates = new NodeHeap(false);
/** The nearest nodes of the last search, the farthest of them on top. */
export const nearest: NodeHeap = new NodeHeap(true);
const links = new Uint32Array(MAX_LINKS);
const unseen = new Uint32Array(MAX_LINKS);
/** In which search a node was last seen. */
let seen = new Uint32Array(1024);
let search = 0;

/** Reads the vector of a node into a slot. */
export function loadVector(pager: PageReader, graph: Graph, node: number, slot: number): void {
  const { room, root, dimensions } = graph;
  copyVector(pager, root, node, room.bytes, slot * room.strideBytes, 4 * dimensions);
}

/** Begins a search: what {@link nearest} holds is forgotten. */
export function beginSearch(pager: PageReader, graph: Graph, entry: number): void {
  nearest.clear();
  loadVector(pager, graph, entry, NEIGHBOURS);
  graph.room.measure(WANTED, NEIGHBOURS, 1);
  nearest.push(entry, graph.room.distances[0]!);
}

/**
 * Goes from the nodes in {@link nearest} along the links of a level, and leaves there the `ef` nearest ones that it
 * came by.
 */
export function searchLevel(pager: PageReader, graph: Graph, level: number, ef: number): void {
  const { root, room } = graph;
  const { distances } = room;
  if (++search === 0xffffffff) {
    seen.fill(0);
    search = 1;
  }
  candidates.clear();
  for (let i = 0; i < nearest.count; i++) {
    const node = nearest.nodes[i]!;
    mark(node);
    candidates.push(node, -nearest.keys[i]!);
  }
  while (nearest.count > ef) nearest.pop();
  while (candidates.count > 0) {
    if (candidates.topDistance > nearest.topDistance && nearest.count >= ef) return;
    const node = candidates.topNode;
    candidates.pop();
    const count = readLinks(pager, root, level, node, links);
    let fresh = 0;
    for (let i = 0; i < count; i++) {
      const neighbour = links[i]!;
      if (neighbour < seen.length && seen[neighbour] === search) continue;
      mark(neighbour);
      unseen[fresh] = neighbour;
      loadVector(pager, graph, neighbour, NEIGHBOURS + fresh);
      fresh++;
    }
    room.measure(WANTED, NEIGHBOURS, fresh);
    for (let i = 0; i < fresh; i++) {
      const distance = distances[i]!;
      if (nearest.count >= ef) {
        if (distance >= nearest.topDistance) continue;
        nearest.pop();
      }
      nearest.push(unseen[i]!, distance);
      candidates.push(unseen[i]!, distance);
    }
  }
}

function mark(node: number): void {
  if (node >= seen.length) {
    const grown = new Uint32Array(Math.max(2 * seen.length, node + 1));
    grown.set(seen);
    seen = grown;
  }
  seen[node] = search;
}
