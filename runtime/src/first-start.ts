import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_LADDER, PLATFORM, type Entity, type Tenant } from "@waybill/schemas";
import type { Config } from "./config.ts";
import { lastFact, ownFact, putNew } from "./control.ts";
import { userIdOf } from "./ids.ts";
import type { Nats } from "./nats.ts";
import { hashPassword } from "./passwords.ts";
import { randomToken, type Secrets } from "./secrets.ts";

/** What a person needs for a first mail; kept in `<data>/credentials.json`, mode 0600, and nowhere else. */
export type FirstCredentials = {
  tenant: string;
  smtp: { host: string; port: number; username: string; password: string };
  api: { url: string; key: string };
  admin: { email: string; password: string };
};

type Owned = { tenant: string; entity: Entity };

const DEMO = "demo";
const KEY_ID = "demo";

function makeCredentials(): Pick<FirstCredentials, "smtp" | "api" | "admin"> {
  return {
    smtp: { host: "", port: 0, username: DEMO, password: randomToken(24) },
    api: { url: "", key: `wb_live_${KEY_ID}_${randomToken(24)}` },
    admin: { email: "admin@waybill.local", password: randomToken(18) },
  };
}

const tenantOf = (id: string, name: string, more: Partial<Tenant>): Tenant => ({
  kind: "tenant",
  id,
  name,
  concurrency: 20,
  retryLadder: [...DEFAULT_LADDER],
  onAmbiguous: "retry",
  ...more,
});

async function demoEntities(kept: FirstCredentials, secrets: Secrets): Promise<Owned[]> {
  const own = (entity: Entity) => ({ tenant: DEMO, entity });
  return [
    own({
      kind: "credential",
      id: DEMO,
      username: kept.smtp.username,
      hash: secrets.hash(kept.smtp.password),
    }),
    own({ kind: "apikey", id: KEY_ID, name: "first key", hash: secrets.hash(kept.api.key) }),
    own({ kind: "provider", type: "sandbox", id: "sandbox", name: "Sandbox", concurrency: 20 }),
    own({
      kind: "route",
      id: "sandbox",
      name: "Sandbox",
      position: 0,
      then: { type: "providers", providers: ["sandbox"] },
      lastResort: true,
    }),
    {
      tenant: PLATFORM,
      entity: {
        kind: "user",
        id: userIdOf(kept.admin.email),
        email: kept.admin.email,
        role: "admin",
        passwordHash: await hashPassword(kept.admin.password),
      },
    },
    own(tenantOf(DEMO, "Demo", { enforceSenderDomains: false })),
  ];
}

/** Whether it was new. */
const make = async (nats: Nats, { tenant, entity }: Owned): Promise<boolean> =>
  (await putNew(nats, ownFact(tenant, entity, "first start"))) !== undefined;

function keep(file: string, credentials: FirstCredentials): void {
  // Stages that share the folder may start together.
  const draft = `${file}.${process.pid}.draft`;
  writeFileSync(draft, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(draft, file);
}

/** Where this process listens, as a client on this machine would say it. */
function places(config: Config): { smtp: { host: string; port: number }; api: { url: string } } {
  const host = ["0.0.0.0", "::"].includes(config.WAYBILL_HOST) ? "127.0.0.1" : config.WAYBILL_HOST;
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${config.WAYBILL_API_PORT}`;
  return {
    smtp: { host, port: config.WAYBILL_SMTP_PORT || config.WAYBILL_SMTPS_PORT },
    api: { url },
  };
}

/** Whom the administrators' keys, and the system-wide things, belong to; nobody can delete it. */
const THE_PLATFORM: Owned = {
  tenant: PLATFORM,
  entity: tenantOf(PLATFORM, "Platform", { enforceSenderDomains: true }),
};

/**
 * On the first start of an installation: makes the platform's tenant, and the demo tenant with its
 * credential, API key, provider and route, and the first administrator, as facts. Their secrets are kept in the
 * credentials file before, so that a crash in between is completed by the next start; the tenant's
 * own fact is the last one and says that all is done. Of two processes that start for the first
 * time together, the one whose first fact is refused gives way. Later starts only bring the
 * addresses in the file up to date.
 */
export async function firstStart(nats: Nats, config: Config, secrets: Secrets): Promise<void> {
  await make(nats, THE_PLATFORM);
  const file = join(config.WAYBILL_DATA, "credentials.json");
  mkdirSync(config.WAYBILL_DATA, { recursive: true });
  const done = await isMade(nats);
  const found = existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as FirstCredentials)
    : undefined;
  if (done && found === undefined) return;
  const { smtp, api, admin } = found ?? makeCredentials();
  const at = places(config);
  const credentials = {
    tenant: DEMO,
    smtp: { ...smtp, ...at.smtp },
    api: { ...api, ...at.api },
    admin,
  };
  keep(file, credentials);
  if (done) return;
  const [first, ...rest] = await demoEntities(credentials, secrets);
  const isFirst = first === undefined || (await make(nats, first));
  if (!isFirst && found === undefined) rmSync(file);
  else for (const one of rest) await make(nats, one);
}

/** Whether the installation has been made already. */
export const isMade = async (nats: Nats): Promise<boolean> =>
  (await lastFact(nats, DEMO, "tenant", DEMO)) !== undefined;
