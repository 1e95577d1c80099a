/** `createIndexes`, `dropIndexes`, `listIndexes`, and `collMod`. */
import {
  collectionOptions,
  findCollection,
  findOrCreateCollection,
  setCollectionOptions,
} from "../catalog.ts";
import { dropNamedIndexes, indexNameOf, listIndexSpecs, requireCollection } from "../collection-indexes.ts";
import { indexesOf } from "../collection-page.ts";
import { normalizeChecks } from "../constraints/checks.ts";
import { normalizeForeignKeys } from "../constraints/foreign-keys.ts";
import { setForeignKeys } from "../constraints/reference-catalog.ts";
import { type Document, isDocument, type Value } from "../document/value.ts";
import { normalizeIndexSpec } from "../indexes/spec.ts";
import { buildIndex, changeIndexSpec } from "../indexes/store.ts";
import { fail } from "../mql/error.ts";
import { isNumeric, toNumber } from "../mql/number.ts";
import { findHinted } from "../query/plan.ts";
import type { PageReader } from "../storage/page-reader.ts";
import type { PageWriter } from "../storage/page-writer.ts";
import { checkDocuments } from "../validation.ts";
import { booleanOf, checkFields, checkWriteConcern, collectionOf, documentOf, listOf } from "./arguments.ts";
import { type Command, shownName, storedName } from "./target.ts";

const VALIDATION = ["validator", "validationLevel", "validationAction"];

/** These commands by their names. */
export const INDEX_COMMANDS: Readonly<Record<string, Command>> = {
  createIndexes: async (target, command) => {
    checkFields(command, ["indexes", "commitQuorum", "v"]);
    const name = storedName(target, collectionOf(command));
    const given = listOf(command, "indexes");
    if (given.length === 0) fail(2, "createIndexes", given, "at least one index");
    const specs = given.map(normalizeIndexSpec);
    return target.engine.writeLong(async (pager) => {
      const isNew = findCollection(pager, name) === undefined;
      const collection = findOrCreateCollection(pager, name);
      const before = countIndexes(pager, name);
      for (const spec of specs) if (!isIdIndex(spec)) buildIndex(pager, collection, spec);
      const after = countIndexes(pager, name);
      const note = before === after ? { note: "all indexes already exist" } : {};
      return {
        numIndexesBefore: before,
        numIndexesAfter: after,
        createdCollectionAutomatically: isNew,
        ...note,
        ok: 1,
      };
    });
  },
  dropIndexes: async (target, command) => {
    checkFields(command, ["index"]);
    const name = storedName(target, collectionOf(command));
    checkWriteConcern(command.writeConcern);
    const { index } = command;
    return target.engine.writeLong(async (pager) => {
      const names = namesToDrop(pager, name, index);
      const before = countIndexes(pager, name);
      dropNamedIndexes(pager, name, names);
      return { nIndexesWas: before, ok: 1 };
    });
  },
  listIndexes: async (target, command) => {
    checkFields(command, ["cursor", "includeIndexBuildInfo", "includeBuildUUIDs"]);
    const collection = collectionOf(command);
    const { batchSize } = documentOf(command, "cursor", {});
    if (batchSize !== undefined && batchSize !== null) {
      const size = isNumeric(batchSize) ? toNumber(batchSize) : fail(14, "batchSize", batchSize, "a number");
      if (size < 0) fail(2, "batchSize", batchSize, "a number from 0 on");
    }
    const withInfo = booleanOf(command, "includeIndexBuildInfo", false);
    if (booleanOf(command, "includeBuildUUIDs", false) && withInfo)
      fail(72, "includeIndexBuildInfo", true, "no includeBuildUUIDs beside it");
    const name = storedName(target, collection);
    const specs = await target.engine.read((pager) => {
      requireCollection(pager, name);
      return listIndexSpecs(pager, name);
    });
    const firstBatch = withInfo ? specs.map((spec) => ({ spec })) : specs;
    return { cursor: { id: 0n, ns: shownName(target, collection), firstBatch }, ok: 1 };
  },
  collMod: async (target, command) => {
    checkFields(command, ["index", ...VALIDATION, "foreignKeys", "checks"]);
    const name = storedName(target, collectionOf(command));
    const keys = command.foreignKeys === undefined ? undefined : normalizeForeignKeys(command.foreignKeys);
    const checks = command.checks === undefined ? {} : { checks: normalizeChecks(command.checks) };
    const change = (pager: PageWriter): Document => {
      const collection = requireCollection(pager, name);
      if (keys !== undefined) setForeignKeys(pager, name, keys);
      const changes = { ...pick(command, VALIDATION), ...checks };
      if (Object.keys(changes).length > 0)
        setCollectionOptions(pager, name, { ...collectionOptions(pager, name), ...changes });
      checkDocuments(pager, name, checks);
      if (command.index === undefined) return { ok: 1 };
      const wanted = documentOf(command, "index", {});
      const named = wanted.name ?? wanted.keyPattern;
      const isId = named === "_id_" || (isDocument(named) && Object.keys(named).join() === "_id");
      if (isId) fail(2, "collMod", named, "another index than that of _id");
      if (typeof named !== "string" && !isDocument(named))
        fail(14, "collMod index", named, "a name or a keyPattern");
      const found = findHinted(indexesOf(pager.read(collection)), named as Value);
      if (found === undefined) return fail(27, "collMod", named, "an index that there is");
      const { spec } = found.definition;
      const changed = changedSpec(spec, wanted);
      changeIndexSpec(pager, collection, found.definition.name, changed);
      return {
        ...(wanted.hidden === undefined
          ? {}
          : { hidden_old: spec.hidden === true, hidden_new: changed.hidden === true }),
        ok: 1,
      };
    };
    return keys === undefined
      ? target.engine.write(change)
      : target.engine.writeLong(async (pager) => change(pager));
  },
};

/** Gives those fields of a document that it has. */
export function pick(document: Document, names: readonly string[]): Document {
  return Object.fromEntries(Object.entries(document).filter(([name]) => names.includes(name)));
}

function changedSpec(spec: Document, wanted: Document): Document {
  const { hidden: _, ...rest } = spec;
  const isHidden = booleanOf(wanted, "hidden", spec.hidden === true);
  const expiry = wanted.expireAfterSeconds;
  const other = expiry === undefined ? {} : { expireAfterSeconds: expiry };
  return normalizeKept({ ...rest, ...other, ...(isHidden ? { hidden: true } : {}) }, expiry);
}

function normalizeKept(spec: Document, expiry: Value | undefined): Document {
  if (expiry === undefined) return spec;
  const { expireAfterSeconds } = normalizeIndexSpec({
    key: spec.key!,
    name: spec.name!,
    expireAfterSeconds: expiry,
  });
  return { ...spec, expireAfterSeconds: expireAfterSeconds! };
}

function isIdIndex({ key }: Document): boolean {
  const fields = Object.entries(key as Document);
  return fields.length === 1 && fields[0]![0] === "_id" && fields[0]![1] === 1;
}

function countIndexes(pager: PageReader, name: string): number {
  return listIndexSpecs(pager, name).length;
}

function namesToDrop(pager: PageReader, name: string, index: Value | undefined): string[] {
  if (typeof index !== "string" && !Array.isArray(index) && !isDocument(index))
    fail(14, "dropIndexes index", index, "a name, a key, or a list of names");
  const all = (): string[] =>
    listIndexSpecs(pager, name)
      .slice(1)
      .map((spec) => String(spec.name));
  requireCollection(pager, name);
  if (isDocument(index)) return [indexNameOf(pager, name, index)];
  const names = (Array.isArray(index) ? index : [index]) as readonly Value[];
  const stray = names.find((each) => typeof each !== "string");
  if (stray !== undefined) fail(14, "dropIndexes index", stray, "names");
  return names.length === 1 && names[0] === "*" ? all() : (names as string[]);
}
