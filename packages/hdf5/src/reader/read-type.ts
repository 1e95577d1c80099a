import { readDatatype } from "./datatype.ts";
import { messageOf, type ObjectHeader } from "./object-header.ts";
import { Hdf5ReadAttributes } from "./read-attributes.ts";
import type { ReaderContext } from "./reader-context.ts";
import type { Hdf5Type } from "./types.ts";

/** A committed datatype: a type with a name, which datasets share. */
export class Hdf5ReadType {
  readonly kind = "type";
  readonly path: string;
  /** Where its header is, counted from the superblock. */
  readonly address: number;
  readonly type: Hdf5Type;
  readonly attributes: Hdf5ReadAttributes;

  constructor(context: ReaderContext, header: ObjectHeader, path: string) {
    const cursor = messageOf(context.file, header, "datatype");
    if (cursor === undefined) throw context.file.corrupt(header.address, `type ${path} is missing`);
    this.path = path;
    this.address = header.address;
    this.type = readDatatype(cursor);
    this.attributes = new Hdf5ReadAttributes(context, header);
  }
}
