/** Names of an object's fields with the types of their values: what other programs rely on. */
export function fieldsOf(json: object): Record<string, string> {
  const typeOf = (value: unknown): string =>
    Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, typeOf(value)]));
}
