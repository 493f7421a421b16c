import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressDomains, addressList } from "./address-list.ts";

describe("the domains of an address list", () => {
  it.each([
    ["a@good.test", ["good.test"]],
    [" <a@good.test>\r\n", ["good.test"]],
    ["Ann Example <a@good.test>", ["good.test"]],
    ["Ann B. Example <a@good.test>", ["good.test"]],
    ['"Ann, of Example" <a@good.test>', ["good.test"]],
    ['"a@evil.test" <b@good.test>', ["good.test"]],
    [String.raw`"a\"@evil.test <" <b@good.test>`, ["good.test"]],
    ["=?utf-8?q?a=40evil.test?= <b@good.test>", ["good.test"]],
    ["Ännchen <a@good.test>", ["good.test"]],
    ["a@one.test, B <b@two.test>,c@three.test", ["one.test", "two.test", "three.test"]],
    ["(a@evil.test) b@good.test (c@evil.test)", ["good.test"]],
    [String.raw`a(\)@evil.test (nested) \() @ (x) good.test`, ["good.test"]],
    ["Ann\r\n Example\r\n\t<a@good.test>", ["good.test"]],
    ['"a@b"@good.test', ["good.test"]],
    ['"<a@evil.test>"@good.test', ["good.test"]],
    ["Team: a@one.test, B <b@two.test>;", ["one.test", "two.test"]],
    ["Team: a@one.test;, b@two.test", ["one.test", "two.test"]],
    ["Nobody:;", []],
    ["a@[192.0.2.1]", ["[192.0.2.1]"]],
    ["a@bücher.test", ["bücher.test"]],
    ["a@xn--bcher-kva.test", ["xn--bcher-kva.test"]],
    ["a@g\u043Eod.test", ["g\u043Eod.test"]],
  ])("of %j are %j", (text, domains) => {
    expect(addressDomains(text)).toEqual(domains);
  });

  it.each([
    "",
    " ",
    "Ann",
    "a@evil.test <b@good.test>",
    "<a@evil.test> <b@good.test>",
    "<a@evil.test> b@good.test",
    "b@good.test <a@evil.test>",
    "a@good.test b@evil.test",
    "a@good.test; b@evil.test",
    "a@good.test,, b@good.test",
    "a@good.test,",
    "a@evil.test@good.test",
    "<@evil.test:a@good.test>",
    "<a@good.test",
    "a@good.test>",
    "<<a@good.test>>",
    "<>",
    "@good.test",
    "a@",
    "a b@good.test",
    'a"b"@good.test',
    "a@good.test .evil.test",
    'a@"good.test"',
    "a@good.test (never closed",
    "a@good.test)",
    '"never closed <a@good.test>',
    String.raw`a\@evil.test <b@good.test>`,
    "a@evil.test: b@good.test;",
    "Team: Inner: a@good.test;;",
    "Team: a@good.test",
    "[x] <a@good.test>",
    "=?utf-8?q?a=40evil.test=3E?=@good.test",
    "a\u0001@good.test",
    "a@good.test\u0000",
    "a@good.test\u0085",
  ])("are none of %j", (text) => {
    expect(addressDomains(text)).toBeUndefined();
  });
});

const domain = fc.domain();
const local = fc.oneof(
  fc.stringMatching(/^[a-z0-9+]{1,8}(\.[a-z]{1,3})?$/),
  fc.string({ maxLength: 8 }).map((text) => JSON.stringify(text.replaceAll(/[^ -<>-~]/g, ""))),
);
const blank = fc.constantFrom("", " ", "\r\n ", "(a@evil.test)", String.raw` (\) ((,))) `);
const name = fc.oneof(
  fc.constantFrom("Ann", "Ann B.", '"x@evil.test, <"', "=?utf-8?q?x?=", "Än", ""),
  fc.string({ maxLength: 9 }).map((text) => JSON.stringify(text.replaceAll(/[^ -~]/g, ""))),
);
const mailbox = fc
  .tuple(local, domain, name, blank, blank, fc.boolean())
  .map(([mine, host, called, one, other, isNamed]) => {
    const address = `${one}${mine}${other}@${one}${host}${other}`;
    return { host, text: isNamed ? `${called}${one}<${address}>${other}` : address };
  });

describe("the mailboxes of an address list", () => {
  it.each([
    ["a@good.test", ["a", "a@good.test"]],
    [" Ann, Of <a@x.test>", undefined],
    ['"Ann, Of" <a@good.test> (home), b@x.test', ["a", '"Ann, Of" <a@good.test>']],
    [
      "Team: =?utf-8?q?=C3=84nn?=\r\n <a@good.test>;",
      ["a", "=?utf-8?q?=C3=84nn?=\r\n <a@good.test>"],
    ],
    ['"a b"@good.test', ['"a b"', '"a b"@good.test']],
  ])("of %j begin with %j", (text, first) => {
    const [one] = addressList(text) ?? [];
    expect(one && [one.local, one.text]).toEqual(first);
  });
});

describe("any list", () => {
  it("gives back the domains it was made of, in its order", () => {
    fc.assert(
      fc.property(fc.array(mailbox, { minLength: 1, maxLength: 5 }), (all) => {
        const text = all.map((one) => one.text).join(",");
        expect(addressDomains(text)).toEqual(all.map(({ host }) => host));
        expect(addressDomains(`Team:${text};`)).toEqual(all.map(({ host }) => host));
        const again = addressList(text)?.map((one) => one.text) ?? [];
        expect(addressList(again.join(", "))?.map((one) => one.text)).toEqual(again);
      }),
    );
  });

  it("is read or refused, whatever it is", () => {
    const unit = fc.constantFrom(
      ...'a.@<>,;:"\\()[] \r\né=?'.split(""),
      "good.test",
      "b@evil.test",
    );
    fc.assert(
      fc.property(fc.string({ unit }), (text) => {
        const found = addressDomains(text)?.length ?? 0;
        expect(found).toBeLessThanOrEqual(text.split("@").length - 1);
      }),
    );
  });

  it("is refused in a time that grows with its length alone", () => {
    const long = 50_000;
    for (const part of ["(", '"\\', "a ", "a@b.c,", "x:a@b.c,", "<", "a@b.c;", "[", "a:;,"])
      expect(addressDomains(`${part.repeat(long)}<`)).toBeUndefined();
  });
});
