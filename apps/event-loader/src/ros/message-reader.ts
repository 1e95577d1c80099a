import { CorruptDataError } from "@millrace/base";
import type { BagTopic } from "./bag.ts";

const TEXT = new TextDecoder();

/**
 * Reads the fields of a message: CDR (OMG's DDSI-RTPS, 10.2) with its four bytes of encapsulation and with alignment,
 * or ROS 1's serialisation, which is packed and little-endian. Nothing is read beyond the message.
 */
export class MessageReader {
  readonly bytes: Uint8Array;
  readonly isCdr: boolean;
  readonly #source: string;
  readonly #view: DataView;
  readonly #isLittle: boolean;
  /** Where the first field is; CDR aligns from there. */
  readonly #origin: number;
  at: number;

  constructor(bytes: Uint8Array, encoding: BagTopic["encoding"], source: string) {
    this.bytes = bytes;
    this.isCdr = encoding === "cdr";
    this.#source = source;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#origin = this.isCdr ? 4 : 0;
    this.at = this.#origin;
    if (bytes.length < this.#origin) throw this.corrupt("it is too short for its encapsulation");
    this.#isLittle = !this.isCdr || (bytes[1]! & 1) === 1;
  }

  u8(): number {
    return this.bytes[this.#take(1, 1)]!;
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2, 2), this.#isLittle);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4, 4), this.#isLittle);
  }

  /** For times since 1970 in ns, which a double cannot hold. */
  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8, 8), this.#isLittle);
  }

  text(): string {
    const length = this.u32();
    const start = this.#take(length, 1);
    // CDR counts and stores the NUL behind a text.
    return TEXT.decode(this.bytes.subarray(start, start + length)).replace(/\0$/, "");
  }

  /** A sequence of bytes, as a view. */
  blob(): Uint8Array {
    const length = this.u32();
    const start = this.#take(length, 1);
    return this.bytes.subarray(start, start + length);
  }

  /** Passes over `std_msgs/Header`: sequence number (ROS 1 only), time, frame. */
  header(): void {
    if (!this.isCdr) this.u32();
    this.u32();
    this.u32();
    this.text();
  }

  corrupt(problem: string): CorruptDataError {
    return new CorruptDataError(
      "EVENTS_MESSAGE_CORRUPT",
      this.#source,
      this.at,
      `a message cannot be read: ${problem}`,
    );
  }

  #take(byteLength: number, alignment: number): number {
    let at = this.at;
    if (this.isCdr) at += (alignment - ((at - this.#origin) % alignment)) % alignment;
    if (at + byteLength > this.bytes.length) throw this.corrupt(`it ends at byte ${this.bytes.length}`);
    this.at = at + byteLength;
    return at;
  }
}
