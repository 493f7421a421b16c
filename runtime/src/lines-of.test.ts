import { expect, test } from "vitest";
import * as fc from "fast-check";
import { linesOf } from "./lines-of.ts";

/** A text in chunks that end anywhere, in the middle of a character too. */
async function* chunksOf(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const line = fc.string({ unit: "grapheme" }).map((text) => JSON.stringify(`\u2028${text}`));

test("lines come as they were, wherever the chunks end", async () => {
  const property = fc.asyncProperty(
    fc.array(line, { minLength: 1 }),
    fc.integer({ min: 1, max: 9 }),
    async (lines, size) => {
      const whole = chunksOf(`${lines.join("\n")}\n`, size);
      expect(await Array.fromAsync(linesOf(whole))).toEqual(lines);
    },
  );
  await fc.assert(property);
});

test("a last line needs no end", async () => {
  expect(await Array.fromAsync(linesOf(chunksOf("a\n\nb", 2)))).toEqual(["a", "", "b"]);
});
