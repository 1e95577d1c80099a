/** Escapes text for SVG content and attribute values. */
export function escapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
  };
  return text.replace(/[&<>"]/g, (character) => entities[character]!);
}

/** Three to seven round numbers (1, 2 or 5 times a power of ten apart) inside [lo, hi]. */
export function axisTicks(lo: number, hi: number): number[] {
  const rough = (hi - lo) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const ticks: number[] = [];
  for (let n = Math.ceil(lo / step); n * step <= hi; n++) ticks.push(Number((n * step).toPrecision(12)));
  return ticks;
}

/** Space around a chart's axes, in pixels. */
export interface Margin {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** What stands around a chart's data. */
export interface ChartFrame {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly widthPixels: number;
  readonly heightPixels: number;
  readonly margin: Margin;
  /** Labels of the horizontal axis: pixel and text. */
  readonly xTicks: readonly (readonly [pixel: number, label: string])[];
  readonly yTicks: readonly (readonly [pixel: number, label: string])[];
}

/** One panel of an image: title, axes and their labels, then the content. The margins say where it lies. */
export function panelSvg(frame: ChartFrame, content: readonly string[]): string[] {
  const { widthPixels, heightPixels, margin } = frame;
  const right = widthPixels - margin.right;
  const bottom = heightPixels - margin.bottom;
  return [
    `<text x="${margin.left}" y="${margin.top - 14}" font-size="15">${escapeXml(frame.title)}</text>`,
    `<path d="M${margin.left} ${margin.top}V${bottom}H${right}" fill="none" stroke="black"/>`,
    ...frame.xTicks.map(
      ([x, label]) => `<text x="${x}" y="${bottom + 16}" text-anchor="middle">${label}</text>`,
    ),
    ...frame.yTicks.map(
      ([y, label]) => `<text x="${margin.left - 8}" y="${y + 4}" text-anchor="end">${label}</text>`,
    ),
    `<text x="${(margin.left + right) / 2}" y="${bottom + 36}" text-anchor="middle">${escapeXml(frame.xLabel)}</text>`,
    `<text transform="translate(16 ${(margin.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${escapeXml(frame.yLabel)}</text>`,
    ...content,
  ];
}

/** A whole SVG document on white ground. */
export function documentSvg(widthPixels: number, heightPixels: number, content: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${widthPixels}" height="${heightPixels}" viewBox="0 0 ${widthPixels} ${heightPixels}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    ...content,
    "</svg>",
    "",
  ].join("\n");
}

/** A document of one panel. */
export function chartSvg(frame: ChartFrame, content: readonly string[]): string {
  return documentSvg(frame.widthPixels, frame.heightPixels, panelSvg(frame, content));
}
