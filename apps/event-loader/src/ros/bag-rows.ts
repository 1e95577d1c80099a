import type { DecoderContext } from "../event-decoder.ts";
import type { EventRows } from "../event-rows.ts";
import type { RowSource } from "../row-source.ts";
import type { Bag, BagTopic } from "./bag.ts";
import { EventMessageDecoder } from "./event-messages.ts";
import type { MessageEvents } from "./message-events.ts";
import { MessageReader } from "./message-reader.ts";

/** Rows that a message's decoder may need to make headway: a vector of EVT3. */
const ROWS_PER_STEP = 12;

/** The events of one topic of a bag. */
export class BagRows implements RowSource {
  readonly #messages: AsyncGenerator<Uint8Array, void, undefined>;
  readonly #topic: BagTopic;
  readonly #source: string;
  readonly #decoder: EventMessageDecoder;
  #current: MessageEvents | undefined;

  constructor(bag: Bag, topic: BagTopic, source: string, context: DecoderContext) {
    this.#messages = bag.messages(topic);
    this.#topic = topic;
    this.#source = source;
    this.#decoder = new EventMessageDecoder(context);
  }

  async fill(rows: EventRows): Promise<boolean> {
    for (;;) {
      if (this.#current?.decode(rows) === false) return true;
      this.#current = undefined;
      if (rows.capacity - rows.rowCount < ROWS_PER_STEP) return true;
      const next = await this.#messages.next();
      if (next.done === true) {
        this.#decoder.finish(rows);
        return false;
      }
      const reader = new MessageReader(next.value, this.#topic.encoding, this.#source);
      this.#current = this.#decoder.open(this.#topic.type, reader);
    }
  }
}
