import { formatByteSize } from "@millrace/base";
import {
  byteSize,
  duration,
  formatAmount,
  formatFacts,
  integerBetween,
  numberBetween,
  type VerbSpec,
} from "@millrace/cli";
import { atomicWrite, diskVfs } from "@millrace/files";
import { type DurabilityModel, durabilityOf } from "../durability.ts";
import { durabilityPage } from "../durability-page.ts";
import { simulateDurability } from "../simulate.ts";

interface SimulateFlags {
  readonly dataShards: number;
  readonly parityShards: number;
  readonly disks?: number;
  readonly failureRate: number;
  readonly repairTime: number;
  readonly diskSize: number;
  readonly shardsPerDomain: number;
  readonly domainFailureRate: number;
  readonly objects: number;
  readonly page?: string;
  readonly years?: number;
  readonly seed: number;
}

const HOUR_MS = 3_600_000;

/** `simulate`: durability and repair traffic of a shape. */
export const simulateVerb: VerbSpec<SimulateFlags> = {
  usage: "simulate",
  summary: "computes durability and repair traffic for a shape, by the closed formula and event by event",
  example: "simulate --data-shards 8 --parity-shards 3 --disks 1000 --repair-time 12h",
  flags: (command) =>
    command
      .option("--data-shards <n>", "shards that hold an object's bytes", integerBetween(1, 255), 4)
      .option("--parity-shards <n>", "shards of it that may be lost", integerBetween(0, 255), 2)
      .option("--disks <n>", "disks in all; as many as an object needs if not given", integerBetween(1, 1e9))
      .option(
        "--failure-rate <part>",
        "disks that fail in a year, as a part of all",
        numberBetween(1e-9, 0.999),
        0.02,
      )
      .option("--repair-time <time>", "until a lost disk's shards are elsewhere", duration, 24 * HOUR_MS)
      .option("--disk-size <size>", "bytes on a disk", byteSize, 10e12)
      .option("--shards-per-domain <n>", "shards of an object in one rack or room", integerBetween(1, 256), 1)
      .option(
        "--domain-failure-rate <part>",
        "racks or rooms lost in a year, as a part of all",
        numberBetween(0, 0.999),
        0,
      )
      .option("--objects <n>", "objects that are stored", integerBetween(1, 1e15), 1_000_000)
      .option("--page <file>", "writes a page of HTML with the curves of this model")
      .option("--years <n>", "simulates so many years of a group of disks, too", numberBetween(1, 1e12))
      .option("--seed <n>", "of the simulation", integerBetween(0, 2 ** 31), 1),
  action: async (_context, _args, flags) => {
    const { dataShards, parityShards, disks } = flags;
    const model: DurabilityModel = {
      dataShards,
      parityShards,
      ...(disks !== undefined && { disks }),
      annualFailureRate: flags.failureRate,
      repairHours: flags.repairTime / HOUR_MS,
      diskBytes: flags.diskSize,
      shardsPerDomain: flags.shardsPerDomain,
      annualDomainFailureRate: flags.domainFailureRate,
      objects: flags.objects,
    };
    const result = durabilityOf(model);
    const simulated = flags.years === undefined ? null : simulateDurability(model, flags.years, flags.seed);
    if (flags.page !== undefined) {
      await atomicWrite(diskVfs, flags.page, Buffer.from(durabilityPage(model)));
    }
    return {
      json: { dataShards, parityShards, ...result, simulated },
      text: formatFacts([
        ["page", flags.page],
        ["shards", `${dataShards} data, ${parityShards} parity`],
        ["stored bytes for each byte", result.overhead.toFixed(2)],
        ["loss of an object in a year", result.annualLoss.toExponential(2)],
        ["nines", result.nines.toFixed(1)],
        [
          `of ${formatAmount(flags.objects, "object")} lost in a year`,
          result.objectsLostPerYear.toExponential(2),
        ],
        ["mean years to a loss", result.meanYearsToLoss.toExponential(2)],
        ["repair traffic", `${formatByteSize(result.repairBytesPerDay)} a day`],
        ...(simulated === null
          ? []
          : [["simulated", `${simulated.losses} losses in ${simulated.groupYears} years`] as const]),
      ]),
    };
  },
};
