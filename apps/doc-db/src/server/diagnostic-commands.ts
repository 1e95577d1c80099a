/** What tools ask a server about itself, its machine and its collections. */
import { arch, availableParallelism, hostname, release, type as systemName, totalmem } from "node:os";
import { requireCollection } from "../collection-indexes.ts";
import { documentBytesOf, documentCountOf, indexesOf } from "../collection-page.ts";
import { checkFields, collectionOf } from "../command/arguments.ts";
import { shownName, storedName } from "../command/target.ts";
import type { Document } from "../document/value.ts";
import { fail } from "../mql/error.ts";
import { storedName as nameInFile } from "../names.ts";
import { verifyCollections } from "../verify.ts";
import type { Client, ServerCommand, ServerState } from "./commands.ts";

const MIB = 1024 * 1024;

/** These commands by their names. */
export const DIAGNOSTIC_COMMANDS: Readonly<Record<string, ServerCommand>> = {
  serverStatus,
  hostInfo,
  getParameter: (_server, _client, command) => ({
    ...(command.featureCompatibilityVersion === undefined
      ? {}
      : { featureCompatibilityVersion: { version: "7.0" } }),
    ok: 1,
  }),
  replSetGetStatus: () =>
    fail(76, "replSetGetStatus", "one server", "a replica set; this server stands alone"),
  fsync: async (server, _client, command) => {
    checkFields(command, ["async", "fsyncTimeoutMs"]);
    await server.database.checkpoint();
    return { numFiles: 1, ok: 1 };
  },
  validate: async (_server, _client, command, target) => {
    checkFields(command, ["full", "scandata", "background", "metadata", "checkBSONConformance"]);
    const name = storedName(target, collectionOf(command));
    return target.engine.read((pager) => {
      const page = pager.read(requireCollection(pager, name)).slice();
      const errors = verifyCollections(pager, name);
      return {
        ns: shownName(target, collectionOf(command)),
        nrecords: documentCountOf(page),
        nIndexes: indexesOf(page).length + 1,
        valid: errors.length === 0,
        repaired: false,
        warnings: [],
        errors,
        ok: 1,
      };
    });
  },
  dataSize: async (_server, _client, command, { engine }) => {
    checkFields(command, ["estimate"]);
    const { dataSize } = command;
    const dot = typeof dataSize === "string" ? dataSize.indexOf(".") : -1;
    if (typeof dataSize !== "string" || dot <= 0)
      return fail(73, "dataSize", dataSize, "a database and a collection, with a dot between them");
    const name = nameInFile(dataSize.slice(0, dot), dataSize.slice(dot + 1));
    return engine.read((pager) => {
      const page = pager.read(requireCollection(pager, name));
      return { size: documentBytesOf(page), numObjects: documentCountOf(page), ok: 1 };
    });
  },
};

async function serverStatus(server: ServerState, client: Client): Promise<Document> {
  const { version } = await server.database.command({ buildInfo: 1 });
  const { rss } = process.memoryUsage();
  const uptimeMillis = Math.round(process.uptime() * 1000);
  const current = server.connections();
  return {
    host: hostname(),
    version: version!,
    process: "millrace-docdb",
    pid: BigInt(process.pid),
    uptime: Math.floor(uptimeMillis / 1000),
    uptimeMillis: BigInt(uptimeMillis),
    localTime: new Date(),
    connections: { current, available: server.maxConnections - current, totalCreated: client.id },
    mem: { bits: 64, resident: Math.round(rss / MIB), supported: true },
    storageEngine: { name: "millrace", supportsCommittedReads: true, persistent: true },
    metrics: { cursor: { open: { total: server.cursors.count } } },
    ok: 1,
  };
}

function hostInfo(): Document {
  return {
    system: {
      currentTime: new Date(),
      hostname: hostname(),
      cpuAddrSize: 64,
      memSizeMB: Math.round(totalmem() / MIB),
      numCores: availableParallelism(),
      cpuArch: arch(),
    },
    os: { type: systemName(), name: systemName(), version: release() },
    extra: {},
    ok: 1,
  };
}
