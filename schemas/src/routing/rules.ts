import type { Route } from "../control/routing.ts";
import { conditionsOf, type Condition } from "./conditions.ts";

/** A rule, ready to be asked, and how it is told of. */
export type Rule = { route: Route; conditions: readonly Condition[]; words: string };

/** A tenant's rules, made ready once for each change of them. */
export type Rules = {
  /** Those asked first, and those of last resort; in order. */
  first: readonly Rule[];
  last: readonly Rule[];
  /** Names of header fields that any of them asks for, in lower case. */
  fields: readonly string[];
  /** Ids of all of them, in order. */
  order: readonly string[];
  /** Whether recipients of one message may go different ways. */
  perRecipient: boolean;
};

/** Names of header fields that a tenant's rules may ask for, together. */
export const MOST_FIELDS = 20;

/** Of a rule in the events of the mail it decided on: its name, and what it asks. */
function wordsOf({ id, name, when }: Route): string {
  const asks = Object.keys(when ?? {}).join(", ");
  return `rule ${name ?? id}: ${asks || "all mail"}`;
}

/** Those of the order in it, then the others by their position. */
function sorted(routes: readonly Route[], order: readonly string[]): Route[] {
  const places = new Map(order.map((id, place) => [id, place]));
  const placeOf = ({ id }: Route) => places.get(id) ?? order.length;
  return routes.toSorted(
    (a, b) => placeOf(a) - placeOf(b) || a.position - b.position || (a.id < b.id ? -1 : 1),
  );
}

/** The names of the header fields that routes ask for, in lower case. */
export function fieldsAskedBy(routes: readonly Route[]): string[] {
  const headers = routes.flatMap(({ when }) => when?.headers ?? []);
  return [...new Set(headers.map(({ name }) => name.toLowerCase()))];
}

/** One for all who have no rules, so that a tenant without any takes no memory for them. */
const NONE: Rules = { first: [], last: [], fields: [], order: [], perRecipient: false };

/** Makes a tenant's rules ready, in the order it gave them. */
export function prepareRules(routes: readonly Route[], order: readonly string[] = []): Rules {
  if (routes.length === 0) return NONE;
  const rules = sorted(routes, order).map((route) => {
    return { route, conditions: conditionsOf(route.when), words: wordsOf(route) };
  });
  return {
    first: rules.filter(({ route }) => route.lastResort !== true),
    last: rules.filter(({ route }) => route.lastResort === true),
    fields: fieldsAskedBy(routes).slice(0, MOST_FIELDS),
    order: rules.map(({ route: { id } }) => id),
    perRecipient: routes.some(({ when }) => when?.recipientDomains !== undefined),
  };
}
