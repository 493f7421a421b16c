import { type Nats, ofThisLog, overwriteOriginals } from "@waybill/runtime";
import { readCheckpoint, type Tx } from "@waybill/runtime/postgres";
import type { ErasedRecord } from "@waybill/schemas";
import { historyOf, type Ref } from "./history.ts";
import { rewrite } from "./rewrite.ts";

const refsOf = (records: readonly ErasedRecord[]): Ref[] => {
  const refs = records.map(
    ({ tenant, messageId: id }) => [`${tenant}/${id}`, { tenant, id }] as const,
  );
  return [...new Map(refs).values()];
};

type Rows = {
  nats: Nats;
  /** Name of the checkpoint of the views the rows belong to. */
  views: string;
  tx: Tx;
  /** Which of these messages have rows at all, once the views' own writer is held out. */
  isKept: (ids: string[]) => Promise<(id: string) => boolean>;
};

/**
 * Writes the rows of the messages that records speak of anew, from what is left of their events, and then
 * overwrites the originals; repeated after a crash in between, it comes to the same. Views are waited for
 * that do not hold the originals yet: they would miss them. @throws when the views are not that far
 */
export async function projectErased(
  { nats, views, tx, isKept }: Rows,
  told: readonly ErasedRecord[],
): Promise<void> {
  const records = await ofThisLog(nats, told);
  if (records.length === 0) return;
  const through = await holdViews(tx, views);
  const last = Math.max(...records.map(({ seq }) => seq));
  if (last > through) throw new Error(`the views are at ${through}, and have to reach ${last}`);
  const refs = refsOf(records);
  const kept = await isKept(refs.map(({ id }) => id));
  for (const ref of refs.filter(({ id }) => kept(id)))
    await rewrite(tx, ref, await historyOf(nats, tx, ref));
  await overwriteOriginals(nats, records);
}

/** Keeps the views' own writer out until the transaction ends. @returns how far they are. */
async function holdViews(tx: Tx, name: string): Promise<number> {
  await tx.query("SELECT FROM checkpoint WHERE name = $1 FOR UPDATE", [name]);
  return readCheckpoint(tx, name);
}
