import { createSocket } from "node:dgram";
import { once } from "node:events";

/** RFC 1035 4.1.1, and 2 more: what it says instead of records; `silence` is no answer at all. */
type Answer = string[][] | "NXDOMAIN" | "SERVFAIL" | "silence";

const CODE = { NXDOMAIN: 3, SERVFAIL: 2 } as const;
const TXT = 16;

function recordOf(strings: string[]): Buffer {
  const data = Buffer.concat(strings.map((one) => Buffer.from([one.length, ...Buffer.from(one)])));
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0); // the name of the question
  head.writeUInt16BE(TXT, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function replyTo(query: Buffer, answer: Exclude<Answer, "silence">): Buffer {
  const records = typeof answer === "string" ? [] : answer.map(recordOf);
  const end = query.indexOf(0, 12) + 5;
  const head = Buffer.from(query.subarray(0, end));
  head.writeUInt16BE(0x8180 | (typeof answer === "string" ? CODE[answer] : 0), 2);
  head.writeUInt16BE(records.length, 6);
  head.writeUInt32BE(0, 8);
  return Buffer.concat([head, ...records]);
}

/** A name server on loopback that gives every question for TXT the same answer. */
export async function startNameServer(
  answer: Answer,
): Promise<Disposable & { address: string; asked: () => number }> {
  const socket = createSocket("udp4");
  let asked = 0;
  socket.on("message", (query, { port, address }) => {
    asked += 1;
    if (answer !== "silence") socket.send(replyTo(query, answer), port, address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  return {
    address: `127.0.0.1:${port}`,
    asked: () => asked,
    [Symbol.dispose]: () => void socket.close(),
  };
}
