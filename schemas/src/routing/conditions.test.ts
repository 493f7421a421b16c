import { describe, expect, it } from "vitest";
import type { RouteConditions } from "../control/routing.ts";
import { conditionsOf, type Asked } from "./conditions.ts";

const asked: Asked = {
  tenant: "acme",
  from: "Ann.Bee@News.Example.com",
  recipient: "bob@Y.test",
  size: 1000,
  routing: {
    credential: "app",
    tags: ["invoice", "weekly"],
    fields: { subject: "Your Invoice 17", "x-mailer": " Shop " },
  },
};

const failed = (when: RouteConditions, change: Partial<Asked> = {}) =>
  conditionsOf(when).find(({ holds }) => !holds({ ...asked, ...change }))?.name;

describe("a condition that holds", () => {
  it.each<RouteConditions>([
    {},
    { senders: ["x@y.test", "ann.bee@news.example.COM"] },
    { senderDomains: ["news.example.com"] },
    { recipientDomains: ["other.test", "y.TEST"] },
    { headers: [{ name: "Subject", contains: "invoice" }] },
    { headers: [{ name: "X-Mailer", equals: "shop" }] },
    {
      headers: [
        { name: "List-Id", contains: "x" },
        { name: "subject", contains: "17" },
      ],
    },
    { tags: ["other", "weekly"] },
    { minSize: 1000, maxSize: 1000 },
    { credentials: ["app"] },
  ])("%j", (when) => {
    expect(failed(when)).toBeUndefined();
  });

  it("is that of the null sender for a bounce", () => {
    expect(failed({ senders: ["<>"] }, { from: "" })).toBeUndefined();
    expect(failed({ senders: ["<>"] })).toBe("senders");
  });

  it("takes a domain in letters for the same in its A-labels (RFC 5890)", () => {
    const change = { recipient: "a@xn--mnchen-3ya.test" };
    expect(failed({ recipientDomains: ["münchen.test"] }, change)).toBeUndefined();
  });
});

describe("a condition that fails", () => {
  it.each<[RouteConditions, string]>([
    [{ senders: ["bee@news.example.com"] }, "senders"],
    [{ senderDomains: ["example.com"] }, "senderDomains"],
    [{ recipientDomains: ["x.test"] }, "recipientDomains"],
    [{ headers: [{ name: "subject", equals: "invoice" }] }, "headers"],
    [{ headers: [{ name: "__proto__", contains: "o" }] }, "headers"],
    [{ tags: ["Invoice"] }, "tags"],
    [{ minSize: 1001 }, "minSize"],
    [{ maxSize: 999 }, "maxSize"],
    [{ credentials: ["other"] }, "credentials"],
    [{ senderDomains: ["news.example.com"], tags: ["weekly"], maxSize: 1 }, "maxSize"],
  ])("%j: %s", (when, name) => {
    expect(failed(when)).toBe(name);
  });

  it("is that of a credential for mail a network vouched for", () => {
    expect(failed({ credentials: ["app"] }, { routing: { tags: [], fields: {} } })).toBe(
      "credentials",
    );
  });
});

it("a condition of a later version never holds", () => {
  const when = { senders: ["x@y.test"], weekdays: ["monday"] } as RouteConditions;
  expect(failed({ ...when, senders: [asked.from] })).toBe("weekdays");
});
