/** Smallest value and span of values. */
export interface Range {
  readonly lo: number;
  readonly span: number;
}

/** The range of all finite values; a span of 0 becomes 1, and no values are 0 to 1. */
export function rangeOf(...lists: readonly ArrayLike<number>[]): Range {
  let lo = Number.POSITIVE_INFINITY;
  let hi = Number.NEGATIVE_INFINITY;
  for (const values of lists) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (!Number.isFinite(value)) continue;
      if (value < lo) lo = value;
      if (value > hi) hi = value;
    }
  }
  return hi < lo ? { lo: 0, span: 1 } : { lo, span: hi - lo || 1 };
}

/** 1500 → "1.5k", 8000000 → "8M", 2.5e9 → "2.5G". */
export function shortNumber(value: number): string {
  const unit = [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ].find(([size]) => Math.abs(value) >= (size as number));
  return unit === undefined
    ? String(value)
    : `${Number((value / (unit[0] as number)).toPrecision(3))}${unit[1]}`;
}

/** To a tenth of a pixel: enough for any screen, and short. */
export function roundPixel(value: number): number {
  return Math.round(value * 10) / 10;
}
