import { newMessageId as newId } from "@waybill/runtime";
import type { Route } from "@waybill/schemas";
import { Route as Entity, RouteAction, RouteConditions } from "@waybill/schemas/shapes";
import { z } from "zod";
import { merged } from "../resource/merge.ts";
import type { Asked, Resource } from "../resource/resource.ts";
import { Name } from "../resource/words.ts";
import { named } from "../shapes/named.ts";
import { checkRule } from "./check-rule.ts";

const Last = z.boolean().describe("asked only when nobody else carries the mail");
const New = z.strictObject({
  name: Name.optional(),
  when: RouteConditions.optional().describe("all of it must hold; for all mail when absent"),
  then: RouteAction,
  lastResort: Last.optional(),
});
const Patch = z.strictObject({
  name: Name.nullable().optional(),
  when: RouteConditions.nullable().optional(),
  then: RouteAction.optional(),
  lastResort: Last.optional(),
});
const View = named(
  "RoutingRule",
  Entity.omit({ kind: true }).extend({
    position: z.int().describe("its place in the tenant's order, from 0"),
  }),
);

function show({ kind: _kind, ...shown }: Route, { deps, caller }: Asked): z.infer<typeof View> {
  return { ...shown, position: deps.directory.rules(caller.tenant).order.indexOf(shown.id) };
}

/** Behind all there are. */
function nextPosition({ deps, caller }: Asked): number {
  const positions = deps.directory.entities(caller.tenant, "route").map((one) => one.position);
  return Math.max(-1, ...positions) + 1;
}

/** Routing rules: a new one is asked after those there are; `routing-rules/order` says otherwise. */
export const routingRules: Resource<Route, z.infer<typeof New>, z.infer<typeof Patch>> = {
  kind: "route",
  path: "routing-rules",
  words: ["routing rule", "routing rules"],
  tag: "routing",
  view: View,
  new: New,
  patch: Patch,
  read: "config:read",
  write: "config:write",
  show,
  make: (body, asked) => {
    const entity: Route = { kind: "route", id: newId(), position: nextPosition(asked), ...body };
    checkRule(entity, asked);
    return { entity };
  },
  change: (entity, patch, asked) => {
    const changed = merged(entity, patch);
    checkRule(changed, asked);
    return { entity: changed };
  },
};
