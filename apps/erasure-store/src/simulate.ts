import { InvalidArgumentError, seededRandom } from "@millrace/base";
import { checkModel, type DurabilityModel, ratesOf } from "./durability.ts";

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
 * The model of `durabilityOf`, event by event, for a look at the formula's assumptions: exponential times of failure
 * and repair, and which shards a domain's loss takes that were not lost before.
 * @param years - time that is simulated, all groups together; a loss starts a new group
 * @throws InvalidArgumentError for a value outside its range
 */
export function simulateDurability(model: DurabilityModel, years: number, seed = 1): SimulationResult {
  const filled = checkModel(model);
  if (!(years > 0 && years <= 1e12)) {
    throw new InvalidArgumentError("STORE_MODEL_YEARS", "years", years, "a number from 0 to 10^12");
  }
  const { dataShards, parityShards, shardsPerDomain } = filled;
  const total = dataShards + parityShards;
  const domains = Math.ceil(total / shardsPerDomain);
  const { failures, domainFailures, repairs } = ratesOf(filled);
  const random = seededRandom(seed);
  const lost = new Uint8Array(total);
  let [time, failed, losses] = [0, 0, 0];
  /** The n-th shard that is lost, or that is not. */
  const nth = (n: number, isLost: number): number => {
    for (let shard = 0; ; shard++) if (lost[shard] === isLost && n-- === 0) return shard;
  };
  for (;;) {
    const births = (total - failed) * failures;
    const deaths = failed * repairs;
    const rate = births + deaths + domains * domainFailures;
    time -= Math.log(1 - random.next()) / rate;
    if (time > years) break;
    const event = random.next() * rate;
    if (event < births) {
      lost[nth(random.nextInt(0, total - failed - 1), 0)] = 1;
      failed++;
    } else if (event < births + deaths) {
      lost[nth(random.nextInt(0, failed - 1), 1)] = 0;
      failed--;
    } else {
      const first = random.nextInt(0, domains - 1) * shardsPerDomain;
      lost.fill(1, first, first + shardsPerDomain);
      failed = lost.reduce((sum, one) => sum + one, 0);
    }
    if (failed > parityShards) {
      losses++;
      failed = 0;
      lost.fill(0);
    }
  }
  return { groups: losses + 1, losses, groupYears: years, lossesPerYear: losses / years };
}
