import { collectionOptions, findOrCreateCollection, setCollectionOptions } from "../catalog.ts";
import { dropNamedIndexes, indexSpec, listIndexSpecs } from "../collection-indexes.ts";
import { indexesOf } from "../collection-page.ts";
import type { Document } from "../document/value.ts";
import { buildIndex } from "../indexes/store.ts";
import { fail } from "../mql/error.ts";
import type { Executor } from "../storage/executor.ts";
import type { PageWriter } from "../storage/page-writer.ts";
import { checkDocuments } from "../validation.ts";
import { checksOf, normalizeChecks } from "./checks.ts";
import { type ForeignKeySpec, normalizeForeignKeys } from "./foreign-keys.ts";
import { setForeignKeys } from "./reference-catalog.ts";

/** One of the constraints of a collection. */
export type Constraint =
  | { readonly kind: "unique"; readonly name: string; readonly fields: readonly string[] }
  | { readonly kind: "check"; readonly name: string; readonly filter: Document }
  | ({ readonly kind: "foreignKey" } & Required<ForeignKeySpec>);

/**
 * What the documents of a collection keep to, whoever writes them. Each call takes effect at once, or throws and changes
 * nothing where documents that are there break it.
 * @example
 * await orders.constraints.check("positive", { total: { $gt: 0 } });
 * await orders.constraints.foreignKey({ field: "customer", references: { collection: "customers" } });
 */
export class Constraints {
  readonly #engine: Executor;
  readonly #name: string;

  /** Made by `collection.constraints`. */
  constructor(engine: Executor, name: string) {
    this.#engine = engine;
    this.#name = name;
  }

  /** No two documents have the same values in these fields: a unique index. @throws DuplicateKeyError */
  async unique(fields: string | readonly string[], name?: string): Promise<void> {
    const key = Object.fromEntries([fields].flat().map((field) => [field, 1]));
    const spec = indexSpec(key, { unique: true, ...(name === undefined ? {} : { name }) });
    await this.#change((pager) => {
      buildIndex(pager, findOrCreateCollection(pager, this.#name), spec);
    });
  }

  /** All documents match a filter. @throws LanguageError 121 for one that does not */
  async check(name: string, filter: Document): Promise<void> {
    await this.#change((pager, options) => {
      const checks = normalizeChecks([...checksOf(options), { name, filter }]);
      const changed = { ...options, checks };
      setCollectionOptions(pager, this.#name, changed);
      checkDocuments(pager, this.#name, changed);
    });
  }

  /** The values of a field are those of another collection's. @throws ForeignKeyError for one that is not */
  async foreignKey(spec: ForeignKeySpec): Promise<void> {
    await this.#change((pager, { foreignKeys = [] }) => {
      const all = [...(foreignKeys as readonly Document[]), spec as unknown as Document];
      setForeignKeys(pager, this.#name, normalizeForeignKeys(all));
    });
  }

  /** All of them. */
  async list(): Promise<Constraint[]> {
    return this.#engine.read((pager) => {
      const options = collectionOptions(pager, this.#name);
      const unique = listIndexSpecs(pager, this.#name).filter((spec) => spec.unique === true);
      const foreign = (options.foreignKeys ?? []) as unknown as readonly Required<ForeignKeySpec>[];
      return [
        ...unique.map(({ name, key }): Constraint => {
          return { kind: "unique", name: name as string, fields: Object.keys(key as Document) };
        }),
        ...checksOf(options).map((check): Constraint => ({ kind: "check", ...check })),
        ...foreign.map((key): Constraint => ({ kind: "foreignKey", ...key })),
      ];
    });
  }

  /** Takes one away. @throws LanguageError 27 when there is none of that name */
  async drop(name: string): Promise<void> {
    await this.#change((pager, options, page) => {
      const foreignKeys = (options.foreignKeys ?? []) as readonly Document[];
      const checks = checksOf(options);
      if (foreignKeys.some((key) => key.name === name)) {
        const kept = foreignKeys.filter((key) => key.name !== name);
        setForeignKeys(pager, this.#name, kept);
      } else if (checks.some((check) => check.name === name)) {
        const kept = checks.filter((check) => check.name !== name);
        const { checks: _, ...rest } = options;
        setCollectionOptions(pager, this.#name, kept.length === 0 ? rest : { ...rest, checks: kept });
      } else {
        const index = indexesOf(pager.read(page)).find(({ definition }) => definition.name === name);
        if (index?.definition.isUnique !== true)
          fail(27, "constraint", name, "the name of one that there is");
        dropNamedIndexes(pager, this.#name, [name]);
      }
    });
  }

  #change(change: (pager: PageWriter, options: Document, page: number) => void): Promise<void> {
    return this.#engine.writeLong(async (pager) => {
      const page = findOrCreateCollection(pager, this.#name);
      change(pager, collectionOptions(pager, this.#name), page);
    });
  }
}
