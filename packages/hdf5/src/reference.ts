import type { Hdf5Object } from "./group.ts";

/** A value that leads to an object of the same file: HDF5's object reference. */
export class Hdf5ObjectReference {
  readonly target: Hdf5Object;

  /** As {@link objectReference}. */
  constructor(target: Hdf5Object) {
    this.target = target;
  }
}

/**
 * Makes a reference, for an attribute or a small dataset.
 *
 * When the file is reopened, the object can no longer be changed: what refers to it would lead to its old state.
 * @param target - an object of the same file that is not closed, and not the root
 * @example
 * index.setAttribute("target", objectReference(spikeTimes));
 */
export function objectReference(target: Hdf5Object): Hdf5ObjectReference {
  return new Hdf5ObjectReference(target);
}
