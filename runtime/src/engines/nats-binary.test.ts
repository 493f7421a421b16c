import { expect, test } from "vitest";

import { StartError } from "../start-error.ts";
import { isNewEnough, natsBinary } from "./nats-binary.ts";

test.each([
  ["nats-server: v2.14.0", true],
  ["nats-server: v2.15.1-dev", true],
  ["nats-server: v3.0.0", true],
  ["nats-server: v2.9.10", false],
  ["nats-server: v1.99.0", false],
  ["sh: not found", false],
])("%s is new enough: %s", (version, expected) => {
  expect(isNewEnough(version)).toBe(expected);
});

test("a program named but not there is an error that tells which", async () => {
  const error: unknown = await natsBinary("/no/such/nats-server").catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(StartError);
  expect(error).toMatchObject({ message: "there is no nats-server at /no/such/nats-server" });
});
