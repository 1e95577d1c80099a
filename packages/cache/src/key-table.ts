/**
 * Open addressing from integer keys to entry numbers: linear probing, deletion by backward shift, no tombstones.
 *
 * A slot holds an entry's number, 0 when empty; the keys themselves lie in `keys`, by entry number. A key is kept
 * as a float64, which is exact for every integer up to 2^53 - 1, so that a look-up is one comparison; only the hash
 * looks at its two 32-bit halves.
 */
export interface KeyTable {
  /** Entry numbers by slot; a power of two long and at most half full, so that a probe always ends. */
  slots: Int32Array;
  /** Keys by entry number; place 0 is not used. */
  keys: Float64Array;
}

/** Multiplied by, not divided by 2^32: exact as well, and cheaper. */
const TWO_POWER_MINUS_32 = 2 ** -32;

/** Slots an empty table starts with. */
const FIRST_SLOTS = 16;

/** Makes an empty table with room for `entryCapacity` entries. */
export function createKeyTable(entryCapacity: number): KeyTable {
  return { slots: new Int32Array(slotsFor(entryCapacity)), keys: new Float64Array(entryCapacity + 1) };
}

/**
 * Spreads a key over 32 bits: Fibonacci hashing (Knuth, TAOCP 3, section 6.4) of both halves.
 *
 * The last shift brings the multiplied-up high bits down to where a table's mask looks; without it, keys that are
 * multiples of the page size would share their slots.
 */
export function hashKey(key: number): number {
  const hash = Math.imul((key | 0) ^ Math.imul((key * TWO_POWER_MINUS_32) | 0, 0x85ebca6b), 0x9e3779b1);
  return hash ^ (hash >>> 16);
}

/** The number of the entry that has `key`, or 0. */
export function findEntry(table: KeyTable, key: number): number {
  const slots = table.slots;
  const keys = table.keys;
  const mask = slots.length - 1;
  let slot = hashKey(key) & mask;
  let entry = slots[slot]!;
  while (entry !== 0 && keys[entry] !== key) {
    slot = (slot + 1) & mask;
    entry = slots[slot]!;
  }
  return entry;
}

/** Adds a key that is not in the table; `entry` must be below the capacity the table was made or grown for. */
export function insertKey(table: KeyTable, entry: number, key: number): void {
  table.keys[entry] = key;
  placeEntry(table.slots, entry, key);
}

/** Removes an entry that is in the table, moving later ones of its run back so that no probe meets a gap. */
export function removeKey(table: KeyTable, entry: number): void {
  const slots = table.slots;
  const keys = table.keys;
  const mask = slots.length - 1;
  let hole = hashKey(keys[entry]!) & mask;
  while (slots[hole] !== entry) hole = (hole + 1) & mask;
  let probe = (hole + 1) & mask;
  let moving = slots[probe]!;
  while (moving !== 0) {
    const home = hashKey(keys[moving]!) & mask;
    // Only an entry whose home is not after the hole may fill it: its probe starts before the hole.
    if (((probe - home) & mask) >= ((probe - hole) & mask)) {
      slots[hole] = moving;
      hole = probe;
    }
    probe = (probe + 1) & mask;
    moving = slots[probe]!;
  }
  slots[hole] = 0;
}

/** Makes room for `entryCapacity` entries; every entry keeps its number. */
export function growKeyTable(table: KeyTable, entryCapacity: number): void {
  const keys = new Float64Array(entryCapacity + 1);
  keys.set(table.keys);
  const slots = new Int32Array(slotsFor(entryCapacity));
  for (const entry of table.slots) if (entry !== 0) placeEntry(slots, entry, keys[entry]!);
  table.keys = keys;
  table.slots = slots;
}

function placeEntry(slots: Int32Array, entry: number, key: number): void {
  const mask = slots.length - 1;
  let slot = hashKey(key) & mask;
  while (slots[slot] !== 0) slot = (slot + 1) & mask;
  slots[slot] = entry;
}

function slotsFor(entryCapacity: number): number {
  let slots = FIRST_SLOTS;
  while (slots < entryCapacity * 2) slots *= 2;
  return slots;
}
