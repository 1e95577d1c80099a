import type { ObjectNode } from "./object-node.ts";

/** Objects with references in attributes or values: their bytes change when what they refer to moves. */
export class Referrers {
  readonly all: Set<ObjectNode> = new Set();
  /** Those of them, and the groups around them, that may move though they are closed; as of the latest checkpoint. */
  readonly unsettled: Set<ObjectNode> = new Set();

  /**
   * Lets all objects move that refer to one that does, and those that refer to them, until no more do; and finds those
   * that may have to move again.
   */
  move(): void {
    this.unsettled.clear();
    let isNews = this.all.size > 0;
    while (isNews) {
      isNews = false;
      for (const referrer of this.all) {
        if (referrer.followTargets()) isNews = true;
        if (this.unsettled.has(referrer) || !referrer.hasUnsettledTargets) continue;
        for (let node: ObjectNode | undefined = referrer; node !== undefined; node = node.parent) {
          this.unsettled.add(node);
        }
        isNews = true;
      }
    }
  }

  /** Forgets those that are written with the addresses that will not change any more. */
  settle(): void {
    for (const referrer of this.all) if (referrer.isSettled) this.all.delete(referrer);
  }
}
