import { expect, test } from "vitest";
import type { SmtpProvider } from "@waybill/schemas";
import { Registry } from "./registry.ts";

const settings: SmtpProvider = {
  kind: "provider",
  type: "smtp",
  id: "p",
  name: "P",
  concurrency: 1,
  smtp: {
    host: "127.0.0.1",
    port: 1,
    tls: "none",
    verify: false,
    auth: { method: "PLAIN", username: "u", sealedPassword: "sealed" },
  },
};

const attempt = {
  tenant: "a",
  messageId: "m",
  attempt: 1,
  from: "",
  recipients: ["r@x.test"],
  size: 0,
  body: () => {
    throw new Error("nothing is sent");
  },
};

const nowhere = { connect: () => Promise.reject(new Error("nothing connects")) };

test("a provider's password is opened as its owner's", () => {
  const asked: string[][] = [];
  const registry = new Registry((...what) => {
    asked.push(what);
    return "password";
  }, nowhere);
  registry.get("a", settings);
  registry.get("b", settings);
  expect(registry.get("a", settings)).toBe(registry.get("a", settings));
  expect(asked).toEqual([
    ["a", "sealed"],
    ["b", "sealed"],
  ]);
  registry.close();
});

test("one whose password does not open sends nothing, and says why", async () => {
  const registry = new Registry(() => {
    throw new Error("the data key of a secret is not there");
  }, nowhere);
  expect(await registry.get("a", settings).send(attempt)).toEqual([
    {
      recipient: "r@x.test",
      class: "config",
      response: "the provider cannot be used: the data key of a secret is not there",
    },
  ]);
  registry.close();
});

test("one whose refresh token alone was replaced goes on with its connections", () => {
  const registry = new Registry(() => "password", nowhere);
  const first = registry.get("a", settings);
  const refreshed = { ...settings, settingsSeq: 1 };
  registry.refreshed("a", refreshed);
  expect(registry.get("a", refreshed)).toBe(first);
  registry.close();
});

test("one that is dropped is opened anew, and so is one whose settings are another object", () => {
  const registry = new Registry(() => "password", nowhere);
  const first = registry.get("a", settings);
  registry.drop("a", "p");
  registry.drop("b", "p");
  const second = registry.get("a", settings);
  expect(second).not.toBe(first);
  expect(registry.get("a", { ...settings })).not.toBe(second);
  registry.close();
});
