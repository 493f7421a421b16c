import { appendErased, ErasureConflict, indexErased, newMessageId } from "@waybill/runtime";
import { type Erasure, unquoted } from "@waybill/schemas";
import type { Deps } from "../deps.ts";
import { Problem } from "../errors.ts";
import { type Author, keep } from "../resource/keep.ts";
import type { ErasureCommand } from "../shapes/erasure.ts";
import { type About, aboutCommand, aboutErasure, erasedOf, keptHash } from "./about.ts";
import { eraseFacts, refuseUser } from "./facts.ts";
import { type By, recordsOf } from "./records.ts";
import { Search } from "./search.ts";
import { refuseUnfinished } from "./unfinished.ts";

/** Who asks, of which tenant, and why, in their words. */
type Asking = Author & { tenant: string; reason: string | undefined };

/**
 * Erases the personal data of a message, or of one address wherever the tenant has it: says so in
 * CONTROL, then puts what is left in the place of each event. From then on nobody reads the originals in
 * the log; the projections overwrite them once their own rows are rewritten. Safe to repeat.
 * @throws Problem not_found | unfinished | in_use | conflict; LogUnavailable
 */
export async function erase(deps: Deps, asking: Asking, command: ErasureCommand): Promise<Erasure> {
  const { tenant } = asking;
  const about = aboutCommand(command);
  refuseUser(deps, tenant, about);
  const search = new Search(deps, tenant, about);
  await search.read();
  if (command.messageId !== undefined && search.isEmpty)
    throw new Problem("not_found", "the log holds no message of that id");
  await refuseUnfinished(deps, tenant, search);
  const erasure = erasureOf(deps, asking, command, search);
  const after = await note(deps, asking, tenant, erasure, 0);
  return carryOut(deps, asking, { tenant, about, erasure, after }, search);
}

/**
 * Goes on with an erasure that was begun, here or where a backup was taken: the address is known by its
 * hash. @throws as `erase`
 */
export async function goOn(
  deps: Deps,
  tenant: string,
  erasure: Erasure,
  after: number,
): Promise<Erasure> {
  const about = aboutErasure(deps.secrets, tenant, erasure);
  refuseUser(deps, tenant, about);
  const search = new Search(deps, tenant, about);
  await search.read();
  await refuseUnfinished(deps, tenant, search);
  return carryOut(deps, { actor: erasure.by }, { tenant, about, erasure, after }, search);
}

type Noted = { tenant: string; about: About; erasure: Erasure; after: number };

/** Erases what was found, and what came meanwhile; what comes later is told of a pseudonym. */
async function carryOut(
  deps: Deps,
  author: Author,
  { tenant, about, erasure, after }: Noted,
  search: Search,
): Promise<Erasure> {
  await append(deps, tenant, about, search, erasure);
  await search.read();
  await refuseUnfinished(deps, tenant, search);
  await append(deps, tenant, about, search, erasure);
  const erased = erasedOf(deps.secrets, tenant, about, search.whose.spellings);
  await eraseFacts(deps, author, tenant, about, erased);
  const finished = { ...erasure, finishedAt: deps.now().toISOString() };
  await note(deps, author, tenant, finished, after);
  return finished;
}

/** The last events first: a message that was erased in part is found by its acceptance again. */
async function append(deps: Deps, tenant: string, about: About, search: Search, by: By) {
  const seqs = search.takeSeqs();
  if (seqs.length === 0) return;
  const erased = erasedOf(deps.secrets, tenant, about, search.whose.spellings);
  const index = await indexErased(deps.nats, tenant);
  const records = recordsOf(deps, index, seqs.toReversed(), erased, by);
  try {
    await appendErased(deps.nats, tenant, records, index.last);
  } catch (error) {
    if (!(error instanceof ErasureConflict)) throw error;
    throw new Problem("conflict", "another erasure is at work: ask again", { cause: error });
  }
}

function erasureOf(
  { secrets, now }: Deps,
  { tenant, actor, reason }: Asking,
  command: ErasureCommand,
  { found, whose }: Search,
): Erasure {
  const { messageId, address } = command;
  const erased = erasedOf(secrets, tenant, aboutCommand(command), whose.spellings);
  return {
    kind: "erasure",
    id: newMessageId(),
    ...(messageId !== undefined && { messageId }),
    ...(address !== undefined && { address: keptHash(secrets, tenant, address) }),
    ...found,
    at: now().toISOString(),
    by: actor,
    ...(reason !== undefined && { why: unquoted(reason, erased) }),
  };
}

function note(deps: Deps, author: Author, tenant: string, entity: Erasure, after: number) {
  const { kind, id, why: reason = "erased personal data" } = entity;
  return keep(deps, author, { tenant, kind, id, entity, after, reason });
}
