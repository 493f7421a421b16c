import { ownFact, putEntity, suppressionIdOf, type Nats, type Secrets } from "@waybill/runtime";
import { DEFAULT_LADDER, type Entity, type Suppression } from "@waybill/schemas";

/** Facts that are published before one of them must have been acknowledged. */
const AT_ONCE = 500;

/** Logins a tenant has. */
export const LOGINS = 2;

/** The username, as long as a ULID, and the password of a tenant's login; both are numbered from 0. */
export const loginOf = (tenant: number, login: number) => {
  const username = `01KAJ8Q6ZC${String(tenant * LOGINS + login).padStart(16, "0")}`;
  return { username, password: `wb_live_the-password-of-${username}` };
};

const tenantOf = (id: string): Entity => ({
  kind: "tenant",
  id,
  name: `The tenant ${id}`,
  concurrency: 20,
  retryLadder: [...DEFAULT_LADDER],
  onAmbiguous: "retry",
  createdAt: "2026-01-01T00:00:00.000Z",
});

const providerOf = (id: string): Entity => ({
  kind: "provider",
  type: "smtp",
  id: "smtp",
  name: `The relay of ${id}`,
  concurrency: 20,
  smtp: { host: `smtp.${id}.test`, port: 587, tls: "starttls", verify: true },
});

function credentialOf(
  { username, password }: ReturnType<typeof loginOf>,
  secrets: Secrets,
): Entity {
  const hash = secrets.hash(password);
  const createdAt = "2026-01-01T00:00:00.000Z";
  return { kind: "credential", id: username, name: "the shop", username, hash, createdAt };
}

/** Keeps a tenant with its logins and an SMTP provider in CONTROL. */
async function putTenant(nats: Nats, secrets: Secrets, at: number): Promise<void> {
  const tenant = `tenant-${at}`;
  const logins = Array.from({ length: LOGINS }, (_, login) => loginOf(at, login));
  const credentials = logins.map((login) => credentialOf(login, secrets));
  const change = { time: new Date().toISOString(), actor: "bench", reason: "bench" };
  for (const entity of [tenantOf(tenant), ...credentials, providerOf(tenant)])
    await putEntity(nats, { tenant, kind: entity.kind, id: entity.id, ...change, entity });
}

async function inParallel(count: number, put: (at: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await put(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Keeps so many tenants in CONTROL. */
export const fill = (nats: Nats, secrets: Secrets, tenants: number): Promise<void> =>
  inParallel(tenants, (at) => putTenant(nats, secrets, at));

/** Keeps so many addresses on the list of the first tenant, as bounces put them there. */
export const suppress = (nats: Nats, count: number): Promise<void> =>
  inParallel(count, (at) => {
    const address = `somebody-${at}@example-${at % 1000}.test`;
    const entity: Suppression = {
      kind: "suppression",
      id: suppressionIdOf(address),
      address,
      reason: "hard_bounce",
      origin: "smtp",
      category: "invalid_recipient",
      messageId: `01KAJ8Q6ZC${String(at).padStart(16, "0")}`,
      at: "2026-01-01T00:00:00.000Z",
    };
    return putEntity(nats, ownFact("tenant-0", entity, "550 5.1.1 no such user"));
  });
