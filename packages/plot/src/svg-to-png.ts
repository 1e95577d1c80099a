import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { checkInteger, InvalidArgumentError } from "@millrace/base";

const FONT = "PT Sans";
let loading: Promise<(svg: string, scale: number) => Uint8Array> | undefined;

/**
 * Draws an SVG document as a PNG image, the same on every machine: text is set in a font that comes along.
 * @param scale - pixels of the image for each of the document's, 1 to 8
 * @throws InvalidArgumentError `PLOT_SVG_INVALID` when it is no SVG document
 * @example
 * const png = await svgToPng(rasterSvg(times, ids), 2);
 */
export async function svgToPng(svg: string, scale = 1): Promise<Uint8Array> {
  checkInteger("plot", "scale", scale, 1, 8);
  // Loaded when it is first needed: two megabytes of wasm that most programs never use.
  loading ??= load();
  return (await loading)(svg, scale);
}

async function load(): Promise<(svg: string, scale: number) => Uint8Array> {
  const { initWasm, Resvg } = await import("@resvg/resvg-wasm");
  const { resolve } = createRequire(import.meta.url);
  const font = await readFile(resolve("@expo-google-fonts/pt-sans/400Regular/PTSans_400Regular.ttf"));
  await initWasm(await readFile(resolve("@resvg/resvg-wasm/index_bg.wasm")));
  return (svg, scale) => {
    let document: InstanceType<typeof Resvg>;
    try {
      document = new Resvg(svg, {
        fitTo: { mode: "zoom", value: scale },
        font: { fontBuffers: [font], defaultFontFamily: FONT, sansSerifFamily: FONT },
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new InvalidArgumentError(
        "PLOT_SVG_INVALID",
        "svg",
        svg.slice(0, 60),
        `an SVG document: ${reason}`,
      );
    }
    const image = document.render();
    const png = image.asPng();
    image.free();
    document.free();
    return png;
  };
}
