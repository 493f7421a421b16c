import { describe, expect, test } from "vitest";
import { providerFromUrl } from "./from-url.ts";

const parse = (url: string) => providerFromUrl(url, 7, (secret) => `sealed:${secret}`);

describe("the provider of the environment", () => {
  test.each([
    [
      "smtp://127.0.0.1:2600",
      { host: "127.0.0.1", port: 2600, tls: "opportunistic", verify: false },
    ],
    [
      "smtp://mail.example.com",
      { host: "mail.example.com", port: 25, tls: "opportunistic", verify: false },
    ],
    ["smtp://u@mail.example.com:587", { port: 587, tls: "starttls", verify: true }],
    ["smtps://mail.example.com", { port: 465, tls: "implicit", verify: true }],
    ["smtps://[::1]:4650", { host: "::1", port: 4650, tls: "implicit", verify: false }],
  ])("%s", (url, smtp) => {
    expect(parse(url)).toMatchObject({ id: "environment", concurrency: 7, smtp });
  });

  test("a login is decoded, and its password sealed", () => {
    const { auth } = parse("smtps://me%40x:p%3Ass@mail.example.com").smtp;
    expect(auth).toEqual({ method: "PLAIN", username: "me@x", sealedPassword: "sealed:p:ss" });
  });

  test("a login that is not URL-encoded is refused in words", () => {
    expect(() => parse("smtp://u:100%x@mail.example.com")).toThrow(/encodes nothing/);
  });

  test.each(["mail.example.com:25", "http://mail.example.com", "smtp://", "smtp//user:s3cret@x"])(
    "%s is refused, without being repeated",
    (url) => {
      expect(() => parse(url)).toThrow(/not an SMTP URL/);
      expect(() => parse(url)).not.toThrow(/s3cret/);
    },
  );
});
