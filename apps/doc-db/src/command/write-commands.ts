/** `insert`, `update`, `delete` and `findAndModify`. */
import { Collection } from "../collection.ts";
import {
  type DeleteSettings,
  deleteMatches,
  findAndModify,
  type Modified,
  type ModifySettings,
} from "../collection-modify.ts";
import {
  DEFAULT_UPDATE_OPTIONS,
  type UpdateOptions,
  type UpdateResult,
  updateDocuments,
} from "../collection-update.ts";
import type { Document, Value } from "../document/value.ts";
import { DuplicateKeyError } from "../indexes/duplicate-key.ts";
import { fail, LanguageError } from "../mql/error.ts";
import { isReplacement } from "../mql/update/any-update.ts";
import type { SortSpec } from "../query/sort.ts";
import {
  booleanOf,
  checkFields,
  checkWriteConcern,
  collectionOf,
  countOf,
  documentOf,
  listOf,
} from "./arguments.ts";
import { letVariables } from "./let-variables.ts";
import { type Command, type CommandTarget, type Named, storedName } from "./target.ts";

/** Another one was faster, the moment is gone, the transaction is over. */
const TRANSACTION_ERRORS = [112, 246, 251];

/** What writes are made of, in a file or elsewhere; names are those of {@link storedName}. */
export interface WriteOperations<Target> {
  /** Puts documents in, all or none. */
  insert(target: Target, name: string, documents: readonly Document[]): Promise<unknown>;
  update(
    target: Target,
    name: string,
    filter: Document,
    update: Document | readonly Document[],
    options: Required<UpdateOptions>,
    isMany: boolean,
  ): Promise<UpdateResult>;
  /** @returns how many documents were taken out */
  delete(target: Target, name: string, filter: Document, settings: DeleteSettings): Promise<number>;
  findAndModify(target: Target, name: string, filter: Document, settings: ModifySettings): Promise<Modified>;
}

/** The commands over operations. */
export function writeCommands<Target extends Named>(
  operations: WriteOperations<Target>,
): Readonly<Record<string, Command<Target>>> {
  return {
    insert: async (target, command) => {
      checkFields(command, ["documents", "ordered", "bypassDocumentValidation"]);
      const name = storedName(target, collectionOf(command));
      const documents = listOf(command, "documents");
      checkWriteConcern(command.writeConcern);
      let n = 0;
      // All at once; only when that fails one after the other, so that the error has its place.
      const isDone = await operations.insert(target, name, documents).then(
        () => true,
        (error: unknown) => (isWriteError(error) ? false : Promise.reject(error)),
      );
      if (isDone) return { n: documents.length, ok: 1 };
      const writeErrors = await eachInOrder(
        documents,
        booleanOf(command, "ordered", true),
        async (document) => {
          await operations.insert(target, name, [document]);
          n++;
        },
      );
      return { n, ...shownErrors(writeErrors), ok: 1 };
    },
    update: async (target, command) => {
      checkFields(command, ["updates", "ordered", "bypassDocumentValidation", "let"]);
      const name = storedName(target, collectionOf(command));
      checkWriteConcern(command.writeConcern);
      const variables = letVariables(command.let);
      let [n, nModified] = [0, 0];
      const upserted: Document[] = [];
      const writeErrors = await eachInOrder(
        listOf(command, "updates"),
        booleanOf(command, "ordered", true),
        async (each, index) => {
          const options = {
            ...DEFAULT_UPDATE_OPTIONS,
            upsert: booleanOf(each, "upsert", false),
            arrayFilters: (each.arrayFilters ?? []) as readonly Document[],
            collation: documentOf(each, "collation", DEFAULT_UPDATE_OPTIONS.collation),
            hint: each.hint ?? null,
            sort: documentOf(each, "sort", {}) as SortSpec,
          };
          const isMany = booleanOf(each, "multi", false);
          if (isMany && isReplacement(each.u!))
            fail(9, "update", each.u, "operators, as many are to be changed");
          const result = await operations.update(
            target,
            name,
            variables.filter(documentOf(each, "q", {})),
            variables.pipeline(each.u as Document),
            options,
            isMany,
          );
          n += result.matchedCount + (result.upsertedId === undefined ? 0 : 1);
          nModified += result.modifiedCount;
          if (result.upsertedId !== undefined) upserted.push({ index, _id: result.upsertedId });
        },
      );
      return {
        n,
        nModified,
        ...(upserted.length > 0 ? { upserted } : {}),
        ...shownErrors(writeErrors),
        ok: 1,
      };
    },
    delete: async (target, command) => {
      checkFields(command, ["deletes", "ordered", "let"]);
      const name = storedName(target, collectionOf(command));
      checkWriteConcern(command.writeConcern);
      const variables = letVariables(command.let);
      let n = 0;
      const writeErrors = await eachInOrder(
        listOf(command, "deletes"),
        booleanOf(command, "ordered", true),
        async (each) => {
          n += await operations.delete(target, name, variables.filter(documentOf(each, "q", {})), {
            isMany: countOf(each, "limit") === 0,
            collation: each.collation,
            hint: each.hint,
          });
        },
      );
      return { n, ...shownErrors(writeErrors), ok: 1 };
    },
    findAndModify: async (target, command) => {
      checkFields(command, [
        "query",
        "sort",
        "remove",
        "update",
        "new",
        "fields",
        "upsert",
        "collation",
        "hint",
        "arrayFilters",
        "let",
        "bypassDocumentValidation",
      ]);
      const name = storedName(target, collectionOf(command));
      const remove = booleanOf(command, "remove", false);
      if (remove === (command.update !== undefined))
        fail(9, "findAndModify", command, "either remove or update");
      const variables = letVariables(command.let);
      const { value, upsertedId, isFound } = await operations.findAndModify(
        target,
        name,
        variables.filter(documentOf(command, "query", {})),
        {
          update: command.update === undefined ? undefined : variables.pipeline(command.update as Document),
          sort: documentOf(command, "sort", {}) as SortSpec,
          returnsAfter: booleanOf(command, "new", false),
          isUpsert: booleanOf(command, "upsert", false),
          projection: variables.projection(documentOf(command, "fields", {})),
          arrayFilters: (command.arrayFilters ?? []) as readonly Document[],
          collation: command.collation,
          hint: command.hint,
        },
      );
      const lastErrorObject: Record<string, Value> = { n: isFound || upsertedId !== undefined ? 1 : 0 };
      if (!remove) lastErrorObject.updatedExisting = isFound;
      if (upsertedId !== undefined) lastErrorObject.upserted = upsertedId;
      return { lastErrorObject, value: value ?? null, ok: 1 };
    },
  };
}

/** These commands on a file, by their names. */
export const WRITE_COMMANDS: Readonly<Record<string, Command>> = writeCommands<CommandTarget>({
  insert: ({ engine }, name, documents) => new Collection(engine, name).insertMany(documents),
  update: ({ engine }, ...rest) => updateDocuments(engine, ...rest),
  delete: ({ engine }, ...rest) => deleteMatches(engine, ...rest),
  findAndModify: ({ engine }, ...rest) => findAndModify(engine, ...rest),
});

/** An error of one operation among several. */
interface WriteError {
  readonly index: number;
  readonly error: LanguageError | DuplicateKeyError;
}

async function eachInOrder(
  operations: readonly Document[],
  isOrdered: boolean,
  run: (operation: Document, index: number) => Promise<void>,
): Promise<WriteError[]> {
  const errors: WriteError[] = [];
  for (const [index, operation] of operations.entries()) {
    try {
      await run(operation, index);
    } catch (error) {
      if (!isWriteError(error)) throw error;
      errors.push({ index, error });
      if (isOrdered) break;
    }
  }
  return errors;
}

/** An error of the one operation; what ends a transaction is one of the command. */
function isWriteError(error: unknown): error is LanguageError | DuplicateKeyError {
  const isOfTransaction = error instanceof LanguageError && TRANSACTION_ERRORS.includes(error.serverCode);
  return !isOfTransaction && (error instanceof LanguageError || error instanceof DuplicateKeyError);
}

function shownErrors(errors: readonly WriteError[]): Document {
  if (errors.length === 0) return {};
  const writeErrors = errors.map(({ index, error }): Document => {
    const values =
      error instanceof DuplicateKeyError ? { keyPattern: error.keyPattern, keyValue: error.keyValue } : {};
    return { index, code: error.serverCode, ...values, errmsg: error.message };
  });
  return { writeErrors };
}
