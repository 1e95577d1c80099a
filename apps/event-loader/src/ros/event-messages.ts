import type { DecoderContext, EventDecoder } from "../event-decoder.ts";
import type { EventRows } from "../event-rows.ts";
import { newEvt3Decoder } from "../evt3.ts";
import { appendEvent, type MessageEvents } from "./message-events.ts";
import type { MessageReader } from "./message-reader.ts";
import { LibcaerCmpPackets, LibcaerPackets, MonoPackets } from "./packet-encodings.ts";

/** Types of messages that hold events. */
export const EVENT_TYPES: ReadonlySet<string> = new Set([
  "event_camera_msgs/EventPacket",
  "dvs_msgs/EventArray",
  "prophesee_event_msgs/EventArray",
]);

/** What a message of events says before its events. */
export interface EventMessage {
  readonly width: number;
  readonly height: number;
  /** "evt3", "mono", "libcaer", "libcaer_cmp"; "array" for one record an event. */
  readonly encoding: string;
}

/** Turns the messages of one topic into rows; state that goes on from message to message is kept here. */
export class EventMessageDecoder {
  readonly #context: DecoderContext;
  #evt3: EventDecoder | undefined;

  constructor(context: DecoderContext) {
    this.#context = context;
  }

  /** Begins a message. @throws CorruptDataError for a damaged one, or an encoding that is not known */
  open(type: string, reader: MessageReader): MessageEvents {
    if (type !== "event_camera_msgs/EventPacket") return this.#openArray(reader);
    readEventMessageHead(type, reader);
    const timeBase = reader.u64();
    const encoding = reader.text();
    const isBigEndian = reader.u8() !== 0;
    const events = reader.blob();
    if (encoding === "evt3" && !isBigEndian) {
      this.#evt3 ??= newEvt3Decoder(this.#context);
      return new StreamEvents(this.#evt3, events);
    }
    if (encoding === "mono" && !isBigEndian) return new MonoPackets(this.#context, events, timeBase);
    if (encoding === "libcaer" && !isBigEndian) return new LibcaerPackets(this.#context, events, timeBase);
    if (encoding === "libcaer_cmp" && !isBigEndian) {
      return new LibcaerCmpPackets(this.#context, events, timeBase);
    }
    throw reader.corrupt(
      `encoding "${encoding}"${isBigEndian ? ", big-endian," : ""} is not supported; evt3, mono, libcaer and libcaer_cmp are`,
    );
  }

  /** All messages are read. */
  finish(rows: EventRows): void {
    this.#evt3?.finish(rows);
  }

  #openArray(reader: MessageReader): MessageEvents {
    readEventMessageHead("", reader);
    let left = reader.u32();
    const context = this.#context;
    return {
      decode(rows) {
        for (; left > 0; left--) {
          if (rows.rowCount === rows.capacity) return false;
          const [x, y] = [reader.u16(), reader.u16()];
          const [seconds, nanoseconds] = [reader.u32(), reader.u32()];
          appendEvent(rows, context, seconds * 1e6 + Math.round(nanoseconds / 1000), x, y, reader.u8());
        }
        return true;
      },
    };
  }
}

/** Reads what every message of events begins with: header, height, width; of a packet its sequence number too. */
export function readEventMessageHead(type: string, reader: MessageReader): EventMessage {
  reader.header();
  const height = reader.u32();
  const width = reader.u32();
  if (type !== "event_camera_msgs/EventPacket") return { width, height, encoding: "array" };
  reader.u64();
  const { at } = reader;
  reader.u64();
  const encoding = reader.text();
  reader.at = at;
  return { width, height, encoding };
}

/** The events of a message as a piece of one stream. */
class StreamEvents implements MessageEvents {
  readonly #decoder: EventDecoder;
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(decoder: EventDecoder, bytes: Uint8Array) {
    this.#decoder = decoder;
    this.#bytes = bytes;
  }

  decode(rows: EventRows): boolean {
    while (this.#at < this.#bytes.length) {
      if (rows.capacity - rows.rowCount < this.#decoder.rowsPerStep) return false;
      this.#at = this.#decoder.decode(this.#bytes, this.#at, rows);
    }
    return true;
  }
}
