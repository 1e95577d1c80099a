import { checkInteger, InvalidArgumentError, resolveOptions, seededRandom } from "@millrace/base";

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
}

/** What a model comes to. */
export interface DurabilityResult {
  /** Probability that a given object is lost within a year. */
  readonly annualLoss: number;
  /** The same as people say it: 11 for 99.999999999 %. */
  readonly nines: number;
  /** Years until the first loss of a group of `dataShards + parityShards` disks, on average. */
  readonly meanYearsToLoss: number;
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
});

const HOURS_PER_YEAR = 8766;
const DAYS_PER_YEAR = HOURS_PER_YEAR / 24;

/**
 * How durable an object is whose disks fail independently at a constant rate and are rebuilt each by itself.
 *
 * The number of failed disks of an object is a Markov chain with births (n - i) × λ and deaths i × μ; the mean time
 * from none to `parityShards + 1` failures is solved exactly.
 *
 * Source: Trivedi, "Probability and Statistics with Reliability, Queuing and Computer Science Applications", section
 * 8.3 (birth and death chains, mean time to absorption).
 *
 * @throws InvalidArgumentError for a value outside its range
 */
export function durabilityOf(model: DurabilityModel = {}): DurabilityResult {
  const { dataShards, parityShards, disks, annualFailureRate, repairHours, diskBytes } = checkModel(model);
  const total = dataShards + parityShards;
  const { failures, repairs } = ratesOf(annualFailureRate, repairHours);
  // Mean time from i to i + 1 failures: (1 + deaths × the mean time from i - 1 to i) / births.
  let step = 0;
  let meanYearsToLoss = 0;
  for (let i = 0; i <= parityShards; i++) {
    step = (1 + i * repairs * step) / ((total - i) * failures);
    meanYearsToLoss += step;
  }
  const annualLoss = -Math.expm1(-1 / meanYearsToLoss);
  // A lost disk's shards are made of `dataShards` others each, and written once.
  const failedPerDay = ((disks === 0 ? total : disks) * annualFailureRate) / DAYS_PER_YEAR;
  return {
    annualLoss,
    nines: -Math.log10(annualLoss),
    meanYearsToLoss,
    repairBytesPerDay: failedPerDay * diskBytes * (dataShards + 1),
    overhead: total / dataShards,
  };
}

/** How a simulation ran. */
export interface SimulationResult {
  /** Groups of disks that were followed until they lost an object, or for as long as was asked. */
  readonly groups: number;
  readonly losses: number;
  readonly groupYears: number;
  /** Losses a group and year. */
  readonly lossesPerYear: number;
}

/**
 * The same model, event by event, for a look at the formula's assumptions: exponential times of failure and repair.
 * @param years - time that is simulated, all groups together; a loss starts a new group
 */
export function simulateDurability(model: DurabilityModel, years: number, seed = 1): SimulationResult {
  const { dataShards, parityShards, annualFailureRate, repairHours } = checkModel(model);
  if (!(years > 0 && years <= 1e12)) {
    throw new InvalidArgumentError("STORE_MODEL_YEARS", "years", years, "a number from 0 to 10^12");
  }
  const total = dataShards + parityShards;
  const { failures, repairs } = ratesOf(annualFailureRate, repairHours);
  const random = seededRandom(seed);
  let [time, failed, losses] = [0, 0, 0];
  for (;;) {
    const births = (total - failed) * failures;
    const rate = births + failed * repairs;
    time -= Math.log(1 - random.next()) / rate;
    if (time > years) break;
    failed += random.next() * rate < births ? 1 : -1;
    if (failed > parityShards) {
      losses++;
      failed = 0;
    }
  }
  return { groups: losses + 1, losses, groupYears: years, lossesPerYear: losses / years };
}

/** Events a year and disk. A part of all that fails in a year is 1 - exp(-rate). */
function ratesOf(annualFailureRate: number, repairHours: number): { failures: number; repairs: number } {
  return { failures: -Math.log1p(-annualFailureRate), repairs: HOURS_PER_YEAR / repairHours };
}

function checkModel(model: DurabilityModel): Required<DurabilityModel> {
  const filled = resolveOptions("store model", DEFAULT_DURABILITY_MODEL, model);
  const { dataShards, parityShards, disks, annualFailureRate, repairHours, diskBytes } = filled;
  checkInteger("store model", "dataShards", dataShards, 1, 255);
  checkInteger("store model", "parityShards", parityShards, 0, 256 - dataShards);
  if (disks !== 0) checkInteger("store model", "disks", disks, dataShards + parityShards, 1_000_000_000);
  const positive = { annualFailureRate, repairHours, diskBytes };
  for (const [name, value] of Object.entries(positive)) {
    const isFine = value > 0 && Number.isFinite(value) && (name !== "annualFailureRate" || value < 1);
    if (isFine) continue;
    throw new InvalidArgumentError("STORE_MODEL_VALUE", name, value, "a number above 0; a rate is below 1");
  }
  return filled;
}
