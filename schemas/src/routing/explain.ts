import type { SandboxProvider } from "../control/provider.ts";
import type { RouteAction } from "../control/routing.ts";
import type { Tenant } from "../control/tenant.ts";
import { PLATFORM } from "../defaults.ts";
import type { Asked, ConditionName } from "./conditions.ts";
import type { ProviderOwner, RouteTaken } from "./facts.ts";
import type { Rule, Rules } from "./rules.ts";

/** What of a provider routing names. */
export type Carrier = { id: string; type: string };

/** The configuration that decides, as of now. */
export type Routes<P extends Carrier> = {
  tenant(slug: string): Tenant | undefined;
  rules(tenant: string): Rules;
  provider(owner: string, id: string): P | undefined;
  systemProviders(): readonly P[];
  /** The SMTP server that a user set for themselves in a tenant. */
  ownServer(tenant: string, user: string): P | undefined;
};

/**
 * A rule that was asked and did not decide: its first condition that failed, or that none of its
 * providers is there, or that the mail was redirected already.
 */
export type Considered = { rule: string; failed: ConditionName | "providers" | "redirect" };

/** Who carries mail, and why. */
export type Way<P> = { owner: ProviderOwner; provider: P | SandboxProvider; route: RouteTaken };

/**
 * Who carries mail to a recipient, or why nobody does; and how that came about. The ways that are
 * `next` are for mail of which the ones before have certainly sent nothing, in their order.
 */
export type Explained<P> = {
  route: RouteTaken;
  /** Rules that were asked before, in their order. */
  considered: Considered[];
} & (
  | { action: "send"; owner: ProviderOwner; provider: P | SandboxProvider; next?: Way<P>[] }
  | { action: "reject"; reason: string }
  | { action: "none" }
);

/** The sandbox that every relay has, whatever is configured. */
export const BUILT_IN_SANDBOX: SandboxProvider = {
  kind: "provider",
  type: "sandbox",
  id: "sandbox",
  name: "Sandbox",
  concurrency: 20,
};

/** How far the asking has come. */
type Asking<P extends Carrier> = {
  asked: Asked;
  from: Routes<P>;
  redirect?: { to: string; rule?: string };
  because: string[];
  considered: Considered[];
};

function taken<P extends Carrier>(asking: Asking<P>, rule?: string): RouteTaken {
  const { redirect, because } = asking;
  const decided = rule ?? redirect?.rule;
  return {
    ...(decided !== undefined && { rule: decided }),
    because: because.join("; "),
    ...(redirect && { redirectedTo: redirect.to }),
  };
}

function send<P extends Carrier>(
  asking: Asking<P>,
  owner: ProviderOwner,
  provider: P | SandboxProvider | undefined,
  rule?: string,
): Explained<P> | undefined {
  if (provider === undefined) return undefined;
  const { considered } = asking;
  const route = { ...taken(asking, rule), owner };
  return { action: "send", owner, provider, route, considered };
}

/** A provider of the tenant's own, or else a system-wide one. */
function named<P extends Carrier>({ asked, from }: Asking<P>, id: string) {
  const own = from.provider(asked.tenant, id);
  if (own !== undefined) return { owner: "tenant", provider: own } as const;
  const shared = from.provider(PLATFORM, id);
  return shared && ({ owner: "platform", provider: shared } as const);
}

const thoseThereAre = <P extends Carrier>(asking: Asking<P>, ids: readonly string[]) =>
  [...new Set(ids)].map((id) => named(asking, id)).filter((one) => one !== undefined);

const isSandbox = ({ provider }: { provider: Carrier }): boolean => provider.type === "sandbox";

/** By the first that there is, and then the others. A sandbox, which only plays a delivery, follows nobody and nobody follows it. */
function sendInTurn<P extends Carrier>(
  asking: Asking<P>,
  rule: string,
  ids: readonly string[],
): Explained<P> | undefined {
  const [first, ...others] = thoseThereAre(asking, ids);
  const decided = first && send(asking, first.owner, first.provider, rule);
  if (first === undefined || isSandbox(first)) return decided;
  const inTurn = [first, ...others.filter((one) => !isSandbox(one))];
  const next = inTurn.slice(1).map(({ owner, provider }, place): Way<P> => {
    const route = taken(asking, rule);
    const because = `instead of ${inTurn[place]?.provider.id}: ${route.because}`;
    return { owner, provider, route: { ...route, because, owner } };
  });
  return decided && { ...decided, ...(next.length > 0 && { next }) };
}

/** @returns undefined when the rules that follow are to be asked. */
function act<P extends Carrier>(
  asking: Asking<P>,
  rule: string,
  then: RouteAction,
): Explained<P> | undefined {
  switch (then.type) {
    case "providers": {
      return sendInTurn(asking, rule, then.providers);
    }
    case "sandbox":
      return send(asking, "builtin", BUILT_IN_SANDBOX, rule);
    case "reject": {
      const { considered } = asking;
      return { action: "reject", reason: then.reason, route: taken(asking, rule), considered };
    }
    case "redirect":
      asking.redirect = { to: then.to, rule };
      asking.asked = { ...asking.asked, recipient: then.to };
      return undefined;
  }
}

/** Why a rule is passed over, if it is. */
function failureOf<P extends Carrier>(
  asking: Asking<P>,
  { route: { then }, conditions }: Rule,
): Considered["failed"] | undefined {
  const failed = conditions.find(({ holds }) => !holds(asking.asked));
  if (failed !== undefined) return failed.name;
  if (then.type === "redirect" && asking.redirect !== undefined) return "redirect";
  const isVain = then.type === "providers" && thoseThereAre(asking, then.providers).length === 0;
  return isVain ? "providers" : undefined;
}

function askRule<P extends Carrier>(asking: Asking<P>, rule: Rule): Explained<P> | undefined {
  const { id, then } = rule.route;
  const failed = failureOf(asking, rule);
  if (failed === undefined) {
    asking.because.push(rule.words);
    return act(asking, id, then);
  }
  asking.considered.push({ rule: id, failed });
  return undefined;
}

function askRules<P extends Carrier>(
  asking: Asking<P>,
  rules: readonly Rule[],
): Explained<P> | undefined {
  for (const rule of rules) {
    const decided = askRule(asking, rule);
    if (decided !== undefined) return decided;
  }
  return undefined;
}

/** Who carries mail that no rule decides on: the tenant's default, the system-wide one, the environment's. */
function byDefault<P extends Carrier>(
  asking: Asking<P>,
  environment: P | undefined,
): Explained<P> | undefined {
  const { asked, from } = asking;
  const wanted = from.tenant(asked.tenant)?.defaultProvider;
  const own = wanted === undefined ? undefined : named(asking, wanted);
  const [shared] = own === undefined ? from.systemProviders() : [];
  const because = (words: string): Asking<P> => ({
    ...asking,
    because: [...asking.because, words],
  });
  return (
    (own && send(because("the tenant's default provider"), own.owner, own.provider)) ??
    send(because("the system-wide provider"), "platform", shared) ??
    send(because("the provider of the environment"), "environment", environment)
  );
}

function nobody<P extends Carrier>(asking: Asking<P>): Explained<P> {
  asking.because.push("no provider is configured for this tenant");
  return { action: "none", route: taken(asking), considered: asking.considered };
}

const OF_TEST = "handed in for testing: only the sandbox";

/** Nothing that a client or a rule says brings mail that was handed in for testing anywhere else. */
const ofTest = <P extends Carrier>(): Explained<P> => ({
  action: "send",
  owner: "builtin",
  provider: BUILT_IN_SANDBOX,
  route: { because: OF_TEST, owner: "builtin" },
  considered: [],
});

const OWN = "the user's own SMTP server";

/** Mail that was kept in, or turned to another address, on purpose is not let out by a user's settings. */
function isHeld<P extends Carrier>({ redirect }: Asking<P>, ruled?: Explained<P>): boolean {
  if (redirect !== undefined || ruled === undefined) return redirect !== undefined;
  return ruled.action !== "send" || ruled.provider.type === "sandbox";
}

/** The server of the user whose credential the mail was handed in with, unless a rule holds the mail. */
function byUser<P extends Carrier>(asking: Asking<P>, ruled?: Explained<P>): P | undefined {
  const { tenant, routing } = asking.asked;
  if (routing.user === undefined || isHeld(asking, ruled)) return undefined;
  return asking.from.ownServer(tenant, routing.user);
}

/** The user's own server, and then what would carry the mail without it: no sandbox, which only plays a delivery. */
function ownFirst<P extends Carrier>(provider: P, otherwise: Explained<P>): Explained<P> {
  const { considered } = otherwise;
  const route = { because: OWN, owner: "tenant" } as const;
  const own = { action: "send", owner: "tenant", provider, route, considered } as const;
  if (otherwise.action !== "send" || otherwise.provider.type === "sandbox") return own;
  const because = `instead of ${OWN}: ${otherwise.route.because}`;
  const { owner, provider: other, next = [] } = otherwise;
  const usual = { owner, provider: other, route: { ...otherwise.route, because } };
  return { ...own, next: [usual, ...next] };
}

function begin<P extends Carrier>(asked: Asked, from: Routes<P>): Asking<P> {
  const to = from.tenant(asked.tenant)?.redirectTo;
  if (to === undefined) return { asked, from, because: [], considered: [] };
  const because = ["all mail of the tenant is redirected"];
  return { asked: { ...asked, recipient: to }, from, redirect: { to }, because, considered: [] };
}

/**
 * Decides who carries a message to a recipient, and says why: the tenant's rules in order, then its
 * default provider, then the system-wide one, then that of the environment, then the rules of last
 * resort. Before all of these comes the own server of the user who handed it in, except where a rule
 * rejects, redirects or sandboxes the mail, or the tenant redirects all of it. From a redirect on, the conditions are asked of the address that the mail goes to.
 * Delivery and the API both ask here, so that they say the same.
 */
export function explainRoute<P extends Carrier>(
  asked: Asked,
  from: Routes<P>,
  environment?: P,
): Explained<P> {
  if (asked.routing.test === true) return ofTest();
  const asking = begin(asked, from);
  const rules = from.rules(asked.tenant);
  const ruled = askRules(asking, rules.first);
  const own = byUser(asking, ruled);
  const usual =
    ruled ?? byDefault(asking, environment) ?? askRules(asking, rules.last) ?? nobody(asking);
  return own === undefined ? usual : ownFirst(own, usual);
}
