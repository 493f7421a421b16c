import { type Outbound, OutboundError } from "@waybill/runtime/outbound";
import { PLATFORM, type Provider } from "@waybill/schemas";
import { Readable } from "node:stream";
import { expect, test, vi } from "vitest";
import { ENVIRONMENT } from "../deliver/holder.ts";
import { Registry } from "./registry.ts";

/** Nobody listens there. */
const settings: Provider = {
  kind: "provider",
  type: "smtp",
  id: "p",
  name: "p",
  concurrency: 1,
  smtp: { host: "127.0.0.1", port: 1, tls: "none", verify: false },
};

const body = () => Readable.from(["x"]);
const refuse = () => Promise.reject(new OutboundError("refused", new Error("loopback")));

test.each([
  ["acme", 1, "config"],
  ["environment", 1, "config"],
  [PLATFORM, 0, "retry"],
  [ENVIRONMENT, 0, "retry"],
])("a provider of %s asks the guard %i times", async (owner, times, outcome) => {
  const connect = vi.fn<Outbound["connect"]>(refuse);
  const registry = new Registry((_, sealed) => sealed, { connect });
  const attempt = { tenant: "acme", messageId: "m", attempt: 1, from: "", size: 1 };
  const [one] = await registry.get(owner, settings).send({ ...attempt, recipients: ["a@b"], body });
  registry.close();
  expect(connect).toHaveBeenCalledTimes(times);
  expect(one?.class).toBe(outcome);
});
