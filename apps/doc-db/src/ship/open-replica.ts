import { Database, type ReplicaOptions } from "../database.ts";

/**
 * Opens a read-only copy of a database that another process ships, and keeps it up to date.
 * @param target - what the other one ships to: a directory, or "s3://BUCKET/PREFIX"
 * @param path - of the copy's file, which is made when it is missing
 * @example
 * await using replica = await openReplica("/backups/people", "people-replica.db", { pollMs: 500 });
 */
export function openReplica(target: string, path: string, options?: ReplicaOptions): Promise<Database> {
  return Database.follow(target, path, options);
}
