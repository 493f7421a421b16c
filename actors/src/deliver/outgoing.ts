import type { Readable } from "node:stream";
import type { Outcome, RouteTaken, Tenant, WorkEvent } from "@waybill/schemas";
import { fieldsBefore } from "../providers/fields-before.ts";
import type { Attempt } from "../providers/provider.ts";
import { fitWords } from "./fit-words.ts";
import { traceFields } from "./trace-fields.ts";

/** A message on its way out: to whom, by which route, for which tenant. */
export type Outgoing = {
  work: WorkEvent;
  recipients: readonly string[];
  route: RouteTaken;
  tenant: Tenant | undefined;
  returnPath?: Attempt["returnPath"] | undefined;
  signal?: AbortSignal | undefined;
  /** Not called for what goes to a redirect's address. */
  tell?: Attempt["tell"];
};

/** A message's octets, and the signatures over them. */
type Content = { signature: Buffer; read: () => Readable };

/** The fields put before the header of what is sent; empty when there are none. */
function traceFieldsFor({ work, recipients, route, tenant }: Outgoing): Buffer {
  if (route.redirectedTo !== undefined) return traceFields(work, recipients);
  return tenant?.addTraceFields === true ? traceFields(work, []) : Buffer.alloc(0);
}

/** What a provider is asked to send: to the redirect's address alone, where there is one. */
export function outgoing(of: Outgoing, { signature, read }: Content): Attempt {
  const { tenant, messageId, attempt, envelope, body } = of.work;
  const { redirectedTo } = of.route;
  const fields = Buffer.concat([signature, traceFieldsFor(of)]);
  return {
    tenant,
    messageId,
    attempt,
    from: envelope.from,
    ...(of.returnPath && { returnPath: of.returnPath }),
    recipients: redirectedTo === undefined ? of.recipients : [redirectedTo],
    size: body.size + fields.length,
    body: () => (fields.length === 0 ? read() : fieldsBefore(fields, read)),
    ...(of.signal && { signal: of.signal }),
    ...(redirectedTo === undefined && { tell: of.tell }),
  };
}

/** What a provider that says nothing of a recipient leaves open. */
const UNTOLD = {
  class: "ambiguous",
  response: "the provider did not say what became of it",
} as const;

/**
 * What became of the recipients that were meant, one outcome for each: of those of a redirect, what
 * became of its address. One without an outcome would be lost, so it is `ambiguous`.
 */
export function outcomesOf({ recipients, route }: Outgoing, outcomes: Outcome[]): Outcome[] {
  const told = new Map(outcomes.toReversed().map((one) => [one.recipient, one]));
  const { redirectedTo } = route;
  return recipients.map((recipient) => {
    const one = told.get(redirectedTo ?? recipient) ?? UNTOLD;
    return fitWords({ ...one, recipient }, recipients.length);
  });
}
