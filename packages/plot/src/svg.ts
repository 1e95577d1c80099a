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
