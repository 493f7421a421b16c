import { PLATFORM, type Entity } from "@waybill/schemas";
import type { Held } from "../directory.ts";
import { CHECK, CHECK_ID, otherMasterKey } from "../master-key.ts";
import type { Secrets } from "../secrets.ts";
import { StartError } from "../start-error.ts";
import { change, nameOf, type Books } from "./change.ts";
import { UNDER_MASTER, underMaster } from "./sealed.ts";

type Keys = { from: Secrets; to: Secrets };
type Change = { held: Held; now: Entity };

const REASON = "the master key changed";

/** A text under the new key; one that is there already stays. @throws when it is under neither */
const again =
  ({ from, to }: Keys) =>
  (sealed: string): string =>
    to.hasSealed(sealed) ? sealed : to.seal(from.open(sealed));

/** Every change there is to make, before the first is made. @throws StartError when something is under neither key */
function planned({ directory }: Books, keys: Keys): Change[] {
  const all: Held[] = UNDER_MASTER.flatMap((kind) => directory.everywhere(kind));
  return all.map((held) => ({ held, now: sealedAgain(held, keys) })).filter(isChanged);
}

const isChanged = ({ held, now }: Change): boolean =>
  JSON.stringify(held.entity) !== JSON.stringify(now);

function sealedAgain(held: Held, keys: Keys): Entity {
  try {
    return underMaster(held.entity, again(keys));
  } catch (cause) {
    throw new StartError(
      `${nameOf(held)} is sealed under neither key`,
      "give the keys of the change that was not finished",
      { cause },
    );
  }
}

/** The check of the master key. @throws StartError when there is none, or it is under neither key */
function findCheck({ directory }: Books, { from, to }: Keys) {
  const held = directory.find(PLATFORM, "masterkey", CHECK_ID);
  if (held === undefined)
    throw new StartError("there is no installation here", "start the relay once");
  const { sealed } = held.entity;
  const keys = [to, from].find((one) => one.hasSealed(sealed));
  if (keys === undefined) throw otherMasterKey();
  return { held, isDone: keys === to && to.open(sealed) === CHECK.atRest };
}

async function putCheck(books: Books, keys: Keys, text: string): Promise<void> {
  const { held } = findCheck(books, keys);
  await change(books, held, { ...held.entity, sealed: keys.to.seal(text) }, REASON);
}

/**
 * Seals all that is sealed under one master key again under another. Between the first and the last
 * fact no process starts, under neither key; what a crash leaves is finished by the next run with
 * the same keys.
 * @returns how many entities were changed. @throws StartError and changes nothing, when a key is wrong
 */
export async function changeMasterKey(books: Books, keys: Keys): Promise<number> {
  const { isDone } = findCheck(books, keys);
  const changes = planned(books, keys);
  if (isDone && changes.length === 0) return 0;
  await putCheck(books, keys, CHECK.changing);
  for (const { held, now } of changes) await change(books, held, now, REASON);
  await putCheck(books, keys, CHECK.atRest);
  return changes.length;
}
