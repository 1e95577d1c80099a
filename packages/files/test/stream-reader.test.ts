import { StreamReader } from "@millrace/files";
import fc from "fast-check";
import { expect, test } from "vitest";

async function* chunksOf(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

test("reads amounts of any size out of chunks of any size", async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(chunks, fc.array(fc.nat(30), { maxLength: 30 }), async (given, amounts) => {
      const all = given.flatMap((chunk) => [...chunk]);
      const reader = new StreamReader(chunksOf(given));
      for (const amount of amounts) {
        const start = reader.position;
        const into = new Uint8Array(amount);
        const count = await reader.read(into);
        expect([...into.subarray(0, count)]).toEqual(all.slice(start, start + amount));
        expect(reader.position).toBe(start + count);
      }
    }),
  );
});

test("reads exactly so many bytes, or says where the stream ended", async () => {
  const reader = new StreamReader([Uint8Array.of(1, 2), Uint8Array.of(3)], "stdin");
  expect([...(await reader.readExactly(2))]).toEqual([1, 2]);
  await expect(reader.readExactly(2)).rejects.toMatchObject({
    code: "FILES_STREAM_SHORT",
    format: "stdin",
    byteOffset: 3,
  });
  expect((await reader.readSome()).length).toBe(0);
});

test("gives views of the chunks without a copy", async () => {
  const chunk = Uint8Array.of(1, 2, 3);
  const reader = new StreamReader([chunk]);
  expect((await reader.readSome(2)).buffer).toBe(chunk.buffer);
  expect([...(await reader.readSome())]).toEqual([3]);
});

test("tells the producer when it is closed early", async () => {
  let isReturned = false;
  const producer = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield Uint8Array.of(1);
    } finally {
      isReturned = true;
    }
  };
  const reader = new StreamReader(producer());
  await reader.readExactly(3);
  await reader.close();
  await reader.close();
  expect(isReturned).toBe(true);
  await expect(reader.read(new Uint8Array(1))).rejects.toMatchObject({ code: "FILES_STREAM_CLOSED" });
});

/** Three bytes in two chunks. */
function webStream(onCancel: () => void = () => {}): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks = [Uint8Array.of(1, 2), Uint8Array.of(3)];
  return new ReadableStream({
    pull: (controller) => {
      const chunk = chunks.shift();
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
    cancel: onCancel,
  });
}

test.each(["iterable", "not iterable"])("reads a web stream, and cancels it (%s)", async (kind) => {
  const prepare = (stream: ReadableStream<Uint8Array<ArrayBuffer>>) =>
    // Not every browser has made its streams iterable.
    kind === "iterable"
      ? stream
      : Object.assign(Object.create(null), { getReader: () => stream.getReader() });
  const reader = new StreamReader(prepare(webStream()));
  expect([...(await reader.readExactly(3))]).toEqual([1, 2, 3]);
  expect((await reader.readSome()).length).toBe(0);
  let isCancelled = false;
  const early = new StreamReader(
    prepare(
      webStream(() => {
        isCancelled = true;
      }),
    ),
  );
  await early.readExactly(1);
  await early.close();
  expect(isCancelled).toBe(true);
});
