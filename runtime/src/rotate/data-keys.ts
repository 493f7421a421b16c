import type { DataKey } from "@waybill/schemas";
import { dataKeysOf, makeDataKey } from "../data-key.ts";
import type { Held } from "../directory.ts";
import type { Secrets } from "../secrets.ts";
import { StartError } from "../start-error.ts";
import { keyIdIn, makeVault, type Vault } from "../vault.ts";
import { change, nameOf, type Books } from "./change.ts";
import { UNDER_DATA_KEY, underDataKey } from "./sealed.ts";

const REASON = "the data key changed";

/** The key to seal under: of a change that was not finished the one it made, else a new one. */
async function newKey(books: Books, secrets: Secrets, tenant: string): Promise<DataKey> {
  const [newest, older] = dataKeysOf(books, tenant);
  if (newest !== undefined && older !== undefined) return newest;
  return makeDataKey({ ...books, secrets }, tenant);
}

async function sealAgain(books: Books, vault: Vault, held: Held, key: DataKey): Promise<boolean> {
  const { tenant, entity } = held;
  let isNew = false;
  const now = await underDataKey(entity, async (sealed) => {
    if (keyIdIn(sealed) === key.id) return sealed;
    isNew = true;
    return vault.seal(tenant, vault.open(tenant, sealed));
  }).catch((cause: unknown) => {
    const hint = "give its secret anew over the API, then run this again";
    throw new StartError(`the secret of ${nameOf(held)} does not open`, hint, { cause });
  });
  if (isNew) await change(books, held, now, REASON);
  return isNew;
}

async function dropOlder(books: Books, tenant: string, key: DataKey): Promise<void> {
  for (const { id } of dataKeysOf(books, tenant)) {
    const held = books.directory.find(tenant, "datakey", id);
    if (held !== undefined && id !== key.id) await change(books, held, null, REASON);
  }
}

async function renew(books: Books, secrets: Secrets, tenant: string): Promise<number> {
  const vault = makeVault(books.nats, books.directory, secrets);
  const key = await newKey(books, secrets, tenant);
  const all: Held[] = UNDER_DATA_KEY.flatMap((kind) => books.directory.everywhere(kind));
  let sealed = 0;
  for (const held of all.filter((one) => one.tenant === tenant))
    if (await sealAgain(books, vault, held, key)) sealed += 1;
  await dropOlder(books, tenant, key);
  return sealed;
}

/**
 * Gives every tenant that has a data key a new one, and seals its secrets under that. What a crash
 * leaves is finished by the next run.
 * @returns how many keys were made, and how many secrets sealed again. @throws StartError
 */
export async function renewDataKeys(
  books: Books,
  secrets: Secrets,
): Promise<{ dataKeys: number; secrets: number }> {
  const held = books.directory.everywhere("datakey").map(({ tenant }) => tenant);
  const tenants = [...new Set(held)].filter((one) => dataKeysOf(books, one).length > 0);
  let sealed = 0;
  for (const tenant of tenants) sealed += await renew(books, secrets, tenant);
  return { dataKeys: tenants.length, secrets: sealed };
}
