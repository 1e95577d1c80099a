/** A topic of a bag. */
export interface BagTopic {
  readonly name: string;
  /** As "event_camera_msgs/EventPacket"; ROS 2's "/msg/" is left out. */
  readonly type: string;
  /** How its messages are serialised. */
  readonly encoding: "cdr" | "ros1";
}

/** A ROS bag of any kind: topics, and the messages of each in the order in which they were recorded. */
export interface Bag {
  /** What the file is: "ROS 2 bag (SQLite)". */
  readonly kind: string;
  readonly topics: readonly BagTopic[];
  messages(topic: BagTopic): AsyncGenerator<Uint8Array, void, undefined>;
  close(): Promise<void>;
}

/** The type's name as both ROS write it. */
export function plainType(type: string): string {
  return type.replace("/msg/", "/");
}
