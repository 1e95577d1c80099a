// The package's own declarations are not reachable through its exports.
declare module "@resvg/resvg-wasm" {
  export function initWasm(module: BufferSource): Promise<void>;
  export class Resvg {
    constructor(
      svg: string,
      options: {
        fitTo: { mode: "zoom"; value: number };
        font: { fontBuffers: Uint8Array[]; defaultFontFamily: string; sansSerifFamily: string };
      },
    );
    render(): { asPng(): Uint8Array; free(): void };
    free(): void;
  }
}
