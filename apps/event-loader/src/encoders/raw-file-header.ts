/** Further keys and values of a RAW file's header. */
export type RawMetadata = Readonly<Record<string, string>>;

/** The header of a RAW file, as OpenEB 4 and later write it. */
export function rawHeader(
  format: string,
  version: string,
  width: number,
  height: number,
  metadata: RawMetadata,
): Uint8Array<ArrayBuffer> {
  const lines = Object.entries(metadata).map(([key, value]) => `% ${key} ${value.replace(/\s+/g, " ")}\n`);
  const text = `% evt ${version}\n% format ${format};height=${height};width=${width}\n% geometry ${width}x${height}\n`;
  return new TextEncoder().encode(`${text}${lines.join("")}% end\n`);
}
