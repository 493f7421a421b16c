import {
  explainRoute,
  isAllowedRecipient,
  type Asked,
  type Explained,
  type Routes,
  type RoutingFacts,
  type Way,
} from "@waybill/schemas";
import type { z } from "zod";
import { callerOf } from "../auth.ts";
import type { App, Deps } from "../deps.ts";
import { Problem } from "../errors.ts";
import { Explanation, ExplainCommand, type WayOf } from "../shapes/routing.ts";
import { json } from "../shapes/named.ts";
import { BODY, problems } from "../shapes/problem.ts";

const schema = {
  summary: "Who would carry a message, and why; nothing is sent",
  tags: ["routing"],
  body: ExplainCommand,
  response: {
    200: json("What the rules say, recipient by recipient", Explanation),
    ...problems(...BODY, "unauthenticated", "forbidden", "unavailable"),
  },
};

type Command = z.infer<typeof ExplainCommand>;
type Carrier = { id: string; type: string };

/** Characters of a field that ingress keeps for the rules. */
const MOST_TEXT = 500;

/** The fields as ingress would keep them: those that the rules ask for, and no more of them than fits. */
function fieldsOf(headers: Command["headers"], asked: readonly string[]): RoutingFacts["fields"] {
  const fields = Object.entries(headers).map(([name, text]) => [name.toLowerCase(), text] as const);
  const kept = fields.filter(([name]) => asked.includes(name));
  return Object.fromEntries(kept.map(([name, text]) => [name, text.trim().slice(0, MOST_TEXT)]));
}

/** @throws Problem invalid_body when the tenant has no such credential */
function factsOf({ directory }: Deps, tenant: string, command: Command): RoutingFacts {
  const { credential, tags, headers } = command;
  const fields = fieldsOf(headers, directory.rules(tenant).fields);
  if (credential === undefined) return { tags, fields };
  const held = directory.find(tenant, "credential", credential);
  if (held === undefined) {
    const errors = [{ field: "credential", rule: "nothing has that id" }];
    throw new Problem("invalid_body", "credential: nothing has that id", { errors });
  }
  const { user, test } = held.entity;
  return { credential, ...(user && { user }), ...(test && { test }), tags, fields };
}

const providerOf = ({ provider: { id, type } }: Way<Carrier>) => ({ id, type });

const nextOf = (way: Way<Carrier>) => {
  const { because: why, ...route } = way.route;
  return { ...route, why, provider: providerOf(way) };
};

function wayOf(recipient: string, way: Explained<Carrier>, isAllowed: boolean): WayOf {
  const { because: why, ...route } = way.route;
  const { action, considered } = way;
  return {
    recipient,
    allowed: isAllowed,
    action,
    ...route,
    why,
    ...(way.action === "send" && { provider: providerOf(way) }),
    ...(way.action === "send" && way.next && { next: way.next.map(nextOf) }),
    ...(way.action === "reject" && { reason: way.reason }),
    considered,
  };
}

function explain(deps: Deps, tenant: string, command: Command): WayOf[] {
  const { config, directory } = deps;
  const routing = factsOf(deps, tenant, command);
  const { from, size } = command;
  const environment: Carrier | undefined =
    config.WAYBILL_RELAY_URL === undefined ? undefined : { id: "environment", type: "smtp" };
  const routes: Routes<Carrier> = directory;
  const allowed = directory.tenant(tenant)?.allowedRecipients;
  return command.recipients.map((recipient) => {
    const asked: Asked = { tenant, from, recipient, size, routing };
    const way = explainRoute(asked, routes, environment);
    return wayOf(recipient, way, isAllowedRecipient(allowed, recipient));
  });
}

export function explainRoutingRoute(app: App, deps: Deps): void {
  app.post(
    "/routing/explain",
    { schema, config: { may: "config:read" } },
    async ({ caller, body }) => ({ items: explain(deps, callerOf(caller).tenant, body) }),
  );
}
