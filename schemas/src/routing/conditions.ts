import type { HeaderCondition, RouteConditions } from "../control/routing.ts";
import type { RoutingFacts } from "./facts.ts";

/** What is asked about: one recipient of a message, and what is known of it. */
export type Asked = {
  tenant: string;
  /** Envelope sender; empty for the null sender. */
  from: string;
  recipient: string;
  /** Octets. */
  size: number;
  routing: RoutingFacts;
};

export type ConditionName = keyof RouteConditions;

/** A condition, ready to be asked. */
export type Condition = { name: ConditionName; holds: (asked: Asked) => boolean };

/** A domain in lower case, as A-labels (RFC 5890). */
function domainKey(domain: string): string {
  // oxlint-disable-next-line no-control-regex -- ASCII begins with control characters
  if (/^[\x00-\x7F]*$/.test(domain)) return domain.toLowerCase();
  return URL.parse(`http://${domain}`)?.hostname ?? domain.toLowerCase();
}

/** The domain of an address, for comparing; empty for the null sender. */
export const domainOf = (address: string): string =>
  domainKey(address.slice(address.lastIndexOf("@") + 1));

type Test = Condition["holds"];
type Tests = { [K in ConditionName]-?: (given: NonNullable<RouteConditions[K]>) => Test };

function headerTest({ name, contains = "", equals }: HeaderCondition): Test {
  const [key, part, whole] = [name.toLowerCase(), contains.toLowerCase(), equals?.toLowerCase()];
  return ({ routing: { fields } }) => {
    const value = Object.hasOwn(fields, key) ? fields[key]?.toLowerCase() : undefined;
    if (value === undefined) return false;
    return whole === undefined ? value.includes(part) : value.trim() === whole.trim();
  };
}

const TESTS: Tests = {
  senders: (given) => {
    const wanted = new Set(given.map((one) => (one === "<>" ? "" : one.toLowerCase())));
    return ({ from }) => wanted.has(from.toLowerCase());
  },
  senderDomains: (given) => {
    const wanted = new Set(given.map(domainKey));
    return ({ from }) => wanted.has(domainOf(from));
  },
  credentials: (given) => {
    const wanted = new Set(given);
    return ({ routing: { credential } }) => credential !== undefined && wanted.has(credential);
  },
  tags: (given) => {
    const wanted = new Set(given);
    return ({ routing }) => routing.tags.some((tag) => wanted.has(tag));
  },
  headers: (given) => {
    const tests = given.map(headerTest);
    return (asked) => tests.some((test) => test(asked));
  },
  minSize:
    (least) =>
    ({ size }) =>
      size >= least,
  maxSize:
    (most) =>
    ({ size }) =>
      size <= most,
  recipientDomains: (given) => {
    const wanted = new Set(given.map(domainKey));
    return ({ recipient }) => wanted.has(domainOf(recipient));
  },
};

/** A condition of a later version is not known to hold: its rule is not to decide on all mail. */
const NEVER: Test = () => false;

const NAMES = Object.keys(TESTS) as ConditionName[];

/** The conditions of a rule in the order in which they are asked. */
export function conditionsOf(when: RouteConditions = {}): Condition[] {
  const known = NAMES.filter((name) => when[name] !== undefined).map((name) => {
    const ready = TESTS[name] as (given: unknown) => Test;
    return { name, holds: ready(when[name]) };
  });
  const unknown = Object.keys(when).filter((name) => !Object.hasOwn(TESTS, name));
  return [...known, ...unknown.map((name) => ({ name: name as ConditionName, holds: NEVER }))];
}
