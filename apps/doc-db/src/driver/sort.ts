import type { Document } from "../document/value.ts";
import type { Sort, SortDirection } from "./types.ts";

/** A sort as the language has it: fields with 1, -1 or `$meta`. */
export function plainSort(sort: Sort): Document {
  if (typeof sort === "string") return { [sort]: 1 };
  const isPair = Array.isArray(sort) && typeof sort[0] === "string";
  const fields: Iterable<[string, SortDirection]> = isPair
    ? [sort as [string, SortDirection]]
    : Array.isArray(sort)
      ? (sort as [string, SortDirection][])
      : sort instanceof Map
        ? sort
        : Object.entries(sort);
  return Object.fromEntries([...fields].map(([path, order]) => [path, directionOf(order)]));
}

function directionOf(order: SortDirection): Document | number {
  if (typeof order === "object") return { ...order };
  if (typeof order === "number") return order;
  return order.startsWith("asc") ? 1 : -1;
}

/** Options with their sort in the language's form. */
export function withPlainSort<T extends { sort?: Sort }>(options: T): Omit<T, "sort"> & { sort?: Document } {
  const { sort, ...rest } = options;
  return sort === undefined ? rest : { ...rest, sort: plainSort(sort) };
}
