// A codec: readings of a sensor with a resolution of 0.01, as differences of whole hundredths in one byte each.
import { type CodedValues, type ColumnCodec, DataExporter, ExperimentLoader } from "@millrace/snn-export";
import { codecConformance } from "@millrace/snn-export/conformance";

const HUNDREDTHS = 100;
/** Stands for a difference that needs more than a byte; the whole value follows in four bytes. */
const ESCAPE = -128;

const hundredths: ColumnCodec = {
  name: "example.hundredths/1",
  encode: (values: CodedValues) => {
    const view = new DataView(new ArrayBuffer(5 * values.length));
    let at = 0;
    let last = 0;
    for (const value of values) {
      const whole = Math.round(value * HUNDREDTHS);
      const difference = whole - last;
      if (Math.abs(difference) < 128) view.setInt8(at++, difference);
      else {
        view.setInt8(at, ESCAPE);
        view.setInt32(at + 1, whole, true);
        at += 5;
      }
      last = whole;
    }
    return new Uint8Array(view.buffer, 0, at);
  },
  decode: (bytes, values) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    let whole = 0;
    for (let i = 0; i < values.length; i++) {
      const difference = view.getInt8(at++); // throws behind the end
      if (difference !== ESCAPE) whole += difference;
      else {
        whole = view.getInt32(at, true);
        at += 4;
      }
      values[i] = whole / HUNDREDTHS;
    }
    if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes too many`);
  },
};

const conformance = codecConformance(hundredths, { kinds: ["float32", "float64"], tolerance: 0.0051 });
for (const { run } of conformance) await run();

const exporter = new DataExporter("sensor", {
  outputDirectory: "runs",
  codecs: { "behavior/distance": hundredths },
});
exporter.startEpisode({ neurons: 1 });
for (let timestep = 0; timestep < 1000; timestep++) {
  exporter.log({ timestep, behavior: { distance: 2 + Math.sin(timestep / 50) } });
}
exporter.endEpisode();
exporter.close();

// The file names the codec; who reads the field brings it.
await using loader = await ExperimentLoader.open(exporter.path, { codecs: [hundredths] });
const distance = loader.episode(0).getBehavior("distance", 0, 3);
console.log(`read ${distance?.values.join(", ")}`);
