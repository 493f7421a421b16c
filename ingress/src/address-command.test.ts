import { describe, expect, it } from "vitest";
import { readAddressCommand } from "./address-command.ts";

const read = (verb: string, text: string | Buffer) => readAddressCommand(verb, Buffer.from(text));

describe("readAddressCommand", () => {
  it("reads the path and the parameters", () => {
    expect(read("mail from", "MAIL FROM:<a@x.test> size=12 BODY=8BITMIME SMTPUTF8")).toEqual({
      address: "a@x.test",
      args: { SIZE: "12", BODY: "8BITMIME", SMTPUTF8: true },
    });
  });

  it("reads the null sender, a quoted local part with a space, and a space after the colon", () => {
    expect(read("mail from", "mail from:<>")).toEqual({ address: "", args: {} });
    expect(read("rcpt to", 'RCPT TO:<"a b"@x.test>')).toEqual({
      address: '"a b"@x.test',
      args: {},
    });
    expect(read("rcpt to", "RCPT TO: <a@x.test>")).toEqual({ address: "a@x.test", args: {} });
  });

  it("names a parameter that is given twice", () => {
    expect(read("mail from", "MAIL FROM:<a@x.test> SIZE=1 size=2")).toMatchObject({
      duplicate: "SIZE",
    });
  });

  it.each([
    "MAIL TO:<a@x.test>",
    "MAIL FROM <a@x.test>",
    "MAIL FROM:",
    "MAIL FROM:a@x.test",
    "MAIL FROM:<a@x.test>SIZE=1",
    "MAIL FROM:<a@x.test> SIZE=a=b",
    "MAIL FROM:<a@x.test> -X=1",
    "MAIL FROM:<a@x.test>\tSIZE=1",
    Buffer.from("MAIL FROM:<\xe9@x.test>", "latin1"),
  ])("refuses %s", (text) => {
    expect(read("mail from", text)).toBe(false);
  });
});
