import { InvalidArgumentError } from "@millrace/base";
import type { TypedArrayOf } from "@millrace/buffers";
import type { Hdf5Dataset, StorageKind } from "../dataset.ts";
import type { DatasetPlan } from "./dataset-plan.ts";
import { DATASET_KINDS, type DatasetKind, encodeDatatype } from "./datatype.ts";
import type { FileContext } from "./file-context.ts";
import { readStoredRows } from "./read-dataset.ts";
import { readObjectHeader } from "./read-object.ts";
import { RowsNode } from "./rows-node.ts";

/** A dataset of numbers or booleans that grows by rows. */
export class DatasetNode<K extends DatasetKind> extends RowsNode implements Hdf5Dataset<K> {
  readonly kind: K;

  constructor(path: string, context: FileContext, kind: K, plan: DatasetPlan) {
    super(path, context, plan);
    this.kind = kind;
  }

  /** Reads a dataset as the file has it. @throws InvalidArgumentError `HDF5_KIND_OTHER` when it is something else */
  static read(path: string, context: FileContext, address: number): DatasetNode<DatasetKind> {
    const messages = readObjectHeader(context.output.file, address);
    const stored = readStoredRows(messages);
    const kind = DATASET_KINDS.find(
      (one) => stored !== undefined && Buffer.compare(encodeDatatype({ kind: one }), stored.datatype) === 0,
    );
    if (stored === undefined || kind === undefined) {
      throw new InvalidArgumentError(
        "HDF5_KIND_OTHER",
        path,
        "a group, a table or a fixed dataset",
        "a streamed dataset",
      );
    }
    const { rowShape, chunkRows, filters } = stored;
    const storageKind = kind === "boolean" ? "uint8" : kind;
    const plan: DatasetPlan = { type: { kind }, storageKind, rowShape, chunkRows, filters };
    const node = new DatasetNode<DatasetKind>(path, context, kind, plan);
    node.resume(messages, stored);
    return node;
  }

  append(values: TypedArrayOf<StorageKind<K>>): Promise<void> {
    return this.appendValues(values);
  }

  appendSync(values: TypedArrayOf<StorageKind<K>>): void {
    this.appendValuesSync(values);
  }
}
