import { CapacityError } from "@millrace/base";
import { ByteBuilder } from "./byte-builder.ts";
import { encodeDataspace } from "./dataset-messages.ts";
import { encodeDatatype } from "./datatype.ts";
import { checkName } from "./link.ts";
import { MAX_MESSAGE_BYTES, MESSAGE, type Message } from "./object-header.ts";
import type { StoredValue } from "./value.ts";

const encoder = new TextEncoder();

/**
 * An attribute message, version 3, with a UTF-8 name (specification, IV.A.2.m).
 * @throws InvalidArgumentError for a bad name
 * @throws CapacityError `HDF5_ATTRIBUTE_TOO_LARGE` when it does not fit into a message
 */
export function attributeMessage(name: string, value: StoredValue): Message {
  checkName(name, "an attribute's name");
  const nameBytes = encoder.encode(name);
  const datatype = encodeDatatype(value.type);
  const dataspace = encodeDataspace(value.shape);
  const body = new ByteBuilder();
  body
    .u8(3)
    .u8(0)
    .u16(nameBytes.length + 1)
    .u16(datatype.length)
    .u16(dataspace.length)
    .u8(1);
  body.add(nameBytes).u8(0).add(datatype).add(dataspace);
  const byteLength = body.length + value.data.length;
  if (byteLength > MAX_MESSAGE_BYTES) {
    throw new CapacityError("HDF5_ATTRIBUTE_TOO_LARGE", `attribute ${name}`, byteLength, MAX_MESSAGE_BYTES);
  }
  const message = { type: MESSAGE.attribute, body: body.add(value.data).bytes };
  return value.references === undefined ? message : { ...message, references: value.references };
}
