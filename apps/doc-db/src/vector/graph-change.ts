/** Nodes put into a graph and taken out; links go both ways always, so that whoever goes can tell all that know him. */
import { assert } from "@millrace/base";
import type { PageWriter } from "../storage/page-writer.ts";
import {
  beginSearch,
  type Graph,
  loadVector,
  MAX_LINKS,
  nearest,
  searchLevel,
  WANTED,
} from "./graph-search.ts";
import { SLOTS } from "./vector-room.ts";
import { deleteLinks, entryPoint, MAX_LEVEL, readLinks, writeLinks } from "./vector-tree.ts";

/** Slots of a choice: the node that chooses, what it has chosen, what it may choose. */
const CHOOSER = 1;
const CHOSEN = 2;
const CANDIDATES = CHOSEN + MAX_LINKS;
const MAX_CANDIDATES = SLOTS - CANDIDATES;

const found = new Uint32Array(SLOTS);
const kept = new Uint32Array(MAX_LINKS);
const theirs = new Uint32Array(MAX_LINKS + 1);
const order = new Uint32Array(MAX_CANDIDATES);
const keys = new Float32Array(MAX_CANDIDATES);

/** The highest level of a node: that of a node in m is above the lowest. By its number, so that all is repeatable. */
export function levelOf(node: number, m: number): number {
  let hash = Math.imul(node + 1, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  const part = (((hash ^ (hash >>> 16)) >>> 0) + 1) / 2 ** 32;
  return Math.min(MAX_LEVEL, Math.floor(-Math.log(part) / Math.log(m)));
}

/** Links a node to its neighbours. Its vector is in the tree, and in the slot {@link WANTED}. */
export function linkNode(pager: PageWriter, graph: Graph, node: number): void {
  const { root, m, efConstruction } = graph;
  const entry = entryPoint(pager, root);
  const own = levelOf(node, m);
  for (let level = own; level >= 0; level--)
    writeLinks(pager, root, level, node, kept, 0, roomOn(graph, level));
  if (entry === undefined) return;
  beginSearch(pager, graph, entry.node);
  for (let level = entry.level; level > own; level--) searchLevel(pager, graph, level, 1);
  for (let level = Math.min(own, entry.level); level >= 0; level--) {
    searchLevel(pager, graph, level, efConstruction);
    const { nodes } = nearest;
    let count = 0;
    for (let i = 0; i < nearest.count; i++) if (nodes[i] !== node) found[count++] = nodes[i]!;
    graph.room.copy(WANTED, CHOOSER);
    const chosen = choose(pager, graph, found, count, m, node);
    const neighbours = kept.slice(0, chosen);
    writeLinks(pager, root, level, node, neighbours, chosen, roomOn(graph, level));
    for (const neighbour of neighbours) addLink(pager, graph, level, neighbour, node);
    if (level > 0) loadVector(pager, graph, node, WANTED);
  }
}

/** Takes a node out of all its levels; those that knew it get to know each other. */
export function unlinkNode(pager: PageWriter, graph: Graph, node: number): void {
  const { root } = graph;
  for (let level = levelOf(node, graph.m); level >= 0; level--) {
    const count = readLinks(pager, root, level, node, theirs);
    assert(count >= 0, "a node is on all its levels");
    const orphans = theirs.slice(0, count);
    for (const orphan of orphans) removeLink(pager, graph, level, orphan, node);
    deleteLinks(pager, root, level, node);
    for (const orphan of orphans) reconnect(pager, graph, level, orphan, orphans);
  }
}

/** Links a node to some of those that lost the same neighbour as it. */
function reconnect(pager: PageWriter, graph: Graph, level: number, node: number, others: Uint32Array): void {
  const { root } = graph;
  const had = readLinks(pager, root, level, node, theirs);
  const before = theirs.slice(0, had);
  const free = roomOn(graph, level) - had;
  if (free <= 0) return;
  let count = 0;
  for (const other of others) if (other !== node && !before.includes(other)) found[count++] = other;
  loadVector(pager, graph, node, CHOOSER);
  // As many as were lost, about; two, so that what hung together by the lost one goes on to.
  const chosen = choose(pager, graph, found, count, Math.min(free, 2), node);
  for (const other of kept.slice(0, chosen)) {
    addLink(pager, graph, level, node, other);
    addLink(pager, graph, level, other, node);
  }
}

/** Adds one direction of a link; where there is no room left, the least useful one is taken back both ways. */
function addLink(pager: PageWriter, graph: Graph, level: number, node: number, other: number): void {
  const { root } = graph;
  const most = roomOn(graph, level);
  const count = readLinks(pager, root, level, node, theirs);
  for (let i = 0; i < count; i++) if (theirs[i] === other) return;
  theirs[count] = other;
  if (count < most) {
    writeLinks(pager, root, level, node, theirs, count + 1, most);
    return;
  }
  const all = theirs.slice(0, count + 1);
  loadVector(pager, graph, node, CHOOSER);
  const chosen = choose(pager, graph, all, all.length, most, node);
  const stay = new Set(kept.subarray(0, chosen));
  // Whoever has no other link keeps this one, in the place of the last one that was chosen.
  const gone: number[] = [];
  for (const each of all) {
    if (stay.has(each)) continue;
    const isAlone =
      each !== other
        ? readLinks(pager, root, level, each, theirs) <= 1
        : isLonely(pager, graph, level, each, node);
    if (isAlone && stay.size < most) stay.add(each);
    else if (isAlone) {
      const last = [...stay].findLast((one) => !isLonely(pager, graph, level, one, node));
      if (last === undefined) gone.push(each);
      else {
        stay.delete(last);
        gone.push(last);
        stay.add(each);
      }
    } else gone.push(each);
  }
  writeLinks(pager, root, level, node, Uint32Array.from(stay), stay.size, most);
  for (const each of gone) removeLink(pager, graph, level, each, node);
}

/** Whether a node has no link but perhaps that to one other. */
function isLonely(pager: PageWriter, graph: Graph, level: number, node: number, other: number): boolean {
  const count = readLinks(pager, graph.root, level, node, theirs);
  return count === 0 || (count === 1 && theirs[0] === other);
}

/** Takes one direction of a link back; it may not be there yet. */
function removeLink(pager: PageWriter, graph: Graph, level: number, node: number, other: number): void {
  const count = readLinks(pager, graph.root, level, node, theirs);
  const at = theirs.subarray(0, Math.max(count, 0)).indexOf(other);
  if (at < 0) return;
  theirs.copyWithin(at, at + 1, count);
  writeLinks(pager, graph.root, level, node, theirs, count - 1, roomOn(graph, level));
}

function roomOn({ m }: Graph, level: number): number {
  return level === 0 ? 2 * m : m;
}

/**
 * Chooses neighbours for the node whose vector is in the slot {@link CHOOSER}: the nearest ones that are nearer to it than
 * to any that was chosen before, so that they lie in all directions (algorithm 4 of the paper). They are in `kept`.
 * @returns how many
 */
function choose(
  pager: PageWriter,
  graph: Graph,
  nodes: Uint32Array,
  given: number,
  most: number,
  self: number,
): number {
  const { room } = graph;
  const { distances } = room;
  const count = Math.min(given, MAX_CANDIDATES);
  for (let i = 0; i < count; i++) {
    assert(nodes[i] !== self, "no node is its own neighbour");
    loadVector(pager, graph, nodes[i]!, CANDIDATES + i);
  }
  room.measure(CHOOSER, CANDIDATES, count);
  keys.set(distances.subarray(0, count));
  for (let i = 0; i < count; i++) order[i] = i;
  const sorted = order.subarray(0, count).sort((a, b) => keys[a]! - keys[b]!);
  let chosen = 0;
  for (let i = 0; i < count && chosen < most; i++) {
    const candidate = sorted[i]!;
    room.measure(CANDIDATES + candidate, CHOSEN, chosen);
    const own = keys[candidate]!;
    let isUseful = true;
    for (let j = 0; j < chosen && isUseful; j++) isUseful = distances[j]! > own;
    if (!isUseful) continue;
    room.copy(CANDIDATES + candidate, CHOSEN + chosen);
    kept[chosen++] = nodes[candidate]!;
  }
  return chosen;
}
