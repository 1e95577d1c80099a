import { type Case, operatorOf } from "./case-file.ts";
import { runCase } from "./run-case.ts";
import { UNSUPPORTED } from "./unsupported.ts";

/** How many of some cases passed. */
export interface Count {
  passed: number;
  total: number;
}

/** What running a case file gave. */
export interface Tally {
  readonly kinds: Record<string, Count>;
  readonly operators: Record<string, Count>;
  /** Failed cases by the entry of the table of what is unsupported. */
  readonly unsupported: Record<string, { reason: string; cases: number }>;
  /** Failed cases that no entry explains. */
  readonly unexplained: string[];
}

/** Runs all cases. */
export async function tallyCases(cases: readonly Case[]): Promise<Tally> {
  const tally: Tally = { kinds: {}, operators: {}, unsupported: {}, unexplained: [] };
  for (const test of cases) {
    const { isPassed } = await runCase(test);
    const operator = `${test.kind.replace(/TestCase$/, "")} ${operatorOf(test)}`;
    for (const [table, name] of [
      [tally.kinds, test.kind],
      [tally.operators, operator],
    ] as const) {
      table[name] ??= { passed: 0, total: 0 };
      table[name].total++;
      if (isPassed) table[name].passed++;
    }
    if (isPassed) continue;
    const entry = UNSUPPORTED.find(({ applies }) => applies(test));
    if (entry === undefined) {
      tally.unexplained.push(`${test.module} ${test.id}`);
      continue;
    }
    tally.unsupported[entry.name] ??= { reason: entry.reason, cases: 0 };
    tally.unsupported[entry.name]!.cases++;
  }
  return tally;
}
