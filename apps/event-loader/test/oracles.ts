import type { Decoded, Event } from "./helpers.ts";

/** EVT2 word by word, by the format's document, with bigints and objects. */
export function naiveEvt2(bytes: Uint8Array): Pick<Decoded, "events" | "triggers"> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: Event[] = [];
  const triggers: Decoded["triggers"] = [];
  let high: bigint | undefined;
  let loops = 0n;
  const maxTime = (2n ** 28n - 1n) << 6n;
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const word = BigInt(view.getUint32(at, true));
    const type = word >> 28n;
    if (type === 8n) {
      const next = (word & 0xfffffffn) << 6n;
      if (high !== undefined && next < high && high - next >= maxTime - (10n << 6n)) loops++;
      high = next;
    }
    if (high === undefined) continue;
    const time = Number((high | ((word >> 22n) & 0x3fn)) + loops * 2n ** 34n);
    if (type <= 1n) events.push([time, Number((word >> 11n) & 0x7ffn), Number(word & 0x7ffn), Number(type)]);
    if (type === 10n) triggers.push([time, Number((word >> 8n) & 0x1fn), Number(word & 1n)]);
  }
  return { events, triggers };
}

/** EVT3 word by word, by the format's document ("raw mode"), with bigints and objects. */
export function naiveEvt3(bytes: Uint8Array): Pick<Decoded, "events" | "triggers"> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: Event[] = [];
  const triggers: Decoded["triggers"] = [];
  let base: bigint | undefined;
  let time = 0n;
  let loops = 0n;
  let y = 0;
  let baseX = 0;
  let polarity = 0;
  for (let at = 0; at + 2 <= bytes.length; at += 2) {
    const word = view.getUint16(at, true);
    const type = word >> 12;
    const payload = word & 0xfff;
    if (base === undefined && type !== 8) continue;
    if (type === 0) y = payload & 0x7ff;
    if (type === 2) events.push([Number(time), payload & 0x7ff, y, payload >> 11]);
    if (type === 3) {
      baseX = payload & 0x7ff;
      polarity = payload >> 11;
    }
    if (type === 4 || type === 5) {
      const bits = type === 4 ? 12 : 8;
      for (let i = 0; i < bits; i++) {
        if ((payload >> i) & 1) events.push([Number(time), (baseX + i) % 65_536, y, polarity]);
      }
      baseX += bits;
    }
    if (type === 6) time = base! + BigInt(payload);
    if (type === 8) {
      let next = (BigInt(payload) << 12n) + loops * 2n ** 24n;
      if (base !== undefined && base > next && base - next >= ((2n ** 12n - 1n) << 12n) - (10n << 12n)) {
        next += 2n ** 24n;
        loops++;
      }
      base = next;
      time = next;
    }
    if (type === 10) triggers.push([Number(time), (payload >> 8) & 0xf, payload & 1]);
  }
  return { events, triggers };
}

/** A 34-bit clock with bigints: the time-high in µs, and wraps by a drop of at least `wrapDropUs`. */
class NaiveClock {
  high: bigint | undefined;
  loops = 0n;
  readonly wrapDropUs: bigint;
  constructor(wrapDropUs: bigint) {
    this.wrapDropUs = wrapDropUs;
  }
  set(word: bigint): void {
    const next = (word & 0xfffffffn) << 6n;
    if (this.high !== undefined && next < this.high && this.high - next >= this.wrapDropUs) this.loops++;
    this.high = next;
  }
  time(word: bigint): number {
    return Number(this.high! + ((word >> 22n) & 0x3fn) + this.loops * 2n ** 34n);
  }
}

function naiveVector(time: number, word: bigint, mask: bigint, polarity: number): Event[] {
  const bits = Array.from({ length: 32 }, (_, i) => i).filter((i) => (mask >> BigInt(i)) & 1n);
  return bits.map((i) => [time, Number((word >> 11n) & 0x7ffn) + i, Number(word & 0x7ffn), polarity]);
}

/** EVT2.1 word by word, by the format's document, with bigints of 64 bits. */
export function naiveEvt21(
  bytes: Uint8Array,
  order: "little" | "legacy",
): Pick<Decoded, "events" | "triggers"> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: Event[] = [];
  const triggers: Decoded["triggers"] = [];
  const clock = new NaiveClock(((2n ** 28n - 1n) << 6n) - (10n << 6n));
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    const value = view.getBigUint64(at, true);
    const word = order === "little" ? value : (value >> 32n) | ((value & 0xffffffffn) << 32n);
    const type = Number(word >> 60n);
    if (type === 8) clock.set(word >> 32n);
    if (clock.high === undefined) continue;
    const time = clock.time(word >> 32n);
    if (type <= 1) events.push(...naiveVector(time, word >> 32n, word & 0xffffffffn, type));
    if (type === 10) triggers.push([time, Number((word >> 40n) & 0x1fn), Number((word >> 32n) & 1n)]);
  }
  return { events, triggers };
}

/** EVT4 word by word, by the format's document, with bigints. */
export function naiveEvt4(bytes: Uint8Array): Pick<Decoded, "events" | "triggers"> {
  const words = Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) =>
    BigInt(new DataView(bytes.buffer, bytes.byteOffset).getUint32(4 * i, true)),
  );
  const events: Event[] = [];
  const triggers: Decoded["triggers"] = [];
  const maxTime = (2n ** 28n - 1n) << 6n;
  const clock = new NaiveClock((maxTime >> 1n) + 1n);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const type = Number(word >> 28n);
    if (type === 14) clock.set(word);
    const isVector = type === 12 || type === 13;
    const mask = isVector ? words[++i] : 1n;
    if (clock.high === undefined || mask === undefined) continue;
    const time = clock.time(word);
    if (type >= 10 && type <= 13) events.push(...naiveVector(time, word, mask, type % 2));
    if (type === 9) triggers.push([time, Number((word >> 8n) & 0x1fn), Number(word & 1n)]);
  }
  return { events, triggers };
}

/** DAT records of events, version 2, as 64-bit numbers. */
export function naiveDat(bytes: Uint8Array): Pick<Decoded, "events" | "triggers"> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: Event[] = [];
  let loops = 0n;
  let last = 0n;
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    const record = view.getBigUint64(at, true);
    const time = record & 0xffffffffn;
    if (last > time && last - time > 2n ** 31n) loops += 2n ** 32n;
    last = time;
    const polarity = Number(record >> 60n);
    const [x, y] = [Number((record >> 32n) & 0x3fffn), Number((record >> 46n) & 0x3fffn)];
    events.push([Number(time + loops), x, y, polarity === 0 || polarity === 15 ? 0 : 1]);
  }
  return { events, triggers: [] };
}

/** Event Stream records of DVS events, taken off the front one by one. */
export function naiveEventStream(bytes: Uint8Array): Pick<Decoded, "events" | "triggers"> {
  const rest = [...bytes];
  const events: Event[] = [];
  let time = 0;
  while (rest.length > 0) {
    const first = rest.shift()!;
    if (first === 255) time += 127;
    if (first >= 254) continue;
    const [xLo, xHi, yLo, yHi] = rest.splice(0, 4);
    if (yHi === undefined) break;
    time += Math.floor(first / 2);
    events.push([time, xLo! + 256 * xHi!, yLo! + 256 * yHi, first % 2]);
  }
  return { events, triggers: [] };
}

/** ATIS records of Event Stream; measurements are no events. */
export function naiveAtis(bytes: Uint8Array): Pick<Decoded, "events" | "triggers"> {
  const rest = [...bytes];
  const events: Event[] = [];
  let time = 0;
  while (rest.length > 0) {
    const first = rest.shift()!;
    if (first >= 252) {
      time += 63 * (first - 252);
      continue;
    }
    const [xLo, xHi, yLo, yHi] = rest.splice(0, 4);
    if (yHi === undefined) break;
    time += Math.floor(first / 4);
    if (first % 2 === 0) events.push([time, xLo! + 256 * xHi!, yLo! + 256 * yHi, Math.floor(first / 2) % 2]);
  }
  return { events, triggers: [] };
}

/** AEDAT1 records: those of AEDAT2 with two bytes of zeros before each. */
export function naiveAedat1(bytes: Uint8Array): Pick<Decoded, "events" | "triggers"> {
  const wide: number[] = [];
  for (let at = 0; at + 6 <= bytes.length; at += 6) wide.push(0, 0, ...bytes.subarray(at, at + 6));
  return naiveAedat2(Uint8Array.from(wide), "DVS128");
}

/** N-MNIST records, with the digits of each in base 256. */
export function naiveNmnist(bytes: Uint8Array): Pick<Decoded, "events" | "triggers"> {
  const events: Event[] = [];
  let overflow = 0;
  for (let at = 0; at + 5 <= bytes.length; at += 5) {
    const [x, y, high, middle, low] = bytes.subarray(at, at + 5) as unknown as [
      number,
      number,
      number,
      number,
      number,
    ];
    if (y === 240) overflow += 8192;
    else events.push([(high % 128) * 65_536 + middle * 256 + low + overflow, x, y, high > 127 ? 1 : 0]);
  }
  return { events, triggers: [] };
}

/** AEDAT2 records, with bits taken out of numbers by division. */
export function naiveAedat2(
  bytes: Uint8Array,
  layout: "DAVIS" | "DVS128",
): Pick<Decoded, "events" | "triggers"> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: Event[] = [];
  const triggers: Decoded["triggers"] = [];
  let loops = 0;
  let last: number | undefined;
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    const address = view.getUint32(at);
    const raw = view.getInt32(at + 4);
    const bits = (lo: number, count: number): number => Math.floor(address / 2 ** lo) % 2 ** count;
    if (last !== undefined && last - raw > 2 ** 31) loops++;
    last = raw;
    const time = raw + loops * 2 ** 32;
    if (layout === "DVS128") {
      if (bits(15, 1)) triggers.push([time, 0, 1]);
      else events.push([time, bits(1, 7), bits(8, 7), 1 - bits(0, 1)]);
    } else if (bits(31, 1) === 0) {
      if (bits(10, 1)) triggers.push([time, 0, bits(0, 3) === 2 ? 0 : 1]);
      else events.push([time, bits(12, 10), bits(22, 9), bits(11, 1)]);
    }
  }
  return { events, triggers };
}

/** AEDAT3 packets, cut out one after the other. */
export function naiveAedat3(bytes: Uint8Array): Pick<Decoded, "events" | "triggers"> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: Event[] = [];
  const triggers: Decoded["triggers"] = [];
  for (let at = 0; at + 28 <= bytes.length; ) {
    const type = view.getInt16(at, true);
    const eventBytes = view.getInt32(at + 4, true);
    const overflow = view.getInt32(at + 12, true);
    const end = at + 28 + eventBytes * view.getInt32(at + 20, true);
    for (let i = at + 28; i < end && type < 2; i += 8) {
      const data = view.getUint32(i, true);
      const time = view.getInt32(i + 4, true) + overflow * 2 ** 31;
      if (data % 2 === 0) continue;
      const special = Math.floor(data / 2) % 128;
      if (type === 1) events.push([time, data >>> 17, Math.floor(data / 4) % 32_768, special % 2]);
      else if ([2, 3, 4].includes(special)) triggers.push([time, 0, special === 3 ? 0 : 1]);
    }
    at = end;
  }
  return { events, triggers };
}

/** The canonical order: by time, column, row, polarity. */
export function sortEvents(events: readonly Event[]): Event[] {
  return [...events].sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || a[3] - b[3]);
}

/** The canonical bytes of events, one field after the other. */
export function packEvents(events: readonly Event[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(13 * events.length));
  for (const [i, [t, x, y, p]] of sortEvents(events).entries()) {
    view.setUint16(13 * i, x, true);
    view.setUint16(13 * i + 2, y, true);
    view.setUint8(13 * i + 4, p);
    view.setBigInt64(13 * i + 5, BigInt(t), true);
  }
  return new Uint8Array(view.buffer);
}
