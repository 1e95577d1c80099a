/** Commands on collections and the database as a whole. */
import {
  collectionOptions,
  createCollection,
  dropCollection,
  findCollection,
  listCollections,
  renameCollection,
} from "../catalog.ts";
import { recordCollection } from "../changes/feed.ts";
import { requireCollection } from "../collection-indexes.ts";
import { documentBytesOf, documentCountOf, indexesOf } from "../collection-page.ts";
import { normalizeChecks } from "../constraints/checks.ts";
import { normalizeForeignKeys } from "../constraints/foreign-keys.ts";
import { forgetReferences, moveReferences, setForeignKeys } from "../constraints/reference-catalog.ts";
import type { Document } from "../document/value.ts";
import { fail } from "../mql/error.ts";
import { storedName as nameInFile, namespaceOf, shownNamespace } from "../names.ts";
import { compileFilter, matchesDocument } from "../query/filter.ts";
import type { PageReader } from "../storage/page-reader.ts";
import { booleanOf, checkedName, checkFields, collectionOf, documentOf } from "./arguments.ts";
import { collectionSizes } from "./coll-stats.ts";
import { pick } from "./index-commands.ts";
import { refuseOtherKinds } from "./other-kinds.ts";
import { type Command, type CommandTarget, storedName } from "./target.ts";

const OPTIONS = ["validator", "validationLevel", "validationAction"];

/** These commands by their names. */
export const ADMIN_COMMANDS: Readonly<Record<string, Command>> = {
  ping: async () => ({ ok: 1 }),
  buildInfo: async () => ({
    version: "7.0.0",
    versionArray: [7, 0, 0, 0],
    maxBsonObjectSize: 16 * 1024 * 1024,
    ok: 1,
  }),
  create: async (target, command) => {
    refuseOtherKinds(command);
    checkFields(command, [...OPTIONS, "foreignKeys", "checks", "idIndex", "collation"]);
    const name = storedName(target, collectionOf(command));
    const checks = command.checks === undefined ? {} : { checks: normalizeChecks(command.checks) };
    const options = { ...pick(command, OPTIONS), ...checks };
    compileFilter(documentOf(options, "validator", {}));
    const keys = normalizeForeignKeys(command.foreignKeys ?? []);
    return target.engine.write((pager) => {
      if (findCollection(pager, name) !== undefined) fail(48, "create", name, "the name of no collection");
      createCollection(pager, name, options);
      if (keys.length > 0) setForeignKeys(pager, name, keys);
      return { ok: 1 };
    });
  },
  drop: async (target, command) => {
    const name = storedName(target, collectionOf(command));
    return target.engine.writeLong(async (pager) => {
      const collection = requireCollection(pager, name);
      const nIndexesWas = indexesOf(pager.read(collection)).length + 1;
      forgetReferences(pager, name);
      dropCollection(pager, name);
      recordCollection(pager, "drop", name);
      return { nIndexesWas, ns: shownNamespace(name), ok: 1 };
    });
  },
  dropDatabase: async (target) => {
    await target.engine.writeLong(async (pager) => {
      for (const { name } of collectionsOf(pager, target)) {
        dropCollection(pager, name);
        recordCollection(pager, "drop", name);
      }
    });
    return { dropped: target.database, ok: 1 };
  },
  renameCollection: async (target, command) => {
    checkFields(command, ["to", "dropTarget"]);
    const [from, to] = [collectionOf(command), checkedName("to", command.to)].map(inFile) as [string, string];
    const dropsTarget = booleanOf(command, "dropTarget", false);
    return target.engine.writeLong(async (pager) => {
      requireCollection(pager, from);
      if (from === to) fail(20, "renameCollection", to, "another name");
      if (findCollection(pager, to) !== undefined) {
        if (!dropsTarget) fail(48, "renameCollection", to, "the name of no collection, or dropTarget");
        forgetReferences(pager, to);
        dropCollection(pager, to);
        recordCollection(pager, "drop", to);
      }
      renameCollection(pager, from, to);
      moveReferences(pager, from, to);
      recordCollection(pager, "rename", from, to);
      return { ok: 1 };
    });
  },
  listCollections: async (target, command) => {
    const filter = compileFilter(documentOf(command, "filter", {}));
    const found = await target.engine.read((pager) =>
      collectionsOf(pager, target).map(
        ({ name }): Document => ({
          name: namespaceOf(name).collection,
          type: "collection",
          options: shownOptions(collectionOptions(pager, name)),
          info: { readOnly: false },
          idIndex: { v: 2, key: { _id: 1 }, name: "_id_" },
        }),
      ),
    );
    const firstBatch = found.filter((document) => matchesDocument(filter, document));
    return { cursor: { id: 0n, ns: `${target.database}.$cmd.listCollections`, firstBatch }, ok: 1 };
  },
  listDatabases: async ({ engine }, command) => {
    checkFields(command, ["filter", "nameOnly", "authorizedDatabases"]);
    const filter = compileFilter(documentOf(command, "filter", {}));
    const sizes = await engine.read((pager) => databaseSizes(pager));
    const found = [...sizes]
      .map(([name, sizeOnDisk]): Document => ({ name, sizeOnDisk, empty: false }))
      .filter((document) => matchesDocument(filter, document));
    if (booleanOf(command, "nameOnly", false))
      return { databases: found.map(({ name }) => ({ name: name! })), ok: 1 };
    const totalSize = found.reduce((sum, { sizeOnDisk }) => sum + Number(sizeOnDisk), 0);
    return { databases: found, totalSize, ok: 1 };
  },
  collStats: async (target, command) => {
    const name = storedName(target, collectionOf(command));
    const sizes = await target.engine.read((pager) => collectionSizes(pager, name));
    return { ns: shownNamespace(name), ...sizes, ok: 1 };
  },
  dbStats: async (target) => {
    return target.engine.read((pager) => {
      const pages = collectionsOf(pager, target).map(({ page }) => pager.read(page));
      return {
        db: target.database,
        collections: pages.length,
        objects: pages.reduce((sum, page) => sum + documentCountOf(page), 0),
        dataSize: pages.reduce((sum, page) => sum + documentBytesOf(page), 0),
        indexes: pages.reduce((sum, page) => sum + indexesOf(page).length + 1, 0),
        ok: 1,
      };
    });
  },
};

/** Without what the database keeps there for itself. */
function shownOptions({ referencedBy: _, ...options }: Document): Document {
  return options;
}

/** The collections of a command's database. */
function collectionsOf(pager: PageReader, { database }: CommandTarget): { name: string; page: number }[] {
  return listCollections(pager).filter(({ name }) => namespaceOf(name).database === database);
}

/** The name in the file of a namespace as `renameCollection` has it, `database.collection`. */
function inFile(namespace: string): string {
  const dot = namespace.indexOf(".");
  return nameInFile(namespace.slice(0, dot), namespace.slice(dot + 1));
}

/** Bytes of the documents of each database. */
function databaseSizes(pager: PageReader): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { name, page } of listCollections(pager)) {
    const { database } = namespaceOf(name);
    sizes.set(database, (sizes.get(database) ?? 0) + documentBytesOf(pager.read(page)));
  }
  return sizes;
}
