import type { DkimKey } from "@waybill/schemas";
import { describe, expect, test } from "vitest";
import { makeKeyPair } from "./key-pair.ts";
import { keyRecord, whyNotPublished } from "./key-record.ts";

const keyOf = (change: Partial<DkimKey> = {}): DkimKey => ({
  kind: "dkimkey",
  id: "s1._domainkey.x.test",
  domain: "x.test",
  selector: "s1",
  algorithm: "rsa",
  publicKey: "AbC+/=",
  sealedPrivateKey: "sealed",
  createdAt: "2026-01-01T00:00:00.000Z",
  ...change,
});

describe("the record of a key", () => {
  test("of RSA is cut into strings that a TXT record can hold", async () => {
    const { publicKey } = await makeKeyPair("rsa");
    const { name, value, strings } = keyRecord(keyOf({ publicKey }));
    expect(name).toBe("s1._domainkey.x.test");
    expect(value).toMatch(/^v=DKIM1; k=rsa; p=[A-Za-z0-9+/]{390,}={0,2}$/);
    expect(strings.map(({ length }) => length)).toEqual([255, value.length - 255]);
    expect(strings.join("")).toBe(value);
  });

  test("of Ed25519 has the bare key", async () => {
    const { publicKey } = await makeKeyPair("ed25519");
    expect(Buffer.from(publicKey, "base64")).toHaveLength(32);
    const { value, strings } = keyRecord(keyOf({ algorithm: "ed25519", publicKey }));
    expect(value).toBe(`v=DKIM1; k=ed25519; p=${publicKey}`);
    expect(strings).toEqual([value]);
  });
});

test.each([
  "v=DKIM1; k=rsa; p=AbC+/=",
  "p=AbC+/=",
  "v=DKIM1;p=AbC+/=;",
  " v = DKIM1 ; n=a note; k=rsa; h=sha1:sha256; s=email; t=s; p=Ab C+/ = ; ",
  "v=DKIM1; p=AbC+/=; s=*",
])("%j publishes the key", (text) => {
  expect(whyNotPublished(keyOf(), [text])).toBeUndefined();
});

test.each([
  [[], "no TXT record"],
  [["p=AbC+/=", "p=AbC+/="], "2 TXT records"],
  [["v=DKIM1; k=rsa; p=AbC+/"], "another key"],
  [["v=DKIM1; k=rsa"], "another key"],
  [["v=DKIM1; k=rsa; p="], "revoked"],
  [["v=DKIM1; k=ed25519; p=AbC+/="], "k=ed25519"],
  [["v=DKIM2; p=AbC+/="], "v=DKIM1"],
  [["p=AbC+/=; v=DKIM1"], "v=DKIM1"],
  [["v=DKIM1; h=sha1; p=AbC+/="], "sha256"],
  [["v=DKIM1; s=tlsrpt; p=AbC+/="], "email"],
  [["v=spf1 -all"], "v=DKIM1"],
  [["hello"], "no tag list"],
  [["p=AbC+/=; p=AbC+/="], "no tag list"],
  [[""], "another key"],
])("%j does not: it says why", (found, why) => {
  expect(whyNotPublished(keyOf(), found)).toContain(why);
});
