import { describe, expect, it } from "vitest";
import { fieldsAsked, fieldText, readableField, tagsOf, traceIdOf } from "./fields.ts";
import { HeaderReader } from "./header-reader.ts";

function fieldsOf(text: string) {
  const reader = new HeaderReader();
  reader.push(Buffer.from(text));
  return reader.fields;
}

const trace = "0af7651916cd43dd8448eb211c80319c";
const parent = "b7ad6b7169203331";

describe("traceIdOf", () => {
  it.each([`00-${trace}-${parent}-01`, `01-${trace}-${parent}-00-more`])("takes %s", (text) => {
    expect(traceIdOf(fieldsOf(`Traceparent: ${text}\r\n`))).toBe(trace);
  });

  it.each([
    `ff-${trace}-${parent}-01`,
    `00-${trace}-${parent}-01-more`,
    `00-${"0".repeat(32)}-${parent}-01`,
    `00-${trace}-${"0".repeat(16)}-01`,
    `00-${trace.toUpperCase()}-${parent}-01`,
    `00-${trace}-${parent}`,
    "",
  ])("does not take %j", (text) => {
    expect(traceIdOf(fieldsOf(`Traceparent: ${text}\r\n`))).toBeUndefined();
  });
});

describe("a field for people", () => {
  it("is unfolded and decoded", () => {
    const fields = fieldsOf("Subject: =?utf-8?q?caf=C3=A9?=\r\n =?utf-8?b?IOKYlQ==?= now\r\n");
    expect(readableField(fields, "subject")).toBe("café ☕ now");
  });

  it("holds no control character, even an encoded one, and no half of a character", () => {
    expect(readableField(fieldsOf("Subject: =?utf-8?q?a=00b=0Ac?=\r\n"), "subject")).toBe("a b c");
    const long = readableField(fieldsOf(`Subject: ${"x".repeat(499)}😀\r\n`), "subject");
    expect(long).toBe(`${"x".repeat(499)}\uFFFD`);
  });

  it("is the first of its name, in UTF-8 or else Latin-1, or empty", () => {
    expect(fieldText(fieldsOf("From: é\r\nFrom: b\r\n"), "from")).toBe("é");
    const reader = new HeaderReader();
    reader.push(Buffer.from("From: \xe9\r\n", "latin1"));
    expect(fieldText(reader.fields, "from")).toBe("é");
    expect(readableField([], "from")).toBe("");
  });
});

describe("tagsOf", () => {
  it.each([
    ["X-Waybill-Tag: news, weekly\r\nx-waybill-tag:\r\n news,Shop_1\r\n", "news weekly Shop_1"],
    ["X-Waybill-Tag: two words, ok, ,a;b, ümlaut\r\n", "ok"],
    [`X-Waybill-Tag: ${"x".repeat(64)},${"y".repeat(65)}\r\n`, "x".repeat(64)],
    ["Subject: news\r\n", ""],
  ])("of %j are %j", (text, tags) => {
    expect(tagsOf(fieldsOf(text)).join(" ")).toBe(tags);
  });

  it("are twenty at most", () => {
    const tags = Array.from({ length: 30 }, (_, index) => `tag${index}`);
    expect(tagsOf(fieldsOf(`X-Waybill-Tag: ${tags.join(",")}\r\n`))).toEqual(tags.slice(0, 20));
  });
});

it("fieldsAsked reads the first of each field that is asked for, and no other", () => {
  const fields = fieldsOf(
    `X-Kind: one\r\nX-Kind: two\r\nBcc: a@b.test\r\nX-Long: ${"x".repeat(600)}\r\n`,
  );
  expect(fieldsAsked(fields, ["x-kind", "x-long", "x-gone", "__proto__"])).toEqual({
    "x-kind": "one",
    "x-long": "x".repeat(500),
  });
});
