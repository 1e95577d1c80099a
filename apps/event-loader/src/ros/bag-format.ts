import { CorruptDataError } from "@millrace/base";
import type { ByteSource } from "@millrace/files";
import { unsupportedFormat } from "../formats.ts";
import type { RecordingFormat } from "../recording-format.ts";
import type { Bag, BagTopic } from "./bag.ts";
import { BagRows } from "./bag-rows.ts";
import { EVENT_TYPES, type EventMessage, readEventMessageHead } from "./event-messages.ts";
import { MessageReader } from "./message-reader.ts";

/**
 * The format of a ROS bag with the events of one camera.
 * @param wanted - the topic, where there are several with events
 * @throws CorruptDataError `EVENTS_BAG_TOPIC` when there is no such topic, or none with events
 * @throws MillraceError `EVENTS_FORMAT_UNSUPPORTED` for events of several cameras when none is named
 */
export async function bagFormat(
  source: ByteSource,
  bag: Bag,
  wanted: string | undefined,
): Promise<RecordingFormat> {
  try {
    const topic = eventTopic(source, bag, wanted);
    const head = await firstHead(bag, topic, source.name);
    const isSized = head !== undefined && head.width > 0 && head.height > 0;
    return {
      name: "ROS bag",
      width: isSized ? head.width : undefined,
      height: isSized ? head.height : undefined,
      metadata: {
        kind: bag.kind,
        topic: topic.name,
        type: topic.type,
        ...(head === undefined ? {} : { encoding: head.encoding }),
      },
      dataStart: 0,
      openRows: (context) => new BagRows(bag, topic, source.name, context),
      close: () => bag.close(),
    };
  } catch (error) {
    await bag.close();
    throw error;
  }
}

function eventTopic(source: ByteSource, bag: Bag, wanted: string | undefined): BagTopic {
  const topics = bag.topics.filter(({ type }) => EVENT_TYPES.has(type));
  const names = topics.map(({ name }) => name).join(", ");
  if (wanted !== undefined) {
    const found = topics.find(({ name }) => name === wanted);
    if (found !== undefined) return found;
    throw noTopic(source, `no topic ${wanted} with events; those with events are ${names || "none"}`);
  }
  if (topics.length > 1) {
    throw unsupportedFormat(source.name, `${bag.kind} with the events of ${names} (name one as the topic)`);
  }
  const [only] = topics;
  if (only !== undefined) return only;
  const others = bag.topics.map(({ name, type }) => `${name} (${type})`).slice(0, 8);
  throw noTopic(source, `no topic with events; it has ${others.join(", ") || "no topics"}`);
}

async function firstHead(bag: Bag, topic: BagTopic, source: string): Promise<EventMessage | undefined> {
  for await (const message of bag.messages(topic)) {
    return readEventMessageHead(topic.type, new MessageReader(message, topic.encoding, source));
  }
  return undefined;
}

function noTopic(source: ByteSource, problem: string): CorruptDataError {
  return new CorruptDataError("EVENTS_BAG_TOPIC", source.name, 0, `the bag has ${problem}`);
}
