/** Cases that are not passed for a reason that is known, by what they are about. */
import type { Case } from "./case-file.ts";

interface Unsupported {
  readonly name: string;
  readonly reason: string;
  readonly applies: (test: Case) => boolean;
}

const inModule =
  (pattern: RegExp) =>
  ({ module }: Case): boolean =>
    pattern.test(module);

/** What is declared to be unsupported, and why; the first entry that applies to a case counts. */
export const UNSUPPORTED: readonly Unsupported[] = [
  {
    name: "dates beyond the year 275760",
    reason:
      "a Date of JavaScript ends at 8.64e15 milliseconds; int64 milliseconds beyond are refused, never rounded",
    applies: ({ isReadable }) => !isReadable,
  },
  {
    name: "geospatial edges",
    reason:
      "rings of more than half the sphere, $near without an index (which works here), points on the very edge",
    applies: inModule(/geospatial/),
  },
  {
    name: "$text in other languages",
    reason: "words of English have stems; those of other languages stand for themselves",
    applies: inModule(/query\/text/),
  },
  {
    name: "$where",
    reason: "documents are data: JavaScript in a filter is never run",
    applies: ({ fields }) => JSON.stringify(Object.keys(fields.filter ?? {})).includes("$where"),
  },
  {
    name: "time series, views and counters of index uses",
    reason: "there are none",
    applies: ({ module, id }) =>
      /timeseries|hidden_(errors|behavior)/.test(module) ||
      /^(collation_conflict|view_restriction)$/.test(id),
  },
  {
    name: "MinKey and MaxKey wrapped by the suite's shell",
    reason: "the case expects what a command's parser makes of them, not the value",
    applies: ({ id }) => /(min|max)key$/.test(id),
  },
  {
    name: "cases that are told in part",
    reason:
      "the suite wraps the operand, makes the documents, the filters of an array or the result in its own code",
    applies: ({ module, id }) =>
      /meta_invalid|root_core_behavior|root_accumulators|set_command_contexts/.test(module) ||
      /^(filtered_positional_removes_field|missing_array)$/.test(id),
  },
  {
    name: "decimals as the server's library makes them",
    reason:
      "the same number with other zeros or another last digit; the greatest numbers as infinite or NaN; the sign of 0",
    applies: inModule(/pow_|floor_|ln_magnitude|log10_|sigmoid_numeric|mul_special|avg_group_boundaries/),
  },
  {
    name: "numbers as texts",
    reason:
      "hexadecimal ones are refused; too small or too great ones become 0 or infinite, where they should not",
    applies: inModule(/toDouble_string|toDecimal_string/),
  },
  {
    name: "binary data of odd kinds",
    reason:
      "subtype 2 without the length before its bytes, UUIDs that have not 16 bytes, numbers of other subtypes or sizes",
    applies: inModule(/toString_binary|toInt_binary|toLong_datetime_binary|types_binary|bits\w+_cross_type/),
  },
  {
    name: "positional projections and $elemMatch beside others",
    reason:
      "the filter must be on that very array, without $all; what goes with $expr or exclusions is not told apart",
    applies: inModule(/projection\/(positional|elemMatch)/),
  },
  {
    name: "names that begin with a dollar sign",
    reason: "updates by such a path are refused with error 52, never stored",
    applies: ({ id }) => /^dollar_prefix/.test(id),
  },
  {
    name: "null, missing or wrong operands",
    reason:
      "$let, $trunc, $setUnion and $sigmoid give another number or error, $not a missing field beside MinKey",
    applies: inModule(/let_|trunc_places|setUnion_null|sigmoid_errors|not_special_values/),
  },
  {
    name: "conditional groups of regular expressions",
    reason: "JavaScript's have none",
    applies: ({ id }) => id === "conditional_pattern_match",
  },
  {
    name: "$$CLUSTER_TIME without a cluster",
    reason: "it is the time of the database",
    applies: inModule(/cluster_time/),
  },
];
