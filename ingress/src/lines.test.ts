import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineCheck } from "./lines.ts";

/** The verdict on a whole message that comes in one chunk for each part. */
function verdict(parts: readonly string[], max = 10): string | undefined {
  const check = new LineCheck(max);
  for (const part of parts) {
    const fault = check.push(Buffer.from(part, "latin1"));
    if (fault !== undefined) return fault.text;
  }
  return undefined;
}

describe("LineCheck", () => {
  it.each([
    ["", undefined],
    ["\r\n", undefined],
    ["a\r\n\r\nb\r\n", undefined],
    ["0123456789\r\n", undefined],
    ["a\r\nb\nc\r\n", "bare LF in line 2 (RFC 5321 2.3.8)"],
    ["\n", "bare LF in line 1 (RFC 5321 2.3.8)"],
    ["a\r\nb\r\nc\rd\r\n", "bare CR in line 3 (RFC 5321 2.3.8)"],
    ["a\r\r\n", "bare CR in line 1 (RFC 5321 2.3.8)"],
    ["a\r\n\rb", "bare CR in line 2 (RFC 5321 2.3.8)"],
    ["a\r\nb\0\r\n", "NUL in line 2 (RFC 5321 2.4, RFC 5322 4.1)"],
    ["a\r\n01234567890\r\n", "line 2 is longer than 10 octets (RFC 5322 2.1.1)"],
  ])("says of %j: %s", (message, expected) => {
    expect(verdict([message])).toBe(expected);
    expect(verdict(message.split(""))).toBe(expected);
  });

  const soup = fc.array(fc.constantFrom("\r\n", "\r", "\n", "\0", "a", "bc", "0123456789"));
  const clean = fc.array(fc.constantFrom("\r\n", "ab\r\n", "0123456789\r\n", "\t\x7f\xff\r\n"));

  it("comes to the same verdict however a message is cut into chunks", () => {
    fc.assert(
      fc.property(soup, fc.infiniteStream(fc.integer({ min: 1, max: 5 })), (message, sizes) => {
        const rest = message.join("").split("");
        const parts: string[] = [];
        while (rest.length > 0) parts.push(rest.splice(0, sizes.next().value).join(""));
        expect(verdict(parts)).toBe(verdict([message.join("")]));
      }),
    );
  });

  it("passes exactly what a slow and plain reading passes", () => {
    fc.assert(
      fc.property(fc.oneof(soup, clean), (parts) => {
        const message = `${parts.join("")}\r\n`;
        const wellFormed = /^(?:[^\r\n\0]{0,10}\r\n)*$/.test(message);
        expect(verdict([message]) === undefined).toBe(wellFormed);
      }),
    );
  });
});
