/** Indexes with `expireAfterSeconds`: documents whose date is so long ago are taken out. */
import { listCollections } from "./catalog.ts";
import { indexesOf } from "./collection-page.ts";
import { changeMany } from "./collection-update.ts";
import type { Document } from "./document/value.ts";
import { compileFilter } from "./query/filter.ts";
import type { Executor } from "./storage/executor.ts";

/** Takes out what has expired at a moment. @returns how many documents those were */
export async function removeExpired(engine: Executor, now: Date): Promise<number> {
  const due = await engine.read((pager) =>
    listCollections(pager).flatMap(({ name, page }) =>
      indexesOf(pager.read(page)).flatMap(({ definition }) => {
        const { expireAfterSeconds, fields, spec } = definition;
        if (expireAfterSeconds === undefined || fields.length > 1 || fields[0]!.kind !== "value") return [];
        const before = new Date(now.getTime() - expireAfterSeconds * 1000);
        const filter: Document = { [fields[0]!.path]: { $lte: before } };
        const partial = spec.partialFilterExpression as Document | undefined;
        return [{ name, filter: partial === undefined ? filter : { $and: [filter, partial] } }];
      }),
    ),
  );
  let count = 0;
  for (const { name, filter } of due) {
    count += (await changeMany(engine, name, compileFilter(filter), () => undefined)).matchedCount;
  }
  return count;
}

/** Looks for what has expired again and again, on the clock that it is given. @returns what ends it */
export function watchExpiry(engine: Executor, intervalMs: number, clock: () => Date): () => Promise<void> {
  let running: Promise<unknown> = Promise.resolve();
  let isIdle = true;
  const timer = setInterval(() => {
    if (!isIdle) return;
    isIdle = false;
    // What fails here fails for whoever uses the database too, and he is told.
    running = removeExpired(engine, clock())
      .catch(() => {})
      .finally(() => {
        isIdle = true;
      });
  }, intervalMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}
