import { assert, property, string } from "fast-check";
import { expect, test } from "vitest";
import { domainsIn, fieldsOf, relaxed } from "./header-fields.ts";

const from = (value: string) => {
  const text = Buffer.from(`From:${value}`).toString("latin1");
  return domainsIn({ name: "from", text });
};

test("fields are told apart by lines that are not folded", () => {
  const header = "Received: by x\r\n\tfor y\r\nSUBJECT : a\r\n b\r\nX:";
  expect(fieldsOf(header)).toEqual([
    { name: "received", text: "Received: by x\r\n\tfor y" },
    { name: "subject", text: "SUBJECT : a\r\n b" },
    { name: "x", text: "X:" },
  ]);
});

test("the relaxed form is that of RFC 6376 3.4.5", () => {
  const fields = fieldsOf("A: X\r\nB : Y\t\r\n\tZ  \r\n");
  expect(fields.map(relaxed)).toEqual(["a:X", "b:Y Z"]);
});

test.each([
  [" ann@x.test", ["x.test"]],
  [" Ann <ann@X.Test>", ["x.test"]],
  [' "ann@evil.test" <ann@x.test>', ["x.test"]],
  [" (ann@evil.test (or \\) b@c.test)) ann@x.test", ["x.test"]],
  [' "a\\"@evil.test" <a@x.test>', ["x.test"]],
  ["\r\n Ann\r\n <ann@x.test>", ["x.test"]],
  [" a@x.test, B <b@y.test>, c@x.test", ["x.test", "y.test"]],
  [" Group: a@x.test, b@y.test;", ["x.test", "y.test"]],
  [" löwe@bücher.test", ["bücher.test"]],
  [" ann@[192.0.2.1]", []],
  [" undisclosed", []],
  ["", []],
])("From:%s names %j", (value, domains) => {
  expect(from(value)).toEqual(domains);
});

test.each([' "Ann <ann@x.test>', " (Ann <ann@x.test>"])(
  "a quote or comment that does not end hides no domain: %s",
  (value) => {
    expect(from(value)).toEqual(["x.test"]);
  },
);

test("any octets are read without an error, in a time that grows with them", () => {
  assert(
    property(string({ unit: "binary", maxLength: 200 }), (value) => {
      expect(from(value).every((one) => one !== "")).toBe(true);
    }),
  );
  expect(from(`${"(".repeat(200_000)}${")".repeat(200_000)}a@x.test`)).toEqual(["x.test"]);
  expect(from("@".repeat(200_000))).toEqual([]);
});
