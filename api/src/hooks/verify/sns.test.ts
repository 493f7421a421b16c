import * as fc from "fast-check";
import Validator from "sns-payload-validator";
import { beforeAll, describe, expect, test } from "vitest";
import { flipped } from "../testing/flipped.ts";
import { CERTIFICATE, newSigner, signedBy, type Signer, TOPIC } from "../testing/sns.ts";
import { isSnsCertificate, isTopic, snsHost, SnsMessage, verifySns } from "./sns.ts";

let signer: Signer;
let stranger: Signer;
beforeAll(async () => {
  [signer, stranger] = await Promise.all([newSigner(), newSigner()]);
}, 60_000);

const now = () => new Date();
const ours = (message: object, { cert } = signer) => {
  const { data } = SnsMessage.safeParse(message);
  return data === undefined ? ({ refused: "forged" } as const) : verifySns(data, cert, now());
};

/** What another validator says; it has the certificate already. */
async function theirs(message: object): Promise<boolean> {
  const oracle = new Validator() as unknown as {
    certCache: Map<string, string>;
    validate(message: object): Promise<object>;
  };
  oracle.certCache.set(CERTIFICATE, signer.cert);
  return oracle.validate(structuredClone(message)).then(
    () => true,
    () => false,
  );
}

const confirmation = {
  Type: "SubscriptionConfirmation",
  Token: "token",
  SubscribeURL: "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription",
};
const fields = fc.record(
  {
    Message: fc.string({ unit: "grapheme" }),
    Subject: fc.string({ unit: "grapheme" }),
    SignatureVersion: fc.constantFrom("1", "2"),
  },
  { requiredKeys: ["Message", "SignatureVersion"] },
);

describe("a message of SNS", () => {
  test("is taken by ours and by theirs when it is signed, by version 1 and 2", async () => {
    await fc.assert(
      fc.asyncProperty(fields, fc.boolean(), async (given, isConfirmation) => {
        const { Subject: _, ...withoutSubject } = given;
        const all = isConfirmation ? { ...withoutSubject, ...confirmation } : given;
        const message = signedBy(signer, all);
        expect(ours(message)).toEqual({ id: "m-1" });
        expect(await theirs(message)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test("is refused by both when one byte of a signed field, or of the signature, is another", async () => {
    const names = fc.constantFrom(
      "Message",
      "MessageId",
      "Subject",
      "Timestamp",
      "TopicArn",
      "Signature",
    );
    await fc.assert(
      fc.asyncProperty(names, fc.nat(), fc.constantFrom("1", "2"), async (name, at, version) => {
        const given = { Message: '{"a":1}', Subject: "Amazon", SignatureVersion: version };
        const message = signedBy(signer, given);
        const isSignature = name === "Signature";
        const value = Buffer.from(message[name] ?? "", isSignature ? "base64" : "utf8");
        const altered = flipped(value, at).toString(isSignature ? "base64" : "utf8");
        const forged = { ...message, [name]: altered };
        expect(ours(forged)).toEqual({ refused: "forged" });
        expect(await theirs(forged)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  test("is refused when somebody else signed it", () => {
    expect(ours(signedBy(stranger, {}))).toEqual({ refused: "forged" });
    expect(ours(signedBy(signer, {}), stranger)).toEqual({ refused: "forged" });
  });

  test("is refused when its certificate is over, or no certificate", async () => {
    const past = { notBeforeDate: new Date("2020-01-01"), notAfterDate: new Date("2021-01-01") };
    const over = await newSigner(past);
    expect(ours(signedBy(over, {}), over)).toEqual({ refused: "forged" });
    expect(ours(signedBy(signer, {}), { ...signer, cert: "<html>" })).toEqual({
      refused: "forged",
    });
  });

  test.each([[-61], [61]])("is refused %d minutes from now", (minutes) => {
    const Timestamp = new Date(Date.now() + minutes * 60_000).toISOString();
    expect(ours(signedBy(signer, { Timestamp }))).toEqual({ refused: "stale" });
  });

  test("is not taken for a message of another type with the same words", () => {
    const message = signedBy(signer, confirmation);
    expect(ours({ ...message, Type: "Notification" })).toEqual({ refused: "forged" });
  });
});

describe("the address of a certificate", () => {
  test("is one of SNS in the topic's region", () => {
    expect(isSnsCertificate(CERTIFICATE, TOPIC)).toBe(true);
  });

  const file = CERTIFICATE.slice("https://sns.eu-central-1.amazonaws.com".length);
  test.each([
    `https://sns.us-east-1.amazonaws.com${file}`,
    `https://sns.eu-central-1.amazonaws.com.evil.test${file}`,
    `https://sns.eu-central-1.amazonaws.com@evil.test${file}`,
    `https://me@sns.eu-central-1.amazonaws.com${file}`,
    `https://sns.eu-central-1.amazonaws.com:8443${file}`,
    `http://sns.eu-central-1.amazonaws.com${file}`,
    `HTTPS://SNS.EU-CENTRAL-1.AMAZONAWS.COM${file}`,
    `https://sns.eu-central-1.amazonaws.com.cn${file}`,
    `https://sns.eu-central-1.amazonaws.com/..${file}`,
    `https://sns.eu-central-1.amazonaws.com/bucket${file}`,
    `${CERTIFICATE}?x=1`,
    `${CERTIFICATE}#x`,
    ` ${CERTIFICATE}`,
    `${CERTIFICATE}\n`,
    `https://sns.eu-central-1.amazonaws.com/other.pem`,
    `https://evil.test${file}`,
  ])("is not %j", (url) => {
    expect(isSnsCertificate(url, TOPIC)).toBe(false);
  });

  test("follows the partition of the topic", () => {
    const china = "arn:aws-cn:sns:cn-north-1:123456789012:mail";
    expect(snsHost(china)).toBe("sns.cn-north-1.amazonaws.com.cn");
    expect(isTopic(china)).toBe(true);
    expect(isTopic("arn:aws:sns:eu-central-1.evil.test/:123456789012:mail")).toBe(false);
    expect(isTopic("arn:aws:sqs:eu-central-1:123456789012:mail")).toBe(false);
  });
});
