import * as columnar from "@millrace/columnar";
import * as columnarEntry from "@millrace/columnar/browser";
import * as compress from "@millrace/compress";
import * as compressEntry from "@millrace/compress/browser";
import * as events from "@millrace/event-loader";
import * as eventsEntry from "@millrace/event-loader/browser";
import * as files from "@millrace/files";
import * as filesEntry from "@millrace/files/browser";
import * as hdf5 from "@millrace/hdf5";
import * as hdf5Entry from "@millrace/hdf5/browser";
import * as reedSolomon from "@millrace/reed-solomon";
import * as reedSolomonEntry from "@millrace/reed-solomon/browser";
import * as stream from "@millrace/stream";
import * as streamEntry from "@millrace/stream/browser";

/** Names of ./browser that are not the very things that the condition "browser" gives under the main name. */
export function checkEntries(): Readonly<Record<string, readonly string[]>> {
  return {
    columnar: differences(columnar, columnarEntry),
    compress: differences(compress, compressEntry),
    events: differences(events, eventsEntry),
    files: differences(files, filesEntry),
    hdf5: differences(hdf5, hdf5Entry),
    reedSolomon: differences(reedSolomon, reedSolomonEntry),
    stream: differences(stream, streamEntry),
  };
}

function differences(main: object, entry: object): string[] {
  const given: Readonly<Record<string, unknown>> = { ...main };
  const named: Readonly<Record<string, unknown>> = { ...entry };
  return Object.keys({ ...given, ...named }).filter((name) => given[name] !== named[name]);
}
