/** A size of a sensor. */
interface ChipSize {
  readonly width: number;
  readonly height: number;
}

/** Sensors by a part of the names that jAER and cAER give them. */
const CHIPS: readonly (readonly [pattern: RegExp, size: ChipSize])[] = [
  [/davis_?208/i, { width: 208, height: 192 }],
  [/davis_?240|sbret10/i, { width: 240, height: 180 }],
  [/davis_?346/i, { width: 346, height: 260 }],
  [/davis_?640/i, { width: 640, height: 480 }],
  [/dvs_?128|tmpdiff128/i, { width: 128, height: 128 }],
];

/** The size of a sensor by its name in a file, or undefined for one that is not in the table. */
export function chipSize(name: string): ChipSize | undefined {
  return CHIPS.find(([pattern]) => pattern.test(name))?.[1];
}
