import { formatByteSize } from "@millrace/base";
import { byteSize, formatFacts, type VerbSpec } from "@millrace/cli";
import { benchStore } from "../bench.ts";
import { type ConfigFlag, configFlag, openFromFlags } from "./shared.ts";

interface BenchFlags extends ConfigFlag {
  readonly size: number;
}

/** `bench`: how fast a store is on its backends, and where the time goes. */
export const benchVerb: VerbSpec<BenchFlags> = {
  usage: "bench",
  summary: "measures put and get on these backends, and says where the time goes",
  example: "bench --config store.yaml --size 256MiB",
  flags: (command) =>
    configFlag(command).option("--size <size>", "bytes of the large object", byteSize, 256 * 1024 * 1024),
  action: async (context, _args, flags) => {
    const result = await benchStore(await openFromFlags(flags), flags.size, context.signal);
    return {
      json: { ...result },
      text: formatFacts([
        ["put", `${formatByteSize(result.putBytesPerSecond)}/s`],
        ["get", `${formatByteSize(result.getBytesPerSecond)}/s`],
        ["put of 4 KiB", `${result.smallPutsPerSecond} objects/s`],
        ...result.stages.map(({ stage, part }): [string, string] => [
          stage,
          `${Math.round(part * 100)} % of time`,
        ]),
        ...result.recommendations.map((line): [string, string] => ["advice", line]),
      ]),
    };
  },
};
