import { fieldsAskedBy, MOST_FIELDS, type Route } from "@waybill/schemas";
import { type FieldError, Problem } from "../errors.ts";
import type { Asked } from "../resource/resource.ts";
import { isCarrier } from "./is-carrier.ts";

/** Rules of a tenant: each may be asked of each mail. */
const MOST_RULES = 100;

const named = (field: string, ids: readonly string[], isThere: (id: string) => boolean) =>
  ids.flatMap((id, index): FieldError[] =>
    isThere(id) ? [] : [{ field: `${field}.${index}`, rule: "nothing has that id" }],
  );

/** Providers that are neither the tenant's nor everybody's. */
function providerErrors({ then }: Route, { deps, caller }: Asked): FieldError[] {
  const isThere = (id: string) => isCarrier(deps.directory, caller.tenant, id);
  return then.type === "providers" ? named("then.providers", then.providers, isThere) : [];
}

function credentialErrors({ when }: Route, { deps, caller }: Asked): FieldError[] {
  const isThere = (id: string) =>
    deps.directory.find(caller.tenant, "credential", id) !== undefined;
  return named("when.credentials", when?.credentials ?? [], isThere);
}

function sizeErrors({ when: { minSize = 0, maxSize = Infinity } = {} }: Route): FieldError[] {
  return minSize <= maxSize ? [] : [{ field: "when.maxSize", rule: "less than minSize" }];
}

/** What a tenant's rules may be together. */
function sumErrors(rule: Route, { deps, caller }: Asked): FieldError[] {
  const others = deps.directory.entities(caller.tenant, "route").filter(({ id }) => id !== rule.id);
  const tooMany = others.length >= MOST_RULES;
  const tooWide = fieldsAskedBy([...others, rule]).length > MOST_FIELDS;
  return [
    ...(tooMany ? [{ field: "body", rule: `a tenant may have ${MOST_RULES} rules` }] : []),
    ...(tooWide
      ? [{ field: "when.headers", rule: `all rules may ask for ${MOST_FIELDS} fields together` }]
      : []),
  ];
}

/** Checks a rule against what else there is. @throws Problem invalid_body, every field named */
export function checkRule(rule: Route, asked: Asked): void {
  const errors = [
    ...providerErrors(rule, asked),
    ...credentialErrors(rule, asked),
    ...sizeErrors(rule),
    ...sumErrors(rule, asked),
  ];
  if (errors.length === 0) return;
  const detail = errors.map(({ field, rule: broken }) => `${field}: ${broken}`).join("; ");
  throw new Problem("invalid_body", detail, { errors });
}
