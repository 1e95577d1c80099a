import { type Database, databaseMetrics } from "@millrace/doc-db/extras";

/** One of a database's metrics, by its name: what a report says is what a user of the library is told. */
export async function metricOf(database: Database, name: string): Promise<number> {
  const { metrics } = databaseMetrics(await database.stats());
  const found = metrics.find((metric) => metric.name === name);
  if (found === undefined || !("value" in found)) throw new Error(`there is no metric ${name}`);
  return found.value;
}
