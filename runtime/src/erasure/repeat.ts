import {
  type ControlFact,
  controlSubject,
  type Erasure,
  type TenantErasure,
} from "@waybill/schemas";
import { TenantErasure as Line } from "@waybill/schemas/shapes";
import { putEntity } from "../control.ts";
import type { Nats } from "../nats.ts";
import { readStream } from "../read-stream.ts";
import { StartError } from "../start-error.ts";
import { STREAMS } from "../streams.ts";

type Kept = { erasure: TenantErasure; seq: number };

async function keptErasures(nats: Nats): Promise<Map<string, Kept>> {
  const kept = new Map<string, Kept>();
  const options = { stream: STREAMS.control, filters: [controlSubject("*", "erasure", "*")] };
  for await (const { seq, json } of readStream(nats, options)) {
    const { tenant, id, entity } = json<ControlFact>();
    if (entity?.kind === "erasure")
      kept.set(`${tenant}/${id}`, { erasure: { ...entity, tenant }, seq });
  }
  return kept;
}

const isSince = ({ at, finishedAt = at }: Erasure, since: Date): boolean =>
  Date.parse(finishedAt) >= since.getTime();

/** Every erasure of any tenant that was finished, or asked for, at a moment or later; the oldest first. */
export async function listErasures(nats: Nats, since: Date): Promise<TenantErasure[]> {
  const all = [...(await keptErasures(nats)).values()].map(({ erasure }) => erasure);
  const wanted = all.filter((one) => isSince(one, since));
  return wanted.toSorted((one, other) => (one.at < other.at ? -1 : 1));
}

/** The erasures of a list, one on each line. @throws StartError when it is none */
export function readErasures(text: string): TenantErasure[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.map((line, index) => {
    try {
      return Line.parse(JSON.parse(line));
    } catch (cause) {
      const hint = "give the output of `npm run erasures`; nothing was changed";
      throw new StartError(`line ${index + 1} of the list is no erasure`, hint, { cause });
    }
  });
}

/** Milliseconds by which clocks of machines may differ. */
const SKEW = 3_600_000;

/**
 * Says in a restored log that erasures are to be gone on with: those of a list, and those that were
 * finished while the backup was taken or later, as it may have what they erased. @returns how many
 */
export async function repeatErasures(
  nats: Nats,
  listed: readonly TenantErasure[],
  takenAt: Date,
): Promise<number> {
  const kept = await keptErasures(nats);
  const since = new Date(takenAt.getTime() - SKEW);
  const unsure = [...kept.values()].filter(({ erasure }) => isSince(erasure, since));
  const wanted = [...unsure.map(({ erasure }) => erasure), ...listed];
  const again = new Map(wanted.map((one) => [`${one.tenant}/${one.id}`, one]));
  for (const [name, erasure] of again)
    await putEntity(nats, factOf(erasure), kept.get(name)?.seq ?? 0);
  return again.size;
}

function factOf({ tenant, ...erasure }: TenantErasure): ControlFact {
  const { finishedAt: _, ...entity } = erasure;
  const { kind, id, by: actor } = entity;
  const time = new Date().toISOString();
  return { tenant, kind, id, time, actor, reason: "repeated after a restore", entity };
}
