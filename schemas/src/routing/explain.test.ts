import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Route, RouteAction, RouteConditions } from "../control/routing.ts";
import type { Tenant } from "../control/tenant.ts";
import { PLATFORM } from "../defaults.ts";
import type { Asked } from "./conditions.ts";
import { explainRoute, type Carrier, type Routes } from "./explain.ts";
import { prepareRules } from "./rules.ts";

const asked: Asked = {
  tenant: "acme",
  from: "a@x.test",
  recipient: "b@y.test",
  size: 10,
  routing: { tags: ["news"], fields: {} },
};

const carrier = (id: string): Carrier => ({ id, type: "smtp" });
const by = (...providers: string[]): RouteAction => ({ type: "providers", providers });
const MATCHING: RouteConditions = { tags: ["news"] };
const OTHER: RouteConditions = { tags: ["other"] };

const rule = (id: string, then: RouteAction, more: Partial<Route> = {}): Route => ({
  kind: "route",
  id,
  position: 0,
  then,
  ...more,
});

type Given = {
  rules?: Route[];
  own?: string[];
  shared?: string[];
  tenant?: Partial<Tenant>;
  /** The user who has a server of their own. */
  user?: string;
};

function given({ rules = [], own = [], shared = [], tenant = {}, user }: Given): Routes<Carrier> {
  const entity: Tenant = {
    kind: "tenant",
    id: "acme",
    name: "Acme",
    concurrency: 1,
    retryLadder: [],
    onAmbiguous: "retry",
    ...tenant,
  };
  const ready = prepareRules(rules.map((one, position) => ({ ...one, position })));
  return {
    tenant: () => entity,
    rules: () => ready,
    provider: (owner, id) =>
      (owner === PLATFORM ? shared : own).includes(id) ? carrier(id) : undefined,
    systemProviders: () => shared.map(carrier),
    ownServer: (_tenant, of) => (of === user ? carrier(`user:${of}`) : undefined),
  };
}

const brief = (from: Routes<Carrier>, environment?: Carrier, change: Partial<Asked> = {}) => {
  const way = explainRoute({ ...asked, ...change }, from, environment);
  return way.action === "send" ? `${way.owner}/${way.provider.id}` : way.action;
};

describe("who carries mail", () => {
  it.each<[string, Given, string]>([
    ["the first rule that matches", { rules: [rule("1", by("p")), rule("2", by("q"))] }, "p"],
    [
      "the rule after one that does not match",
      { rules: [rule("1", by("p"), { when: OTHER })] },
      "",
    ],
    ["the next provider of a rule when one is gone", { rules: [rule("1", by("gone", "q"))] }, "q"],
    [
      "the next rule when all of one are gone",
      { rules: [rule("1", by("x")), rule("2", by("q"))] },
      "q",
    ],
    ["the tenant's default when no rule matches", { tenant: { defaultProvider: "q" } }, "q"],
  ])("is %s", (_words, config, own) => {
    const expected = own === "" ? "platform/s" : `tenant/${own}`;
    expect(brief(given({ own: ["p", "q"], shared: ["s"], ...config }))).toBe(expected);
  });

  it("is a system-wide provider that a rule names", () => {
    expect(brief(given({ rules: [rule("1", by("s2"))], shared: ["s1", "s2"] }))).toBe(
      "platform/s2",
    );
  });

  it("is the system-wide one, then that of the environment, then the last resort", () => {
    const last = rule("l", by("p"), { lastResort: true });
    const config = { rules: [last], own: ["p"] };
    expect(brief(given({ ...config, shared: ["s"] }), carrier("e"))).toBe("platform/s");
    expect(brief(given(config), carrier("e"))).toBe("environment/e");
    expect(brief(given(config))).toBe("tenant/p");
  });

  it("is nobody when nothing is configured, and says so", () => {
    expect(brief(given({}))).toBe("none");
    expect(explainRoute(asked, given({})).route.because).toContain("no provider");
  });

  it("is nobody when a rule rejects it, with the rule named", () => {
    const reject: RouteAction = { type: "reject", reason: "not from us" };
    const from = given({ rules: [rule("r", reject, { name: "No news" }), rule("2", by("p"))] });
    expect(explainRoute(asked, from)).toEqual({
      action: "reject",
      reason: "not from us",
      route: { rule: "r", because: "rule No news: all mail" },
      considered: [],
    });
  });

  it("is the relay's sandbox when a rule says so", () => {
    expect(brief(given({ rules: [rule("s", { type: "sandbox" })], shared: ["s"] }))).toBe(
      "builtin/sandbox",
    );
  });
});

describe("the providers of a rule", () => {
  it("are asked in turn, each once, those that are gone left out", () => {
    const rules = [rule("1", by("p", "gone", "s", "p", "q"), { name: "All" })];
    const way = explainRoute(asked, given({ rules, own: ["p", "q"], shared: ["s"] }));
    const all = way.action === "send" ? [way, ...(way.next ?? [])] : [];
    expect(all.map(({ route }) => route)).toEqual([
      { rule: "1", owner: "tenant", because: "rule All: all mail" },
      { rule: "1", owner: "platform", because: "instead of p: rule All: all mail" },
      { rule: "1", owner: "tenant", because: "instead of s: rule All: all mail" },
    ]);
  });

  it("follow the user's own server", () => {
    const routing = { ...asked.routing, user: "ann" };
    const from = given({ rules: [rule("1", by("p", "q"))], own: ["p", "q"], user: "ann" });
    const way = explainRoute({ ...asked, routing }, from);
    expect(way).toMatchObject({
      provider: { id: "user:ann" },
      next: [{ provider: { id: "p" } }, { provider: { id: "q" } }],
    });
  });

  it.each([
    [["box", "p"], ["box"]],
    [
      ["p", "box", "q"],
      ["p", "q"],
    ],
    [["p", "box"], ["p"]],
  ])("%j: a sandbox follows nobody, and nobody follows it", (ids, expected) => {
    const config = given({ rules: [rule("1", by(...ids))], own: ["p", "q", "box"] });
    const provider = (owner: string, id: string) => {
      const found = config.provider(owner, id);
      return found?.id === "box" ? { id: "box", type: "sandbox" } : found;
    };
    const way = explainRoute(asked, { ...config, provider });
    const all = way.action === "send" ? [way, ...(way.next ?? [])] : [];
    expect(all.map((one) => one.provider.id)).toEqual(expected);
  });
});

describe("why", () => {
  it("is told: the rules passed over, what failed first, and what decided", () => {
    const from = given({
      rules: [
        rule("1", by("p"), { when: { senderDomains: ["x.test"], tags: ["other"] } }),
        rule("2", by("gone")),
        rule("3", by("p"), { name: "News", when: MATCHING }),
      ],
      own: ["p"],
    });
    expect(explainRoute(asked, from)).toMatchObject({
      considered: [
        { rule: "1", failed: "tags" },
        { rule: "2", failed: "providers" },
      ],
      route: { rule: "3", because: "rule News: tags", owner: "tenant" },
    });
  });
});

describe("a redirect", () => {
  const to = "dev@ours.test";

  it("of a rule names the address, and the rules after it who carries it there", () => {
    const from = given({
      rules: [
        rule("away", { type: "redirect", to }, { when: MATCHING }),
        rule("again", { type: "redirect", to: "other@ours.test" }),
        rule("not", by("p"), { when: { recipientDomains: ["y.test"] } }),
        rule("ours", by("q"), { when: { recipientDomains: ["ours.test"] } }),
      ],
      own: ["p", "q"],
    });
    const way = explainRoute(asked, from);
    expect(way).toMatchObject({
      action: "send",
      provider: { id: "q" },
      route: { rule: "ours", redirectedTo: to },
    });
    expect(way.considered).toEqual([
      { rule: "again", failed: "redirect" },
      { rule: "not", failed: "recipientDomains" },
    ]);
  });

  it("of a tenant is for all its mail", () => {
    const from = given({ tenant: { redirectTo: to, defaultProvider: "p" }, own: ["p"] });
    expect(explainRoute(asked, from).route).toEqual({
      because: "all mail of the tenant is redirected; the tenant's default provider",
      owner: "tenant",
      redirectedTo: to,
    });
  });
});

describe("a user's own server", () => {
  const OWN = "the user's own SMTP server";
  const ann = { user: "ann" };
  const byAnn = { ...asked, routing: { ...asked.routing, ...ann } };
  const ways = (config: Given, environment?: Carrier): string[] => {
    const way = explainRoute(byAnn, given({ ...ann, ...config }), environment);
    if (way.action !== "send") return [way.action];
    return [way, ...(way.next ?? [])].map(({ owner, provider }) => `${owner}/${provider.id}`);
  };

  it.each<[string, Given, string[]]>([
    ["before a rule", { rules: [rule("1", by("p"))], own: ["p"] }, ["tenant/user:ann", "tenant/p"]],
    ["before the system-wide one", { shared: ["s"] }, ["tenant/user:ann", "platform/s"]],
    [
      "before the last resort",
      { rules: [rule("1", by("p"), { lastResort: true })], own: ["p"] },
      ["tenant/user:ann", "tenant/p"],
    ],
    ["where there is no other", {}, ["tenant/user:ann"]],
    [
      "where only the last resort would reject",
      { rules: [rule("1", { type: "reject", reason: "" }, { lastResort: true })] },
      ["tenant/user:ann"],
    ],
  ])("carries mail %s", (_words, config, expected) => {
    expect(ways(config)).toEqual(expected);
  });

  it.each<[string, Given, string]>([
    ["a rule rejects", { rules: [rule("1", { type: "reject", reason: "" })] }, "reject"],
    ["a rule sandboxes", { rules: [rule("1", { type: "sandbox" })] }, "builtin/sandbox"],
    [
      "a rule redirects",
      { rules: [rule("1", { type: "redirect", to: "z@ours.test" })], shared: ["s"] },
      "platform/s",
    ],
    [
      "the tenant redirects",
      { tenant: { redirectTo: "z@ours.test" }, shared: ["s"] },
      "platform/s",
    ],
    ["somebody else handed in", { user: "bob", shared: ["s"] }, "platform/s"],
  ])("carries no mail that %s", (_words, config, expected) => {
    expect(ways(config)).toEqual([expected]);
  });

  it("carries no mail for testing", () => {
    const routing = { ...byAnn.routing, test: true } as const;
    const way = explainRoute({ ...byAnn, routing }, given({ ...ann, shared: ["s"] }));
    expect(way).toMatchObject({ owner: "builtin", provider: { type: "sandbox" } });
    expect(way).not.toHaveProperty("next");
  });

  it("is not followed by a sandbox, which would only play the delivery", () => {
    const box = { id: "box", type: "sandbox" };
    expect(ways({}, box)).toEqual(["tenant/user:ann"]);
  });

  it("says why, and so does what follows it", () => {
    expect(explainRoute(byAnn, given({ ...ann, shared: ["s"] }))).toMatchObject({
      route: { because: OWN, owner: "tenant" },
      next: [{ route: { because: `instead of ${OWN}: the system-wide provider` } }],
    });
  });
});

const action = fc.oneof(
  fc.array(fc.constantFrom("p", "q", "s", "gone"), { minLength: 1 }).map((ids) => by(...ids)),
  fc.constantFrom<RouteAction>(
    { type: "sandbox" },
    { type: "reject", reason: "no" },
    { type: "redirect", to: "z@ours.test" },
  ),
);
const when = fc.constantFrom<RouteConditions | undefined>(undefined, MATCHING, OTHER, {
  recipientDomains: ["y.test"],
});
const rules = fc
  .array(fc.tuple(action, when, fc.boolean()))
  .map((all) =>
    all.map(([then, asks, lastResort], index) =>
      rule(`r${index}`, then, { lastResort, ...(asks && { when: asks }) }),
    ),
  );

describe("for any rules", () => {
  it("mail for testing reaches only the sandbox", () => {
    fc.assert(
      fc.property(rules, fc.boolean(), (all, redirected) => {
        const tenant = redirected ? { redirectTo: "z@ours.test", defaultProvider: "p" } : {};
        const from = given({ rules: all, own: ["p", "q"], shared: ["s"], tenant });
        const routing = { ...asked.routing, test: true } as const;
        const way = explainRoute({ ...asked, routing }, from, carrier("e"));
        expect(way).toMatchObject({
          action: "send",
          owner: "builtin",
          provider: { type: "sandbox" },
        });
        expect(way.route).not.toHaveProperty("redirectedTo");
      }),
    );
  });

  it("the same is decided each time, whatever order the rules come in", () => {
    fc.assert(
      fc.property(rules, (all) => {
        const config = { own: ["p", "q"], shared: ["s"] };
        const placed = all.map((one, position) => ({ ...one, position }));
        const other = { ...given(config), rules: () => prepareRules(placed.toReversed()) };
        const first = explainRoute(asked, given({ ...config, rules: all }));
        expect(explainRoute(asked, other)).toEqual(first);
      }),
    );
  });

  it("a rule decides only when every rule before it was passed over or redirected", () => {
    fc.assert(
      fc.property(rules, (all) => {
        const from = given({ rules: all, own: ["p", "q"], shared: ["s"] });
        const { route, considered } = explainRoute(asked, from);
        const passed = new Set(considered.map((one) => one.rule));
        const ids = all.filter((one) => !one.lastResort).map(({ id }) => id);
        const before = ids.slice(0, Math.max(0, ids.indexOf(route.rule ?? "")));
        const kinds = all.filter(({ id }) => before.includes(id) && !passed.has(id));
        expect(kinds.every(({ then }) => then.type === "redirect")).toBe(true);
      }),
    );
  });
});
