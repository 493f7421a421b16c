import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fitWords } from "./fit-words.ts";

const wordsOf = (response: string, recipients: number) =>
  fitWords({ response }, recipients).response;

test("words that are short enough stay as they are", () => {
  const property = fc.property(fc.stringMatching(/^[ -~]{0,200}$/), (words) => {
    expect(wordsOf(words, 1000)).toBe(words);
  });
  fc.assert(property);
});

test("whatever a server says to a thousand recipients, one event holds it with their addresses", () => {
  const MOST = 1_048_576;
  const address = `${"a".repeat(64)}@${"b".repeat(251)}.test`;
  const texts = fc.array(fc.string({ unit: "binary", maxLength: 50 }), { maxLength: 60 });
  const property = fc.property(texts, (all) => {
    const text = all.join("").repeat(20);
    const words = fitWords({ response: text, providerMessageId: text }, 1000);
    const category = "mailbox_unavailable_or_so";
    const said = { recipient: address, class: "permanent", category, code: 550, ...words };
    expect(Buffer.byteLength(JSON.stringify(said)) * 1000).toBeLessThan(MOST - 50_000);
  });
  fc.assert(property);
});

test("what a terminal would take for a command is a space, and no character is cut in two", () => {
  expect(wordsOf("550 no\r\n\u001b[31m", 1)).toBe("550 no [31m");
  expect(wordsOf("\u{1F4E7}".repeat(1000), 1)).toBe("\u{1F4E7}".repeat(500));
});

test("an id stays as it is unless it is longer than any is", () => {
  const id = `<${"a".repeat(64)}@${"b".repeat(150)}.test>`;
  const said = { response: "250 2.0.0 Ok", providerMessageId: id };
  expect(fitWords(said, 1000)).toEqual(said);
  const long = { ...said, providerMessageId: id.repeat(100) };
  expect(fitWords(long, 1)).toEqual({ ...said, providerMessageId: id.repeat(2).slice(0, 250) });
});
