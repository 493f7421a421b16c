import * as fc from "fast-check";
import { expect, test } from "vitest";
import { DataReader, type DataEnd, unstuff } from "./data-reader.ts";

const piece = fc.constantFrom("\r\n", ".", "..", "\r", "\n", "a", "é", "\r\n.\n", "\n.\r\n");
const body = fc.array(piece).map((pieces) => Buffer.from(`${pieces.join("")}\r\n`));

/** RFC 5321, 4.5.2, the client's half. */
function stuff(content: Buffer): Buffer {
  return Buffer.from(content.toString("latin1").replace(/(^|\r\n)\./g, "$1.."), "latin1");
}

function feed(reader: DataReader, stream: Buffer, cuts: number[]): DataEnd | undefined {
  const edges = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
  for (const [i, from] of edges.entries()) {
    const end = reader.push(stream.subarray(from, edges[i + 1]));
    if (end)
      return {
        content: end.content,
        rest: Buffer.concat([end.rest, stream.subarray(edges[i + 1])]),
      };
  }
  return undefined;
}

test("the content comes out as it went in, wherever the network cuts the stream", () => {
  fc.assert(
    fc.property(body, fc.array(fc.nat(60)), (content, cuts) => {
      const stream = Buffer.concat([stuff(content), Buffer.from(".\r\nQUIT\r\n")]);
      const end = feed(
        new DataReader(),
        stream,
        cuts.map((cut) => Math.min(cut, stream.length)),
      );
      expect(end && unstuff(end.content)).toEqual(content);
      expect(end?.rest.toString()).toBe("QUIT\r\n");
    }),
  );
});

test("a message without any line ends at its first dot", () => {
  expect(new DataReader().push(Buffer.from(".\r\n"))?.content.length).toBe(0);
});

test("only CRLF.CRLF ends the data", () => {
  const reader = new DataReader();
  expect(reader.push(Buffer.from("a\n.\nb\r.\rc\r\n.\nd\n.\r\n"))).toBeUndefined();
  expect(reader.push(Buffer.from("\r\n.\r\n"))).toBeDefined();
});

test("with a limit the beginning is kept and the end still found", () => {
  const reader = new DataReader(4);
  for (let i = 0; i < 100; i += 1) expect(reader.push(Buffer.from("abcdef\r\n"))).toBeUndefined();
  const end = reader.push(Buffer.from(".\r\nrest"));
  expect(end?.content.toString()).toBe("abcdef\r\n");
  expect(end?.rest.toString()).toBe("rest");
});
