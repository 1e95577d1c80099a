/** Kinds of collections that MongoDB has and that there are not here: refused by their names. */
import { type Document, isDocument } from "../document/value.ts";
import { fail } from "../mql/error.ts";

const OTHER_KINDS: Readonly<Record<string, string>> = {
  capped: "a collection that grows; an index with expireAfterSeconds takes old documents out",
  viewOn: "a collection; a view's pipeline is given to aggregate",
  timeseries: "a collection like others, with an index of its time",
  clusteredIndex: "a collection like others: all lie in the order of their _id",
  encryptedFields: "fields that the application encrypts; a file may be encrypted as a whole",
};

/** @throws LanguageError 115 for a `create` of a kind that there is not, or with a collation for all that is asked of it */
export function refuseOtherKinds(command: Document): void {
  for (const [option, expected] of Object.entries(OTHER_KINDS)) {
    const value = command[option];
    if (value !== undefined && value !== false) fail(115, `create ${option}`, value, expected);
  }
  const { collation } = command;
  const isSimple = !isDocument(collation) || collation.locale === "simple";
  if (!isSimple) fail(115, "create collation", collation, "a collation of each query, and of indexes");
}
