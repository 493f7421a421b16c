import { overwriteFacts, replay, STREAMS } from "@waybill/runtime";
import {
  type ControlFact,
  controlSubject,
  type Entity,
  type Erased,
  PLATFORM,
  type Suppression,
} from "@waybill/schemas";
import type { Deps } from "../deps.ts";
import { Problem } from "../errors.ts";
import { steady } from "../log/steady.ts";
import { type Author, type Change, keep } from "../resource/keep.ts";
import { type About, keptHash } from "./about.ts";

/** An entity whose facts name the address, and where these are in CONTROL. */
type Named = Pick<Change, "tenant" | "kind" | "id"> & { seqs: number[] };

const REASON = "erased personal data";

/** The address of those entities that are about one. */
function addressOf(entity: Entity | null): string | undefined {
  if (entity?.kind === "suppression") return entity.address;
  return entity?.kind === "user" ? entity.email : undefined;
}

/** @throws Problem in_use while it is the address of a user of the installation, whose account needs it */
export function refuseUser({ directory }: Deps, tenant: string, { isTheirs }: About): void {
  const users = tenant === PLATFORM ? directory.entities(PLATFORM, "user") : [];
  const user = users.find(({ email }) => isTheirs(email));
  if (user === undefined) return;
  throw new Problem("in_use", `it is the address of user ${user.id}: delete the user first`);
}

/** The entities, gone ones included, that have such a fact, each with all of its facts from that one on. */
async function find(
  { nats, stall }: Deps,
  filters: string[],
  isNamed: (fact: ControlFact) => boolean,
): Promise<Named[]> {
  const found = new Map<string, Named>();
  const source = replay(nats, { stream: STREAMS.control, filters });
  for await (const { seq, subject, json } of steady(source, stall)) {
    const fact = json<ControlFact>();
    const known = found.get(subject);
    if (known !== undefined) known.seqs.push(seq);
    else if (isNamed(fact)) {
      const { tenant, id } = fact;
      found.set(subject, { tenant, kind: fact.kind as Named["kind"], id, seqs: [seq] });
    }
  }
  return [...found.values()];
}

async function findNamed(deps: Deps, tenant: string, { isTheirs }: About): Promise<Named[]> {
  const kinds = tenant === PLATFORM ? ["suppression", "user"] : ["suppression"];
  const filters = kinds.map((kind) => controlSubject(tenant, kind, "*"));
  const named = await find(deps, filters, ({ entity }) => {
    const address = addressOf(entity);
    return address !== undefined && isTheirs(address);
  });
  const users = named.filter(({ kind }) => kind === "user");
  const servers = users.map(({ id }) => controlSubject("*", "usersmtp", id));
  if (servers.length === 0) return named;
  return [...named, ...(await find(deps, servers, ({ entity }) => entity !== null))];
}

/** Goes on to suppress, under the hash of its address alone: it is what keeps mail from them. */
async function keepHashed(deps: Deps, author: Author, tenant: string, id: string, erased: Erased) {
  const held: Suppression | undefined = deps.directory.find(tenant, "suppression", id)?.entity;
  if (held === undefined) return;
  const hashed = keptHash(deps.secrets, tenant, held.address);
  const entity = { ...held, id: hashed, address: erased.pseudonym(held.address) };
  const after = deps.directory.lastSeq(tenant, "suppression", hashed);
  const change = { tenant, kind: "suppression", id: hashed, entity, after } as const;
  await keep(deps, author, { ...change, reason: REASON });
}

/**
 * Takes an address out of the suppression list, of the platform's users that were deleted, and out of the
 * history of both: says of each entity that its history is erased, then overwrites the facts before.
 * Done again after a crash in between, it comes to the same. @throws Problem conflict | LogUnavailable
 */
export async function eraseFacts(
  deps: Deps,
  author: Author,
  tenant: string,
  about: About,
  erased: Erased,
): Promise<void> {
  if (about.messageId !== undefined) return;
  for (const { seqs, ...of } of await findNamed(deps, tenant, about)) {
    if (of.kind === "suppression") await keepHashed(deps, author, tenant, of.id, erased);
    const after = deps.directory.lastSeq(of.tenant, of.kind, of.id);
    await keep(deps, author, { ...of, entity: null, after, reason: REASON, erased: true });
    await overwriteFacts(deps.nats, seqs);
  }
}
