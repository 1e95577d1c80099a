/** Nodes by their distances, the least (or the greatest) on top: a binary heap in typed arrays. */
export class NodeHeap {
  /** How many there are. */
  count = 0;
  nodes: Uint32Array = new Uint32Array(256);
  /** With the sign of the heap: the least is on top. */
  keys: Float32Array = new Float32Array(256);
  readonly #sign: number;

  /** @param isGreatest - whether the greatest distance is on top */
  constructor(isGreatest: boolean) {
    this.#sign = isGreatest ? -1 : 1;
  }

  clear(): void {
    this.count = 0;
  }

  get topNode(): number {
    return this.nodes[0]!;
  }

  get topDistance(): number {
    return this.keys[0]! * this.#sign;
  }

  push(node: number, distance: number): void {
    if (this.count === this.nodes.length) this.#grow();
    const { nodes, keys } = this;
    const key = distance * this.#sign;
    let at = this.count++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (keys[parent]! <= key) break;
      keys[at] = keys[parent]!;
      nodes[at] = nodes[parent]!;
      at = parent;
    }
    keys[at] = key;
    nodes[at] = node;
  }

  /** Takes the top off. */
  pop(): void {
    const { nodes, keys } = this;
    const last = --this.count;
    const key = keys[last]!;
    const node = nodes[last]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= last) break;
      if (child + 1 < last && keys[child + 1]! < keys[child]!) child++;
      if (keys[child]! >= key) break;
      keys[at] = keys[child]!;
      nodes[at] = nodes[child]!;
      at = child;
    }
    keys[at] = key;
    nodes[at] = node;
  }

  #grow(): void {
    const nodes = new Uint32Array(2 * this.nodes.length);
    nodes.set(this.nodes);
    this.nodes = nodes;
    const keys = new Float32Array(nodes.length);
    keys.set(this.keys);
    this.keys = keys;
  }
}
