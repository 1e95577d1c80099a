import { InvalidArgumentError } from "@millrace/base";
import { documentSvg } from "./svg.ts";

/**
 * Puts SVG documents of this package under each other, into one.
 * @throws InvalidArgumentError `PLOT_SVG_INVALID` for what is none of them
 * @example
 * stackSvg([histogramSvg(counts, edges), heatMapSvg(values, 64, 48)]);
 */
export function stackSvg(documents: readonly string[]): string {
  let [width, height] = [0, 0];
  const parts = documents.map((svg) => {
    const size = /^<svg [^>]*?width="(\d+)" height="(\d+)"/.exec(svg);
    if (size === null) {
      throw new InvalidArgumentError(
        "PLOT_SVG_INVALID",
        "document",
        svg.slice(0, 20),
        "an SVG of this package",
      );
    }
    const placed = svg.trimEnd().replace("<svg ", `<svg y="${height}" `);
    width = Math.max(width, Number(size[1]));
    height += Number(size[2]);
    return placed;
  });
  return documentSvg(width, height, parts);
}
