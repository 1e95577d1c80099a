import { InvalidArgumentError } from "@millrace/base";
import { openEncoder, type SensorSize } from "../encoders/open-encoder.ts";
import type { EventChunk } from "../event-rows.ts";
import { DATAGRAM_BYTES, parseLiveUrl, sendDatagrams, sendStream, sendToStdout } from "./sockets.ts";
import { encodeSpifWords } from "./spif-words.ts";

/** Where events are sent to, and as what. */
export interface SendOptions {
  /** "udp://127.0.0.1:3333" sends SPIF's words, "tcp://host:port" connects, "-" is stdout. */
  readonly url: string;
  /** The format over TCP and stdout, one of ENCODED_FORMATS; UDP has its own. */
  readonly format?: string | undefined;
  /** The sensor, for the format's header. */
  readonly size?: SensorSize | undefined;
}

/**
 * Sends events, and releases the chunks; the other end is `liveEvents` or another program.
 * @returns how many events were sent
 * @throws InvalidArgumentError `EVENTS_LIVE_URL`, and as `openEncoder` and the encoders do
 * @throws IoError `EVENTS_LIVE_FAILED`
 * @example
 * await sendEvents(recording.events(), { url: "tcp://127.0.0.1:7777", format: "EVT3", size: { width: 640, height: 480 } });
 */
export async function sendEvents(
  chunks: AsyncIterable<EventChunk> | Iterable<EventChunk>,
  { url, format, size }: SendOptions,
): Promise<number> {
  const address = parseLiveUrl(url);
  if (address.protocol === "udp") return sendSpif(chunks, await sendDatagrams(address));
  // The header of an NPY file tells how many events follow.
  if (format === undefined || format === "NPY") {
    throw new InvalidArgumentError("EVENTS_OUTPUT_UNKNOWN", "output format", format, "a format for a stream");
  }
  const encoder = openEncoder(format, size);
  const output = address.protocol === "stdio" ? sendToStdout() : await sendStream(address);
  let events = 0;
  try {
    await output.send(encoder.header().slice());
    for await (const chunk of chunks) {
      using held = chunk;
      // A copy: the socket may hold it for longer than the encoder's next call.
      await output.send(encoder.encode(held).slice());
      events += held.rowCount;
    }
    // What a file ends with (a table of AEDAT 4's packets) is found by a place in its header: a stream has none.
  } finally {
    await output.close();
  }
  return events;
}

async function sendSpif(
  chunks: AsyncIterable<EventChunk> | Iterable<EventChunk>,
  output: Awaited<ReturnType<typeof sendDatagrams>>,
): Promise<number> {
  let events = 0;
  try {
    for await (const chunk of chunks) {
      using held = chunk;
      const bytes = encodeSpifWords(held);
      for (let at = 0; at < bytes.length; at += DATAGRAM_BYTES) {
        await output.send(bytes.subarray(at, at + DATAGRAM_BYTES));
      }
      events += held.rowCount;
    }
  } finally {
    await output.close();
  }
  return events;
}
