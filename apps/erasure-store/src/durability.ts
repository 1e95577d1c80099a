import { checkInteger, InvalidArgumentError, resolveOptions } from "@millrace/base";

/** Disks that fail and are rebuilt, and the objects on them. */
export interface DurabilityModel {
  /** @default 4 */
  readonly dataShards?: number;
  /** @default 2 */
  readonly parityShards?: number;
  /** Disks in all, of which an object is on `dataShards + parityShards`. @default as many as an object needs */
  readonly disks?: number;
  /** Disks of the same age and make that fail in a year, as a part of all; 0 to 1. @default 0.02 */
  readonly annualFailureRate?: number;
  /** From a disk's failure until its shards are somewhere else again, in hours. @default 24 */
  readonly repairHours?: number;
  /** Bytes on a disk. @default 10 TB */
  readonly diskBytes?: number;
  /** Shards of an object in one failure domain (a rack, a room), 1 to all of them. @default 1 */
  readonly shardsPerDomain?: number;
  /** Domains that lose all their disks at once in a year, as a part of all; 0 to 1. @default 0 */
  readonly annualDomainFailureRate?: number;
  /** Objects, for what is lost of all of them. @default 1,000,000 */
  readonly objects?: number;
}

/** What a model comes to. */
export interface DurabilityResult {
  /** Probability that a given object is lost within a year. */
  readonly annualLoss: number;
  /** The same as people say it: 11 for 99.999999999 %. */
  readonly nines: number;
  /** Years until the first loss of a group of `dataShards + parityShards` disks, on average. */
  readonly meanYearsToLoss: number;
  /** Objects of the store that are lost in a year, on average. */
  readonly objectsLostPerYear: number;
  /** Bytes a day that repairs read and write, all disks together. */
  readonly repairBytesPerDay: number;
  /** Stored bytes for each byte of an object. */
  readonly overhead: number;
}

/** {@link DurabilityModel} where nothing is given; `disks` 0 stands for as many as an object needs. */
export const DEFAULT_DURABILITY_MODEL: Required<DurabilityModel> = Object.freeze({
  dataShards: 4,
  parityShards: 2,
  disks: 0,
  annualFailureRate: 0.02,
  repairHours: 24,
  diskBytes: 10e12,
  shardsPerDomain: 1,
  annualDomainFailureRate: 0,
  objects: 1_000_000,
});

const HOURS_PER_YEAR = 8766;
const DAYS_PER_YEAR = HOURS_PER_YEAR / 24;

/**
 * How durable an object is whose disks fail independently at a constant rate and are rebuilt each by itself, and whose
 * failure domains may be lost as a whole.
 *
 * The number of failed disks of an object is a Markov chain with births (n - i) × λ and deaths i × μ, whose mean time
 * from none to more than `parityShards` failures is solved exactly. With domains it is an approximation: a domain's
 * loss adds all of its shards at once, and i failed shards are taken for i / `shardsPerDomain` domains that are gone.
 *
 * Source: Trivedi, "Probability and Statistics with Reliability, Queuing and Computer Science Applications", section
 * 8.3 (birth and death chains, mean time to absorption).
 *
 * @throws InvalidArgumentError for a value outside its range
 */
export function durabilityOf(model: DurabilityModel = {}): DurabilityResult {
  const filled = checkModel(model);
  const { dataShards, parityShards, disks, annualFailureRate, diskBytes, objects } = filled;
  const total = dataShards + parityShards;
  const meanYearsToLoss = meanTimeToLoss(filled);
  const annualLoss = -Math.expm1(-1 / meanYearsToLoss);
  // A lost disk's shards are made of `dataShards` others each, and written once.
  const domainDisks = filled.annualDomainFailureRate * (disks === 0 ? total : disks);
  const failedPerDay = ((disks === 0 ? total : disks) * annualFailureRate + domainDisks) / DAYS_PER_YEAR;
  return {
    annualLoss,
    nines: -Math.log10(annualLoss),
    meanYearsToLoss,
    objectsLostPerYear: objects * annualLoss,
    repairBytesPerDay: failedPerDay * diskBytes * (dataShards + 1),
    overhead: total / dataShards,
  };
}

/**
 * Years from no failed disk to more than parity makes good.
 *
 * By the time from i failures to more than i: after one event from there the chain is above, or it is at i - 1 and has
 * to come back. Jumps over several states make that a sum over where it lands, so that the whole system is solved by
 * elimination from below: all terms are positive, nothing cancels.
 */
function meanTimeToLoss(model: Required<DurabilityModel>): number {
  const { dataShards, parityShards, shardsPerDomain } = model;
  const total = dataShards + parityShards;
  const { failures, domainFailures, repairs } = ratesOf(model);
  const domains = Math.ceil(total / shardsPerDomain);
  // Eliminating states from 0 up leaves for each its mean stay and where it goes from there, upwards only.
  const stay: number[] = [];
  const up: number[][] = [];
  for (let i = 0; i <= parityShards; i++) {
    const rates = new Array<number>(total + 1).fill(0);
    rates[i + 1]! += (total - i) * failures;
    rates[Math.min(total, i + shardsPerDomain)]! +=
      domainFailures * (domains - Math.floor(i / shardsPerDomain));
    let time = 1;
    // Down to i - 1, which comes back to i or goes above it.
    const down = i * repairs;
    if (i > 0) {
      time += down * stay[i - 1]!;
      for (let to = i + 1; to <= total; to++) rates[to]! += down * up[i - 1]![to]!;
    }
    const leaving = rates.reduce((sum, rate) => sum + rate, 0);
    stay.push(time / leaving);
    up.push(rates.map((rate) => rate / leaving));
  }
  // What is expected of each state, from the top down.
  const mean = new Array<number>(total + 1).fill(0);
  for (let i = parityShards; i >= 0; i--) {
    mean[i] = stay[i]! + up[i]!.reduce((sum, part, to) => sum + part * mean[to]!, 0);
  }
  return mean[0]!;
}

/** Events a year and disk, or a year and domain. A part of all that fails in a year is 1 - exp(-rate). */
export interface Rates {
  readonly failures: number;
  readonly domainFailures: number;
  readonly repairs: number;
}

/** The rates of a model that is checked. */
export function ratesOf(model: Required<DurabilityModel>): Rates {
  return {
    failures: -Math.log1p(-model.annualFailureRate),
    domainFailures: -Math.log1p(-model.annualDomainFailureRate),
    repairs: HOURS_PER_YEAR / model.repairHours,
  };
}

/** Fills in what is not given. @throws InvalidArgumentError for a value outside its range */
export function checkModel(model: DurabilityModel): Required<DurabilityModel> {
  const filled = resolveOptions("store model", DEFAULT_DURABILITY_MODEL, model);
  const { dataShards, parityShards, disks, annualFailureRate, repairHours, diskBytes, objects } = filled;
  checkInteger("store model", "dataShards", dataShards, 1, 255);
  checkInteger("store model", "parityShards", parityShards, 0, 256 - dataShards);
  if (disks !== 0) checkInteger("store model", "disks", disks, dataShards + parityShards, 1_000_000_000);
  const { shardsPerDomain, annualDomainFailureRate } = filled;
  checkInteger("store model", "shardsPerDomain", shardsPerDomain, 1, dataShards + parityShards);
  if (!(annualDomainFailureRate >= 0 && annualDomainFailureRate < 1)) {
    const expected = "0 or more, and below 1";
    throw new InvalidArgumentError(
      "STORE_MODEL_VALUE",
      "annualDomainFailureRate",
      annualDomainFailureRate,
      expected,
    );
  }
  const positive = { annualFailureRate, repairHours, diskBytes, objects };
  for (const [name, value] of Object.entries(positive)) {
    const isFine = value > 0 && Number.isFinite(value) && (name !== "annualFailureRate" || value < 1);
    if (isFine) continue;
    throw new InvalidArgumentError("STORE_MODEL_VALUE", name, value, "a number above 0; a rate is below 1");
  }
  return filled;
}
