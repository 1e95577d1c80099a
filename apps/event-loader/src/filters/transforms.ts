import { checkInteger } from "@millrace/base";
import { type EventFilter, type FilterSize, rowFilter } from "./event-filter.ts";
import type { Region } from "./selections.ts";

/** Keeps a rectangle, whose first column and row become 0. @throws InvalidArgumentError for one without pixels */
export function crop({ x: left, y: top, width, height }: Region): EventFilter {
  checkInteger("events", "crop width", width, 1, 65_536);
  checkInteger("events", "crop height", height, 1, 65_536);
  const inside = rowFilter((chunk, kept) => {
    const { x, y } = chunk.columns;
    let count = 0;
    for (let row = 0; row < chunk.rowCount; row++) {
      const column = x[row]! - left;
      const line = y[row]! - top;
      x[row] = column;
      y[row] = line;
      kept[count] = row;
      // Without a branch: the sign is set where any of the four is below 0.
      const isOutside = (column | (width - 1 - column) | line | (height - 1 - line)) >>> 31;
      count = (count + 1 - isOutside) | 0;
    }
    return count;
  });
  return { apply: (chunk) => inside.apply(chunk), sizeAfter: () => ({ width, height }) };
}

/** Mirrors left and right; events outside the sensor are dropped. */
export function flipX({ width }: FilterSize): EventFilter {
  return rowFilter((chunk, kept) => {
    const { x } = chunk.columns;
    let count = 0;
    for (let row = 0; row < chunk.rowCount; row++) {
      if (x[row]! >= width) continue;
      x[row] = width - 1 - x[row]!;
      kept[count++] = row;
    }
    return count;
  });
}

/** Mirrors top and bottom; events outside the sensor are dropped. */
export function flipY({ height }: FilterSize): EventFilter {
  return rowFilter((chunk, kept) => {
    const { y } = chunk.columns;
    let count = 0;
    for (let row = 0; row < chunk.rowCount; row++) {
      if (y[row]! >= height) continue;
      y[row] = height - 1 - y[row]!;
      kept[count++] = row;
    }
    return count;
  });
}

/** Exchanges columns and rows. */
export function transpose(): EventFilter {
  return {
    apply(chunk) {
      const { x, y } = chunk.columns;
      for (let row = 0; row < chunk.rowCount; row++) {
        const column = x[row]!;
        x[row] = y[row]!;
        y[row] = column;
      }
    },
    sizeAfter: ({ width, height }) => ({ width: height, height: width }),
  };
}

/** Turns by 90°, 180° or 270° to the right; events outside the sensor are dropped. */
export function rotate(degrees: 90 | 180 | 270, size: FilterSize): EventFilter {
  const { width, height } = size;
  const turned = { width: height, height: width };
  if (degrees === 180) return chain(flipX(size), flipY(size));
  return degrees === 90 ? chain(transpose(), flipX(turned)) : chain(transpose(), flipY(turned));
}

/** Brings events to another sensor size: (x, y) to the pixel that covers it; several may fall together. */
export function rescale(from: FilterSize, to: FilterSize): EventFilter {
  for (const size of [from, to]) {
    checkInteger("events", "width", size.width, 1, 65_536);
    checkInteger("events", "height", size.height, 1, 65_536);
  }
  const columns = Uint16Array.from({ length: from.width }, (_, x) => Math.floor((x * to.width) / from.width));
  const lines = Uint16Array.from({ length: from.height }, (_, y) =>
    Math.floor((y * to.height) / from.height),
  );
  const inside = rowFilter((chunk, kept) => {
    const { x, y } = chunk.columns;
    let count = 0;
    for (let row = 0; row < chunk.rowCount; row++) {
      if (x[row]! >= from.width || y[row]! >= from.height) continue;
      x[row] = columns[x[row]!]!;
      y[row] = lines[y[row]!]!;
      kept[count++] = row;
    }
    return count;
  });
  return { apply: (chunk) => inside.apply(chunk), sizeAfter: () => to };
}

function chain(...filters: readonly EventFilter[]): EventFilter {
  return {
    apply(chunk) {
      for (const filter of filters) filter.apply(chunk);
    },
    sizeAfter: (size) => filters.reduce((now, filter) => filter.sizeAfter?.(now) ?? now, size),
  };
}
