import { IoError } from "@millrace/base";
import { connect } from "../driver/connect.ts";
import type { MongoClient } from "../driver/types.ts";

/**
 * Connects to the server of `--uri`.
 * @throws IoError `DOCDB_SERVER_UNREACHABLE`, without the password that the address may hold
 */
export async function connectServer(address: string): Promise<MongoClient> {
  try {
    return await connect(address);
  } catch (error) {
    const isOfDriver = error instanceof Error && /^Mongo/.test(error.name);
    if (!isOfDriver && (error as NodeJS.ErrnoException).code !== "ECONNREFUSED") throw error;
    const shown = address.replace(/\/\/[^@/]*@/, "//");
    const problem = `${(error as Error).message}; check that a server listens there, and who may use it`;
    throw new IoError("DOCDB_SERVER_UNREACHABLE", shown, "connect", problem, { cause: error });
  }
}
