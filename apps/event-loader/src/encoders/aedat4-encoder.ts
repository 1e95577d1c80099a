import { checkInteger, checkOneOf, writeU32 } from "@millrace/base";
import { compressBytesSync } from "@millrace/compress";
import { type EventChunk, timeOfRow } from "../event-rows.ts";
import {
  EVENT_BYTES,
  EVENTS_AT,
  eventsBuffer,
  fileHeader,
  type PacketEntry,
  packetTable,
} from "./aedat4-buffers.ts";
import { checkEvents, type EventEncoder, type EventLimits } from "./event-encoder.ts";

/** What an AEDAT 4 recording is told beside its events. */
export interface Aedat4EncoderOptions {
  /** Columns of the sensor, 1 to 32,767. */
  readonly width: number;
  /** Rows of the sensor, 1 to 32,767. */
  readonly height: number;
  /** How packets are compressed; zstd is not to be had in a browser. @default "zstd" */
  readonly compression?: "none" | "zstd";
  /** The name of the camera. @default "millrace" */
  readonly source?: string;
}

const MAGIC = "#!AER-DAT4.0\r\n";
const EVENTS_PER_PACKET = 16_384;
const STREAM = 0;
/** By the numbers of the header. */
const COMPRESSION = { none: 0, zstd: 3 } as const;

/** Turns events, sorted by time, into an AEDAT 4 file of one stream, with the table of packets at its end. */
export class Aedat4Encoder implements EventEncoder {
  readonly #limits: EventLimits;
  readonly #compression: "none" | "zstd";
  readonly #xml: string;
  readonly #packets: PacketEntry[] = [];
  #timeUs = 0;
  #position: number;

  /** @throws InvalidArgumentError for an option out of its range */
  constructor({ width, height, compression = "zstd", source = "millrace" }: Aedat4EncoderOptions) {
    checkInteger("events", "width", width, 1, 32_767);
    checkInteger("events", "height", height, 1, 32_767);
    checkOneOf("events", "compression", compression, ["none", "zstd"]);
    const maxTimeUs = Number.MAX_SAFE_INTEGER;
    this.#limits = { width, height, maxLeapUs: maxTimeUs, maxTimeUs };
    this.#compression = compression;
    this.#xml = streamsXml(width, height, compression, source);
    this.#position = this.header().length;
  }

  header(): Uint8Array<ArrayBuffer> {
    return this.#header(-1);
  }

  encode(chunk: EventChunk): Uint8Array<ArrayBuffer> {
    this.#timeUs = checkEvents(chunk, this.#timeUs, this.#limits);
    const packets: Uint8Array[] = [];
    for (let start = 0; start < chunk.rowCount; start += EVENTS_PER_PACKET) {
      packets.push(this.#packet(chunk, start, Math.min(start + EVENTS_PER_PACKET, chunk.rowCount)));
    }
    return concatenate(packets);
  }

  finish(): { end: Uint8Array; header: Uint8Array } {
    const tableAt = this.#position;
    return { end: this.#pack(packetTable(this.#packets, STREAM)), header: this.#header(tableAt) };
  }

  #header(tableAt: number): Uint8Array<ArrayBuffer> {
    const header = fileHeader(COMPRESSION[this.#compression], tableAt, this.#xml);
    return concatenate([new TextEncoder().encode(MAGIC), header]);
  }

  #packet(chunk: EventChunk, start: number, end: number): Uint8Array {
    const buffer = eventsBuffer(end - start);
    const view = new DataView(buffer.buffer);
    const { x, y, p } = chunk.columns;
    const times = chunk.words("t");
    for (let row = start, at = EVENTS_AT; row < end; row++, at += EVENT_BYTES) {
      view.setInt32(at, times[2 * row]!, true);
      view.setInt32(at + 4, times[2 * row + 1]!, true);
      view.setUint16(at + 8, x[row]!, true);
      view.setUint16(at + 10, y[row]!, true);
      view.setUint8(at + 12, p[row]! === 0 ? 0 : 1);
    }
    const content = this.#pack(buffer);
    const head = new Uint8Array(8);
    writeU32(head, 0, STREAM);
    writeU32(head, 4, content.length);
    this.#packets.push({
      byteOffset: this.#position + head.length,
      byteLength: content.length,
      events: end - start,
      firstUs: timeOfRow(times, start),
      lastUs: timeOfRow(times, end - 1),
    });
    this.#position += head.length + content.length;
    return concatenate([head, content]);
  }

  #pack(buffer: Uint8Array): Uint8Array {
    return this.#compression === "zstd" ? compressBytesSync(buffer, "zstd", 1) : buffer;
  }
}

/** The tree of DV's configuration, as far as readers look at it. */
function streamsXml(width: number, height: number, compression: "none" | "zstd", source: string): string {
  const attribute = (key: string, type: string, value: string | number): string =>
    `<attr key="${key}" type="${type}">${escapeXml(String(value))}</attr>`;
  const info = [
    attribute("sizeX", "int", width),
    attribute("sizeY", "int", height),
    attribute("source", "string", source),
  ].join("");
  const stream = [
    attribute("compression", "string", compression === "zstd" ? "ZSTD" : "NONE"),
    attribute("originalModuleName", "string", "capture"),
    attribute("originalOutputName", "string", "events"),
    attribute("typeDescription", "string", "Array of events (polarity ON/OFF)."),
    attribute("typeIdentifier", "string", "EVTS"),
    `<node name="info" path="/mainloop/Recorder/outInfo/0/info/">${info}</node>`,
  ].join("");
  return `<dv version="2.0"><node name="outInfo" path="/mainloop/Recorder/outInfo/"><node name="${STREAM}" path="/mainloop/Recorder/outInfo/0/">${stream}</node></node></dv>`;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
