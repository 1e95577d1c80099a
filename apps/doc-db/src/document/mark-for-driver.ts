/** The version of the package `bson` whose classes ours stand for. */
const BSON_MAJOR = 7;

/**
 * Gives a class what the package `bson` knows its own classes by, so that MongoDB's driver writes its values as what they
 * are; it would take them for plain objects.
 * @param name - of the class there
 */
export function markForDriver(type: { readonly prototype: object }, name: string): void {
  Object.defineProperties(type.prototype, {
    _bsontype: { value: name },
    [Symbol.for("@@mdb.bson.type")]: { value: name },
    [Symbol.for("@@mdb.bson.version")]: { value: BSON_MAJOR },
  });
}
