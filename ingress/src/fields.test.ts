import { describe, expect, it } from "vitest";
import { fieldText, readableField, traceIdOf } from "./fields.ts";
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
