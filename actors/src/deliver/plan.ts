import {
  domainOf,
  explainRoute,
  type Explained,
  type Provider,
  type Routes,
  type Way,
  type WorkEvent,
} from "@waybill/schemas";

/** Recipients of a message that go the same way, and which way that is. */
export type Plan = { way: Explained<Provider>; recipients: string[] };

type Sent = Extract<Explained<Provider>, { action: "send" }>;

/** What makes two ways one: decided alike, for the same reason. */
const keyOf = (way: Explained<Provider>): string =>
  JSON.stringify([way.action, way.action === "send" && waysOf(way).map(told), way.route]);

const told = ({ provider, route }: Way<Provider>) => [provider.id, route];

/** The ways in their order: the next one only where nothing was sent. */
export const waysOf = (way: Sent): [Way<Provider>, ...Way<Provider>[]] => [
  way,
  ...(way.next ?? []),
];

/** Asks once for each thing that recipients may differ in. */
function askOnce(
  keyOfAsked: (recipient: string) => string,
  ask: (recipient: string) => Explained<Provider>,
): (recipient: string) => Explained<Provider> {
  const known = new Map<string, Explained<Provider>>();
  return (recipient) => {
    const key = keyOfAsked(recipient);
    const way = known.get(key) ?? ask(recipient);
    known.set(key, way);
    return way;
  };
}

/** Decides for each recipient who carries the message to it; those that go the same way go together. */
export function plansOf(
  work: WorkEvent,
  recipients: string[],
  from: Routes<Provider>,
  environment?: Provider,
): Plan[] {
  const { tenant, envelope, body, routing } = work;
  const ask = (recipient: string) =>
    explainRoute(
      { tenant, from: envelope.from, recipient, size: body.size, routing },
      from,
      environment,
    );
  const [first] = recipients;
  if (first === undefined) return [];
  if (!from.rules(tenant).perRecipient) return [{ way: ask(first), recipients }];
  const wayOf = askOnce(domainOf, ask);
  const groups = Map.groupBy(recipients, (recipient) => keyOf(wayOf(recipient)));
  return [...groups.values()].map((group) => ({
    way: wayOf(group[0] ?? first),
    recipients: group,
  }));
}
