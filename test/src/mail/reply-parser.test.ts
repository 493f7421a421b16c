import * as fc from "fast-check";
import { expect, test } from "vitest";
import { formatReply, type Reply, ReplyParser } from "./reply-parser.ts";

const text = fc.stringMatching(/^[ -~]{0,20}$/);
const reply = fc.record({
  code: fc.integer({ min: 200, max: 599 }),
  lines: fc.array(text, { minLength: 1, maxLength: 4 }),
});

function wire({ code, lines }: Reply): string {
  const last = lines.length - 1;
  return lines.map((line, i) => `${code}${i === last ? " " : "-"}${line}\r\n`).join("");
}

test("replies come out as they went in, wherever the network cuts them", () => {
  fc.assert(
    fc.property(fc.array(reply), fc.integer({ min: 1, max: 7 }), (replies, step) => {
      const parser = new ReplyParser();
      const stream = replies.map(wire).join("");
      const parsed: Reply[] = [];
      for (let at = 0; at < stream.length; at += step) {
        parsed.push(...parser.push(stream.slice(at, at + step)));
      }
      expect(parsed).toEqual(replies);
    }),
  );
});

test("a code alone on its line is a reply", () => {
  expect(new ReplyParser().push("250\r\n")).toEqual([{ code: 250, lines: [""] }]);
});

test("a line that is no reply throws", () => {
  expect(() => new ReplyParser().push("hello\r\n")).toThrow('not an SMTP reply: "hello"');
});

test("a reply is shown on one line", () => {
  expect(formatReply({ code: 550, lines: ["5.1.1 no", "such user"] })).toBe(
    "550 5.1.1 no such user",
  );
});
