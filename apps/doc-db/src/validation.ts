/** Validators of collections: filters that documents must match to be put in. */
import { TreeCursor } from "./btree/cursor.ts";
import { ALL_KEYS } from "./btree/key-range.ts";
import type { Located } from "./btree/tree.ts";
import { collectionOptions, findCollection } from "./catalog.ts";
import { primaryRootOf } from "./collection-page.ts";
import { checksOf } from "./constraints/checks.ts";
import { decodeDocument } from "./document/decode.ts";
import { encodeDocument } from "./document/encode.ts";
import { type Document, isDocument } from "./document/value.ts";
import { fail } from "./mql/error.ts";
import { type CompiledFilter, compileFilter, matchesDocument } from "./query/filter.ts";
import type { PageReader } from "./storage/page-reader.ts";

/** Throws for a document that a collection does not take. @param before - what it takes the place of */
export type Validator = (document: Document, before: Document | undefined) => void;

const COMPILED = new Map<string, CompiledFilter>();
const MAX_COMPILED = 256;

/** The validator of a collection; undefined where there is none, or it is only to warn. */
export function validatorOf(pager: PageReader, name: string): Validator | undefined {
  return validatorFrom(collectionOptions(pager, name), name);
}

/** The validator that a collection's options say. */
export function validatorFrom(options: Document, name: string): Validator | undefined {
  const validate = ownValidator(options, name);
  if (options.checks === undefined) return validate;
  const checks = checksOf(options).map((check) => ({ name: check.name, filter: compiled(check.filter) }));
  return (document, before) => {
    validate?.(document, before);
    const broken = checks.find(({ filter }) => !matchesDocument(filter, document));
    if (broken !== undefined)
      fail(121, "document", document._id, `a document that fulfils the check ${broken.name} of ${name}`);
  };
}

/** Whether all documents that there are fulfil the checks. @throws LanguageError 121 for one that does not */
export function checkDocuments(pager: PageReader, name: string, { checks }: Document): void {
  const page = findCollection(pager, name);
  const validate = validatorFrom(checks === undefined ? {} : { checks }, name);
  if (page === undefined || validate === undefined) return;
  const cursor = new TreeCursor(pager, primaryRootOf(pager.read(page)), ALL_KEYS, undefined, false);
  const place: Located = { bytes: cursor.page, start: 0, end: 0 };
  while (cursor.next()) {
    cursor.value(place);
    validate(decodeDocument(place.bytes.slice(place.start, place.end)), undefined);
  }
}

function ownValidator(
  { validator, validationLevel, validationAction }: Document,
  name: string,
): Validator | undefined {
  if (!isDocument(validator) || validationLevel === "off" || validationAction === "warn") return undefined;
  const filter = compiled(validator);
  return (document, before) => {
    if (matchesDocument(filter, document)) return;
    // Documents that were there before the validator may stay as wrong as they are.
    if (validationLevel === "moderate" && before !== undefined && !matchesDocument(filter, before)) return;
    fail(121, "document", document._id, `a document that fulfils the validator of ${name}`);
  };
}

function compiled(validator: Document): CompiledFilter {
  const key = Buffer.from(encodeDocument(validator)).toString("latin1");
  const known = COMPILED.get(key);
  if (known !== undefined) return known;
  const filter = compileFilter(validator);
  if (COMPILED.size >= MAX_COMPILED) COMPILED.clear();
  COMPILED.set(key, filter);
  return filter;
}
