import * as fc from "fast-check";
import { expect, test } from "vitest";
import { testMessage } from "./message.ts";

const envelope = { id: "m-1", from: "a@x.test", to: ["b@y.test", "c@y.test"] };

test("a message has exactly the size asked for and only whole CRLF lines", () => {
  fc.assert(
    fc.property(fc.integer({ min: 400, max: 9_000 }), (size) => {
      const message = testMessage({ ...envelope, size });
      expect(message).toHaveLength(size);
      expect(message).toMatch(/^(?:[^\r\n.][^\r\n]{0,997}\r\n|\r\n)+$/);
    }),
  );
});

test("a size below the header's gives the smallest message there is", () => {
  expect(testMessage({ ...envelope, size: 1 })).toMatch(/X-Test-Id: m-1\r\n\r\n\r\n$/);
});
