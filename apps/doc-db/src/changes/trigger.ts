import type { Database } from "../database.ts";
import type { Document } from "../document/value.ts";
import { namespaceOf } from "../names.ts";
import type { ChangeReader } from "./change-reader.ts";
import type { ChangeKind } from "./feed.ts";

/** Where triggers keep how far they have come. */
export const TRIGGER_COLLECTION = "local.triggers";

/** What is done after changes. */
export interface TriggerSpec {
  /** Tells it from others in the file: under this name it goes on where it was, after a restart too. */
  readonly name: string;
  /** The collection's name in the file. */
  readonly collection: string;
  /** @default all kinds */
  readonly on?: readonly ChangeKind[];
  /** Called with one event after the other, in the order of the commits; the next waits for it. */
  run(event: Document): Promise<void> | void;
}

/** A trigger that runs. */
export interface Trigger extends AsyncDisposable {
  /** Settles when it ends: rejected with what `run` threw, after which the same event comes first again. */
  readonly done: Promise<void>;
  /** Ends it, once the event that it works on is done. */
  close(): Promise<void>;
}

/**
 * Does something after each committed change of a collection, at least once: an event counts as done when `run` has
 * returned and that is written down. What it must do exactly once it does by the event's `_id`.
 * @throws LanguageError 286 when it was away for so long that changes are kept no more
 */
export async function startTrigger(db: Database, spec: TriggerSpec): Promise<Trigger> {
  const places = db.collection(TRIGGER_COLLECTION);
  const known = await places.get(spec.name);
  const scope = namespaceOf(spec.collection);
  const kinds = spec.on === undefined ? [] : [{ $match: { operationType: { $in: [...spec.on] } } }];
  const reader = await db.watch(scope, kinds, known === undefined ? {} : { startAfter: known.token });
  const keep = (token: Document): Promise<unknown> =>
    places.updateOne({ _id: spec.name }, { $set: { token } }, { upsert: true });
  if (known === undefined) await keep(reader.token);
  const done = work(reader, spec, keep).finally(() => reader.close());
  // Who does not look at it is not to end the process.
  done.catch(() => {});
  const close = async (): Promise<void> => {
    reader.close();
    await done.catch(() => {});
  };
  return { done, close, [Symbol.asyncDispose]: close };
}

async function work(
  reader: ChangeReader,
  { run, on }: TriggerSpec,
  keep: (token: Document) => Promise<unknown>,
): Promise<void> {
  while (!reader.isOver) {
    for (const event of await reader.read(Number.POSITIVE_INFINITY)) {
      const isForRun = event.operationType !== "invalidate" || on === undefined;
      if (isForRun) await run(event);
      await keep(event._id as Document);
    }
  }
}
