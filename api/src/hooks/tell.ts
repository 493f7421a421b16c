import type { Held } from "@waybill/runtime";
import { type FeedbackEvent, type FeedbackOrigin, PLATFORM, tellsNews } from "@waybill/schemas";
import type { Hook, RecipientView } from "@waybill/schemas";
import type { Deps } from "../deps.ts";
import { Problem } from "../errors.ts";
import type { ToldOf } from "../queries/told-of.ts";
import { findMessages } from "./find-messages.ts";
import type { Report, Reports } from "./report.ts";

/** What became of the things that a call told. */
export type Tally = {
  recorded: number;
  /** Told by an earlier call. */
  repeated: number;
  /** No feedback, or of mail that is not the relay's. */
  ignored: number;
  /** Of a message or a recipient that the tenant has not. */
  unknown: number;
};

type Told = { event: FeedbackEvent; recipient: RecipientView };

/** Facts appended at once. */
const WIDTH = 32;

function originOf({ directory }: Deps, { tenant, entity }: Held<Hook>, eventId: string) {
  const origin: FeedbackOrigin = { source: "webhook", binding: entity.id, eventId };
  const id = entity.provider ?? "";
  const provider = directory.provider(tenant, id) ?? directory.provider(PLATFORM, id);
  return provider === undefined ? origin : { ...origin, provider: { id, kind: provider.type } };
}

/** The recipient it speaks of, as the envelope has them; nobody, when it could be several. */
function recipientIn({ recipients }: ToldOf, address: string | undefined) {
  if (address === undefined) return recipients.length === 1 ? recipients[0] : undefined;
  const wanted = address.toLowerCase();
  return (
    recipients.find((one) => one.address === address) ??
    recipients.find((one) => one.address.toLowerCase() === wanted)
  );
}

function toldBy(deps: Deps, held: Held<Hook>, report: Report, message?: ToldOf): Told | undefined {
  const recipient = message && recipientIn(message, report.recipient);
  if (message === undefined || recipient === undefined) return undefined;
  const { at, eventId, what } = report;
  const event: FeedbackEvent = {
    ...what,
    messageId: message.id,
    tenant: held.tenant,
    time: deps.now().toISOString(),
    traceId: message.traceId,
    recipient: recipient.address,
    at,
    origin: originOf(deps, held, eventId),
  };
  return { event, recipient };
}

async function append({ events }: Deps, facts: readonly FeedbackEvent[]): Promise<void> {
  for (let from = 0; from < facts.length; from += WIDTH)
    await Promise.all(facts.slice(from, from + WIDTH).map((fact) => events.append(fact)));
}

/**
 * Records what a webhook told of its own tenant's messages. Of a call that came before only what did
 * not get into the views then. @throws Problem unavailable, LogUnavailable: the call is to come again
 */
export async function tell(
  deps: Deps,
  held: Held<Hook>,
  reports: Reports,
  isRepeated: boolean,
): Promise<Tally> {
  const ours = reports.filter((one) => one !== undefined);
  const ids = ours.map(({ relayId }) => relayId);
  const { messages, isEarly } = await findMessages(deps, held.tenant, ids);
  const found = ours.map((one) => toldBy(deps, held, one, messages.get(one.relayId)));
  const told = found.filter((one) => one !== undefined);
  const news = isRepeated
    ? told.filter(({ event, recipient }) => tellsNews(recipient, event))
    : told;
  await append(
    deps,
    news.map(({ event }) => event),
  );
  if (isEarly) throw new Problem("unavailable", "the views are not up to date: tell it again");
  return {
    recorded: isRepeated ? 0 : told.length,
    repeated: isRepeated ? told.length : 0,
    ignored: reports.length - ours.length,
    unknown: ours.length - told.length,
  };
}
