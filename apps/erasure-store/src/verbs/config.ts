import { formatByteSize } from "@millrace/base";
import { formatFacts, type VerbSpec } from "@millrace/cli";
import { type ConfigFlag, configFlag, openFromFlags } from "./shared.ts";

/** Settings that are sizes. */
const SIZE = /Bytes$|^memory_|^max_memory_|_limit$/;

function forPeople([name, value]: [string, unknown]): [string, string] {
  if (value === null) return [name, "none"];
  return [name, SIZE.test(name) && typeof value === "number" ? formatByteSize(value) : String(value)];
}

/** `config`: the configuration in force. */
export const configVerb: VerbSpec<ConfigFlag> = {
  usage: "config",
  summary: "shows the configuration in force: flags over MILLRACE_STORE_… over the file over the defaults",
  example: "config --config store.yaml --max-memory-usage 256MiB",
  flags: configFlag,
  action: async (_context, _args, flags) => {
    const { config } = await openFromFlags(flags);
    const { backends, performance, encryption, ...simple } = config;
    return {
      json: { ...config },
      text: formatFacts([
        ...Object.entries(simple).map(forPeople),
        ["encryption", encryption === null ? "none" : `${encryption.key}, ${encryption.derive}`],
        ...Object.entries(performance).map(forPeople),
        ...Object.entries(backends).map(([name, { location, weight, domain }]): [string, string] => [
          `backend ${name}`,
          `${location}, weight ${weight}, domain ${domain}`,
        ]),
      ]),
    };
  },
};
