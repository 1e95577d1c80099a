import { formatByteSize } from "@millrace/base";
import { formatFacts, type VerbSpec } from "@millrace/cli";
import { shardName } from "../open-shards.ts";
import { type ConfigFlag, configFlag, openFromFlags } from "./shared.ts";

/** `stat <name>`: what is known of one object. */
export const statVerb: VerbSpec<ConfigFlag> = {
  usage: "stat <name>",
  summary: "tells what is known of one object, and where its shards are",
  example: "stat --config store.yaml 2026/report.pdf",
  flags: configFlag,
  action: async (_context, [name], flags) => {
    const status = await (await openFromFlags(flags)).stat(name!);
    const { coding, problems, ...facts } = status;
    const encryption = coding.encryption === null ? "none" : `aes-256-gcm, key ${coding.encryption.keyId}`;
    return {
      json: {
        ...facts,
        compression: coding.compression,
        encryptionKey: coding.encryption?.keyId ?? null,
        problems,
      },
      text: formatFacts([
        ["object", status.name],
        ["size", formatByteSize(status.bytes)],
        ["stored", formatByteSize(status.storedBytes)],
        ["created", new Date(status.createdMs).toISOString()],
        ["shards", status.isInline ? "none: it lies in its manifest" : status.backends.join(", ")],
        ["compression", coding.compression],
        ["encryption", encryption],
        ["sha-256", status.sha256 ?? (status.hasDigest ? "kept under the object's key" : "not asked for")],
        ...problems.map((problem): [string, string] => [shardName(problem), problem.problem]),
      ]),
    };
  },
};
