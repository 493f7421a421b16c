import { SMTPStream } from "smtp-server/lib/smtp-stream.js";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { strict } from "./wire.ts";

/** What a parser makes of bytes that come in these parts; DATA is answered with the whole message. */
async function parse(parts: readonly string[]): Promise<string[]> {
  const parser = new SMTPStream();
  const seen: string[] = [];
  parser.oncommand = (command, next) => {
    seen.push(command.toString("latin1"));
    if (command.toString() === "DATA") {
      const message = parser.startDataMode();
      let text = "";
      message.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
      message.on("end", () => {
        seen.push(`message ${JSON.stringify(text)}`);
        parser.continue();
      });
    }
    next?.();
  };
  strict(parser, (next) => {
    seen.push("malformed");
    next();
  });
  for (const part of parts) {
    await new Promise((resolve) => parser.write(Buffer.from(part, "latin1"), resolve));
  }
  await new Promise<void>((resolve) => parser.end(resolve));
  return seen;
}

describe("a strict parser", () => {
  it.each([
    ["NOOP\r\nRSET\r\n", ["NOOP", "RSET"]],
    ["NOOP\nRSET\r\n", ["malformed", "RSET"]],
    ["NO\rOP\r\nRSET\r\n", ["malformed", "RSET"]],
    ["NOOP\r\r\nRSET\r\n", ["malformed", "RSET"]],
    ["NO\0OP\r\nRSET\r\n", ["malformed", "RSET"]],
    ["NOOP\r\nQUIT", ["NOOP"]],
    ["DATA\r\na\nb\r\n.\r\nNOOP\r\n", ["DATA", String.raw`message "a\nb\r\n"`, "NOOP"]],
    ["DATA\r\n.\r\nRSET\nNOOP\r\n", ["DATA", 'message ""', "malformed", "NOOP"]],
  ])("makes of %j: %j", async (bytes, expected) => {
    expect(await parse([bytes])).toEqual(expected);
    expect(await parse(bytes.split(""))).toEqual(expected);
  });

  it("sees the same commands however the packets are cut", async () => {
    const stream = fc.array(
      fc.constantFrom("\r\n", "\n", "\r", "\0", "NOOP", "DATA\r\nx\r\n.\r\n"),
    );
    await fc.assert(
      fc.asyncProperty(stream, fc.integer({ min: 1, max: 7 }), async (pieces, size) => {
        const bytes = pieces.join("");
        const parts = bytes.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
        expect(await parse(parts)).toEqual(await parse([bytes]));
      }),
    );
  });

  it("takes thousands of pipelined commands in one packet", async () => {
    expect(await parse(["NOOP\r\n".repeat(10_000)])).toHaveLength(10_000);
  });
});
