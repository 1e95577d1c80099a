/** Settings of the driver that say how a server is talked to: there is nobody to talk to here. */
const SETTINGS: ReadonlySet<string> = new Set([
  "batchSize",
  "comment",
  "readConcern",
  "writeConcern",
  "readPreference",
  "retryReads",
  "retryWrites",
  "noCursorTimeout",
  "singleBatch",
  "allowPartialResults",
  "timeout",
  "timeoutMS",
  "maxAwaitTimeMS",
  "enableUtf8Validation",
  "serializeFunctions",
  "checkKeys",
]);

/** What these say here anyway: values come as the driver gives them by default, and cursors end. */
const DEFAULTS: Readonly<Record<string, boolean>> = {
  promoteValues: true,
  promoteLongs: true,
  promoteBuffers: false,
  useBigInt64: false,
  bsonRegExp: false,
  raw: false,
  returnKey: false,
  showRecordId: false,
  tailable: false,
  awaitData: false,
};

/** Options without those; what asks for other documents, `promoteValues: false` for one, stays and is refused. */
export function withoutDriverSettings<T extends object>(options: T): T {
  const entries = Object.entries(options).filter(
    ([name, value]) => value !== undefined && !SETTINGS.has(name) && DEFAULTS[name] !== value,
  );
  return Object.fromEntries(entries) as T;
}
