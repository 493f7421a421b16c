import * as fc from "fast-check";
import { expect, it } from "vitest";
import { CsvBroken, csvLine, readCsv } from "./csv.ts";

it("reads back what it wrote, whatever a field holds", () => {
  const field = fc.string({
    unit: fc.constantFrom("a", " ", ",", '"', "'", "=", "-", "\n", "\r\n", "é"),
  });
  const line = fc.array(field, { minLength: 1, maxLength: 4 });
  const said = line.filter((fields) => fields.some((one) => one !== ""));
  fc.assert(
    fc.property(fc.array(said), (lines) => {
      const read = readCsv(lines.map(csvLine).join(""));
      expect(read.map(({ fields }) => fields)).toEqual(lines);
    }),
  );
});

it.each(["=1+1@x.test", "+1@x.test", "-1@x.test", "@SUM(A1)", "\tx", "'=1@x.test"])(
  "%j is a text to a spreadsheet, and no formula",
  (field) => {
    expect(csvLine(["a", field])).toBe(`a,'${field}\r\n`);
    expect(readCsv(csvLine(["a", field]))).toEqual([{ line: 1, fields: ["a", field] }]);
  },
);

it("takes any line end, a byte order mark, and no last line end", () => {
  expect(readCsv("\uFEFFa,b\n1,2\r\n\r\n3,")).toEqual([
    { line: 1, fields: ["a", "b"] },
    { line: 2, fields: ["1", "2"] },
    { line: 4, fields: ["3", ""] },
  ]);
});

it.each([
  ['a\r\n"open', 2],
  ['"a"b', 1],
  ['a"b', 1],
])("%j is none from its line on", (text, line) => {
  const broken = expect.objectContaining({ constructor: CsvBroken, line }) as Error;
  expect(() => readCsv(text)).toThrow(broken);
});

/** What it gives, or nothing when the text is none. */
function orBroken(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return error instanceof CsvBroken ? [] : error;
  }
}

it("ends on anything, with lines or with the one error", () => {
  const unit = fc.constantFrom('"', ",", "\r", "\n", "x", "\uFEFF");
  fc.assert(
    fc.property(fc.string({ unit }), (text) => {
      expect(Array.isArray(orBroken(() => readCsv(text)))).toBe(true);
    }),
  );
});
