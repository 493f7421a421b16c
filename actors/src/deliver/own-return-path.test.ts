import { expect, test } from "vitest";
import { makeReturnPaths, makeSecrets, newMessageId } from "@waybill/runtime";
import type { Provider, SmtpProvider, Tenant } from "@waybill/schemas";
import { dueWork } from "../testing/due-work.ts";
import { returnPathOf } from "./own-return-path.ts";

const paths = makeReturnPaths(makeSecrets("a master key of a test, long enough"));
const work = dueWork({
  messageId: newMessageId(),
  attempt: 2,
  rung: 1,
  recipients: ["one@y.test"],
});
const smtp: SmtpProvider = {
  kind: "provider",
  type: "smtp",
  id: "p",
  name: "p",
  concurrency: 1,
  smtp: { host: "mx.test", port: 25, tls: "none", verify: false },
};
const plain: Tenant = {
  kind: "tenant",
  id: "t1",
  name: "t1",
  concurrency: 1,
  retryLadder: [],
  onAmbiguous: "retry",
};
const tenant: Tenant = { ...plain, returnPath: "bounce.x.test" };
const sending = { work, route: { because: "test" }, tenant, settings: smtp as Provider };
const sandbox: Provider = { kind: "provider", type: "sandbox", id: "s", name: "s", concurrency: 1 };

test("each recipient has a return path of their own, the same at every attempt", () => {
  const first = returnPathOf(paths, sending)?.("one@y.test");
  const later = { ...sending, work: { ...work, attempt: 3 } };
  expect(first).toMatch(/^b\+\S+@bounce\.x\.test$/);
  expect(returnPathOf(paths, later)?.("one@y.test")).toBe(first);
  expect(returnPathOf(paths, sending)?.("two@y.test")).not.toBe(first);
});

test.each([
  ["a tenant that does not want it", { tenant: plain }],
  ["the null sender", { work: { ...work, envelope: { ...work.envelope, from: "" } } }],
  ["a redirect", { route: { because: "test", redirectedTo: "staging@x.test" } }],
  ["a user's own server", { settings: { ...smtp, id: "user:ann" } }],
  ["another kind of provider", { settings: sandbox }],
])("%s keeps the sender as it is", (_, change) => {
  expect(returnPathOf(paths, { ...sending, ...change })).toBeUndefined();
});
