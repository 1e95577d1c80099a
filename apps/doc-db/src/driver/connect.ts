import { InvalidArgumentError } from "@millrace/base";
import { DEFAULT_DATABASE } from "../names.ts";
import type { DatabaseOptions } from "../options.ts";
import { PostgresDatabase } from "../postgres/postgres-database.ts";
import { EmbeddedClient } from "./client.ts";
import type { MongoClient } from "./types.ts";

/**
 * Opens a database file, or connects to a server: the code behind it is the same.
 * @param address - `millrace:///path/file.db` for a file, where `?db=`, `?compression=`, `?pageBytes=`, `?readOnly=`,
 *   `?ship=` and `?shipIntervalMs=` may follow; `mongodb://…` or `mongodb+srv://…` for a server of MongoDB's
 *   protocol, which takes the package `mongodb`; `postgres://…` for PostgreSQL, which takes `pg` and `pg-cursor`
 * @param options - for a file only
 * @throws InvalidArgumentError `DOCDB_ADDRESS_INVALID`, `DOCDB_DRIVER_MISSING`
 * @example
 * await using client = await connect("millrace:///var/lib/people.db");
 * await client.db().collection("people").insertOne({ name: "Ada" });
 */
export async function connect(address: string, options?: DatabaseOptions): Promise<MongoClient> {
  if (/^mongodb(\+srv)?:\/\//.test(address)) return connectToServer(address);
  if (address.startsWith("millrace://")) return EmbeddedClient.open(new URL(address), options);
  if (/^postgres(ql)?:\/\//.test(address))
    return new EmbeddedClient(await PostgresDatabase.open(address), DEFAULT_DATABASE);
  const expected = "millrace://…, mongodb://… or postgres://…";
  throw new InvalidArgumentError("DOCDB_ADDRESS_INVALID", "address", address, expected);
}

async function connectToServer(address: string): Promise<MongoClient> {
  const driver = await import("mongodb").catch(() => {
    const expected = "the package mongodb to be installed (npm install mongodb)";
    throw new InvalidArgumentError("DOCDB_DRIVER_MISSING", "address", address, expected);
  });
  const client = await new driver.MongoClient(address).connect();
  // For documents of a known type the classes fit, as test/driver.test.ts has the compiler check; not so for a type
  // parameter, as the driver's types of it wait for the type.
  return client as unknown as MongoClient;
}
