import { createHash } from "node:crypto";
import { AwsV4Signer } from "aws4fetch";
import {
  array,
  assert,
  asyncProperty,
  constantFrom,
  date,
  record,
  string,
  stringMatching,
} from "fast-check";
import { expect, test } from "vitest";
import { sigV4 } from "./sigv4.ts";

const word = stringMatching(/^[\w+/-]{1,40}$/);
const path = array(string({ unit: "grapheme", minLength: 1, maxLength: 12 }), { maxLength: 4 })
  .map((parts) => new URL(`https://x.test/${parts.map(encodeRfc2396).join("/")}`).pathname)
  .filter((one) => !one.includes("//"));
const request = record({
  method: constantFrom("GET", "POST", "PUT", "DELETE"),
  host: constantFrom("email.eu-west-1.amazonaws.com", "127.0.0.1:4000", "[::1]:80"),
  path,
  body: string({ unit: "grapheme" }),
  at: date({ min: new Date(0), max: new Date("2099-12-31T23:59:59Z"), noInvalidDate: true }),
});
const signatory = record({
  accessKeyId: word,
  secretAccessKey: string({ unit: "grapheme", minLength: 1 }),
  region: word,
  service: word,
});

/** Leaves `!'()*` as they are, which a path may have so. */
function encodeRfc2396(text: string): string {
  return text === "." || text === ".." ? "dots" : encodeURIComponent(text);
}

test("what is signed is signed as aws4fetch does it, on one day and the next", async () => {
  const cases = asyncProperty(signatory, array(request, { maxLength: 4 }), async (by, all) => {
    const sign = sigV4(by);
    for (const { body, ...one } of all) {
      const sha256 = createHash("sha256").update(body).digest("hex");
      const datetime = one.at.toISOString().replaceAll(/[:-]|\.\d{3}/g, "");
      const headers = { "x-amz-content-sha256": sha256 };
      const url = `https://${one.host}${one.path}`;
      const signer = new AwsV4Signer({ ...by, method: one.method, url, headers, datetime });
      const signed = await signer.sign();
      expect(sign({ ...one, sha256 })).toEqual(Object.fromEntries(signed.headers));
    }
  });
  await assert(cases);
});
