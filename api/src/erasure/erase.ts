import {
  appendErased,
  comparedAddress,
  ErasureConflict,
  erasedHash,
  newMessageId,
} from "@waybill/runtime";
import {
  type Erased,
  ERASED_DOMAIN,
  type ErasedRecord,
  type Erasure,
  isWork,
  type MessageId,
  redact,
  unquoted,
} from "@waybill/schemas";
import type { Caller } from "../auth.ts";
import type { Deps } from "../deps.ts";
import { Problem } from "../errors.ts";
import { keep } from "../resource/keep.ts";
import type { ErasureCommand } from "../shapes/erasure.ts";
import { findEvents, type Found } from "./find.ts";
import { Whose } from "./whose.ts";

/** Who asks, and why, in their words. */
type Asking = Caller & { reason: string | undefined };

/**
 * Erases the personal data of a message, or of one recipient of all of the tenant's messages: says so in
 * CONTROL, then puts what is left in the place of each event. From then on nobody reads the originals;
 * the projections overwrite them once their own rows are rewritten. Safe to repeat.
 * @throws Problem not_found | unfinished | conflict; LogUnavailable
 */
export async function erase(deps: Deps, asking: Asking, command: ErasureCommand): Promise<Erasure> {
  const { tenant, actor, reason } = asking;
  const whose = new Whose(command);
  const { found, open, last } = await findEvents(deps, tenant, whose);
  if (command.messageId !== undefined && found.length === 0)
    throw new Problem("not_found", "the log holds no message of that id");
  if (open.length > 0) throw unfinished(open);
  const erased = erasedBy(deps, tenant, command, whose);
  const why = reason === undefined ? undefined : unquoted(reason, erased);
  const records = found.flatMap((one) => recordOf(one, erased, actor, why) ?? []);
  const erasure = erasureOf(deps, tenant, command, records, { by: actor, ...(why && { why }) });
  await note(deps, asking, erasure, why);
  await append(deps, tenant, records, last);
  await eraseLateComers(deps, tenant, command, { erased, actor, why });
  return erasure;
}

/** What came while the others were being erased; what comes later is told of a pseudonym. */
async function eraseLateComers(
  deps: Deps,
  tenant: string,
  command: ErasureCommand,
  { erased, actor, why }: { erased: Erased; actor: string; why: string | undefined },
): Promise<void> {
  const { found, open, last } = await findEvents(deps, tenant, new Whose(command));
  if (open.length > 0) throw unfinished(open);
  const records = found.flatMap((one) => recordOf(one, erased, actor, why) ?? []);
  await append(deps, tenant, records, last);
}

const unfinished = (open: string[]): Problem =>
  new Problem(
    "unfinished",
    `${open.length} messages have not ended, such as ${open.slice(0, 3).join(", ")}: wait for them`,
  );

function erasedBy(
  { secrets }: Deps,
  tenant: string,
  { messageId }: ErasureCommand,
  { isTheirs, spellings }: Whose,
): Erased {
  const hash = (text: string) =>
    erasedHash((given) => secrets.hash(given), tenant, text).slice(0, 16);
  return {
    isWhole: messageId !== undefined,
    of: isTheirs,
    spellings: [...spellings],
    pseudonym: (address) => `erased-${hash(address)}@${ERASED_DOMAIN}`,
  };
}

/** The record of an event that has anything to be erased. */
function recordOf(
  { event, ...original }: Found,
  erased: Erased,
  by: string,
  why: string | undefined,
): ErasedRecord | undefined {
  const left = redact(event, erased);
  if (left === event) return undefined;
  const { tenant, messageId } = event;
  return { ...original, tenant, messageId, event: left, by, ...(why !== undefined && { why }) };
}

function erasureOf(
  deps: Deps,
  tenant: string,
  { messageId, recipient }: ErasureCommand,
  records: readonly ErasedRecord[],
  said: Pick<Erasure, "by" | "why">,
): Erasure {
  const hash = (text: string) => deps.secrets.hash(text);
  const whose = messageId === undefined ? {} : { messageId };
  return {
    kind: "erasure",
    id: newMessageId(),
    ...whose,
    ...(recipient !== undefined && {
      recipient: erasedHash(hash, tenant, comparedAddress(recipient)),
    }),
    messages: new Set<MessageId>(records.map((one) => one.messageId)).size,
    events: records.length,
    bodies: new Set(records.flatMap(({ event }) => (isWork(event) ? [event.messageId] : []))).size,
    at: deps.now().toISOString(),
    ...said,
  };
}

async function note(deps: Deps, asking: Asking, entity: Erasure, why: string | undefined) {
  const { tenant } = asking;
  const reason = why ?? "erased personal data";
  const { kind, id } = entity;
  await keep(deps, asking, { tenant, kind, id, entity, after: 0, reason });
}

/** The last events first: a message that was erased in part is found by its acceptance again. */
async function append(deps: Deps, tenant: string, records: ErasedRecord[], last: number) {
  const lastFirst = records.toSorted((one, other) => other.seq - one.seq);
  try {
    await appendErased(deps.nats, tenant, lastFirst, last);
  } catch (error) {
    if (!(error instanceof ErasureConflict)) throw error;
    throw new Problem("conflict", "another erasure is at work: ask again", { cause: error });
  }
}
