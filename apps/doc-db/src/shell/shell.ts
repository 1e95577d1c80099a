/** A shell for people who know MongoDB's: JavaScript with `db`, and a few words besides. */
import vm from "node:vm";
import { BSONRegExp, Double, MaxKey, MinKey, Timestamp } from "../document/bson-types.ts";
import { Decimal128 } from "../document/decimal128.ts";
import { valueToJson } from "../document/extended-json.ts";
import { ObjectId } from "../document/object-id.ts";
import { rankOf, type Value } from "../document/value.ts";
import type { Db, MongoClient } from "../driver/types.ts";
import { toStored } from "../driver/values.ts";
import { compileStatement } from "./statement.ts";

/** Documents shown at once; `it` shows more. */
const PAGE = 20;

const HELP = `  db.people.find({ born: { $gt: 1850 } }).sort({ born: -1 })    what MongoDB's driver has; promises are waited for
  show collections, show databases, use NAME, it (more documents), exit
  ObjectId("…"), ISODate("…"), NumberLong("…"), NumberDecimal("…"), Double(1), /regular expressions/`;

/** Shown of what a line gives. */
export interface ShellAnswer {
  readonly text: string;
  /** The line is no whole statement yet: the next one belongs to it. */
  readonly isUnfinished: boolean;
  readonly isEnd: boolean;
}

interface Pages {
  hasNext(): Promise<boolean>;
  next(): Promise<unknown>;
}

/** What a shell knows between two lines. */
export class Shell {
  readonly #client: MongoClient;
  readonly #context: vm.Context;
  readonly #isWide: boolean;
  #db: Db;
  #pending = "";
  #pages: Pages | undefined;
  #printed: string[] = [];

  /** @param isWide - documents over several lines, for people; else one a line */
  constructor(client: MongoClient, isWide: boolean) {
    this.#client = client;
    this.#db = client.db();
    this.#isWide = isWide;
    const print = (...values: unknown[]): void => {
      this.#printed.push(
        values.map((value) => (typeof value === "string" ? value : this.#shown(value))).join(" "),
      );
    };
    this.#context = vm.createContext({
      ObjectId: (hex?: string) => new ObjectId(hex),
      ISODate: (text?: string) => (text === undefined ? new Date() : new Date(text)),
      Date,
      NumberLong: (value: string | number) => BigInt(value),
      NumberInt: (value: string | number) => Math.trunc(Number(value)),
      NumberDecimal: (text: string | number) => Decimal128.parse(String(text)),
      Double: (value: number) => new Double(value),
      Timestamp: (seconds: number, increment: number) => new Timestamp(seconds, increment),
      MinKey: () => new MinKey(),
      MaxKey: () => new MaxKey(),
      BSONRegExp: (pattern: string, options?: string) => new BSONRegExp(pattern, options),
      print,
      console: { log: print },
    });
    this.#setDb();
  }

  /** In front of the next line. */
  get prompt(): string {
    return this.#pending === "" ? `${this.#db.databaseName}> ` : "... ";
  }

  /** Forgets the beginning of a statement. */
  cancel(): void {
    this.#pending = "";
  }

  /** Runs a line. Errors of what it does are thrown as they are. */
  async run(line: string): Promise<ShellAnswer> {
    const source = this.#pending === "" ? line : `${this.#pending}\n${line}`;
    if (this.#pending === "") {
      const answer = await this.#word(line.trim().replace(/;$/, ""));
      if (answer !== undefined) return answer;
    }
    const script = compileStatement(source);
    if (script === undefined) {
      this.#pending = source;
      return { text: "", isUnfinished: true, isEnd: false };
    }
    this.#pending = "";
    this.#printed = [];
    const value: unknown = await script.runInContext(this.#context);
    const shown = await this.#answer(value);
    return {
      text: [...this.#printed, ...(shown === "" ? [] : [shown])].join("\n"),
      isUnfinished: false,
      isEnd: false,
    };
  }

  /** What a beginning of a line may go on with. @returns the candidates and the part that they stand for */
  async complete(line: string): Promise<[string[], string]> {
    const word = /[\w.$]*$/.exec(line)![0];
    const collection = /^db\.([\w$]+)\.(\w*)$/.exec(word);
    if (collection !== null) {
      const prefix = `db.${collection[1]}.`;
      return [matching(methodsOf(this.#db.collection("x")), collection[2]!, prefix), word];
    }
    if (word.startsWith("db.")) {
      const names = (await this.#db.listCollections().toArray()).map(({ name }) => String(name));
      return [matching([...names, ...methodsOf(this.#db)], word.slice(3), "db."), word];
    }
    const words = [
      "db",
      "show",
      "use",
      "help",
      "exit",
      "it",
      "ObjectId",
      "ISODate",
      "NumberLong",
      "NumberDecimal",
    ];
    return [matching([...words, "collections", "databases"], word, ""), word];
  }

  async #word(line: string): Promise<ShellAnswer | undefined> {
    const [word, name, ...more] = line.split(/\s+/);
    const give = (text: string): ShellAnswer => ({ text, isUnfinished: false, isEnd: false });
    if (more.length > 0) return undefined;
    if (line === "") return give("");
    if (line === "help") return give(HELP);
    if (line === "exit" || line === "quit") return { text: "", isUnfinished: false, isEnd: true };
    if (line === "it") return give(await this.#page());
    if (word === "use" && name !== undefined) {
      this.#db = this.#client.db(name);
      this.#setDb();
      return give(`switched to ${name}`);
    }
    if (word !== "show") return undefined;
    if (name === "collections" || name === "tables") {
      const collections = await this.#db.listCollections().toArray();
      return give(collections.map((each) => String(each.name)).join("\n"));
    }
    if (name === "databases" || name === "dbs") {
      const { databases } = await this.#client.db("admin").command({ listDatabases: 1 });
      return give(
        (databases as { name: string }[])
          .map((each) => each.name)
          .sort()
          .join("\n"),
      );
    }
    return undefined;
  }

  async #answer(value: unknown): Promise<string> {
    if (value === undefined) return "";
    if (isPages(value)) {
      this.#pages = value;
      return this.#page();
    }
    return this.#shown(value);
  }

  async #page(): Promise<string> {
    const documents: string[] = [];
    const pages = this.#pages;
    if (pages === undefined) return "no more documents";
    while (documents.length < PAGE && (await pages.hasNext()))
      documents.push(this.#shown(await pages.next()));
    if (await pages.hasNext()) documents.push('type "it" for more');
    else this.#pages = undefined;
    return documents.join("\n");
  }

  #shown(value: unknown): string {
    const json = jsonOf(value);
    if (json === undefined) return String(value);
    return this.#isWide ? JSON.stringify(json, null, 2) : JSON.stringify(json);
  }

  /** `db.people` is a collection; what a database has itself comes first. */
  #setDb(): void {
    const db = this.#db;
    this.#context.db = new Proxy(db, {
      get: (_, name) => {
        if (typeof name === "symbol" || name === "then") return Reflect.get(db, name, db);
        if (!(name in db)) return db.collection(name);
        const member: unknown = Reflect.get(db, name, db);
        return typeof member === "function" ? member.bind(db) : member;
      },
    });
  }
}

function isPages(value: unknown): value is Pages {
  if (typeof value !== "object" || value === null) return false;
  const { hasNext, next } = value as Partial<Pages>;
  return typeof hasNext === "function" && typeof next === "function";
}

/** Extended JSON of values and results; undefined for functions and objects of classes. */
function jsonOf(value: unknown): unknown {
  if (typeof value === "function" || typeof value === "symbol") return undefined;
  try {
    const stored = toStored(value);
    rankOf(stored as Value);
    return valueToJson(stored);
  } catch {
    // A class of ours or another one: its own text is the best there is.
    return undefined;
  }
}

function methodsOf(object: object): string[] {
  const prototype: object = Object.getPrototypeOf(object);
  return Object.getOwnPropertyNames(prototype).filter(
    (name) => name !== "constructor" && !name.startsWith("#"),
  );
}

function matching(names: readonly string[], start: string, prefix: string): string[] {
  return names.filter((name) => name.startsWith(start)).map((name) => prefix + name);
}
