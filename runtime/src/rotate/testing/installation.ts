import type { Entity, Provider, SigningKey, UserSmtp } from "@waybill/schemas";
import { ownFact, putEntity } from "../../control.ts";
import type { Directory } from "../../directory.ts";
import { followDirectory } from "../../follow-directory.ts";
import { unlock } from "../../master-key.ts";
import type { Nats } from "../../nats.ts";
import { STREAMS } from "../../streams.ts";
import { makeVault } from "../../vault.ts";

const TIME = "2026-01-01T00:00:00.000Z";

const provider = (sealedPassword: string): Provider => ({
  kind: "provider",
  type: "smtp",
  id: "p",
  name: "P",
  concurrency: 1,
  smtp: {
    host: "h",
    port: 25,
    tls: "none",
    verify: false,
    auth: { method: "PLAIN", username: "u", sealedPassword },
  },
});

const userSmtp = (sealedPassword: string): UserSmtp => ({
  kind: "usersmtp",
  id: "u",
  host: "h",
  port: 25,
  secure: false,
  user: "u",
  sealedPassword,
  updatedAt: TIME,
  updatedBy: "u",
});

const signingKey = (sealedPrivateKey: string): SigningKey => ({
  kind: "signingkey",
  id: "k",
  publicKey: {},
  sealedPrivateKey,
  createdAt: TIME,
});

/** What an installation holds, as a process that starts with a master key opens it. */
export const ALL = {
  passwords: ["password of a", "password of b", "password of u"],
  signing: "private key",
};

/** An installation with secrets of two tenants; what it holds, with the hash of a machine's password. */
export async function install(nats: Nats, master: string): Promise<typeof ALL & { hash: string }> {
  const put = (tenant: string, entity: Entity) => putEntity(nats, ownFact(tenant, entity, "test"));
  const secrets = await unlock(nats, master);
  const directory = await followDirectory(nats);
  const vault = makeVault(nats, directory, secrets);
  await put("platform", signingKey(secrets.seal("private key")));
  await put("a", provider(await vault.seal("a", "password of a")));
  await put("b", provider(await vault.seal("b", "password of b")));
  await put("b", userSmtp(await vault.seal("b", "password of u")));
  await put("c", { kind: "provider", type: "sandbox", id: "p", name: "P", concurrency: 1 });
  await directory.stop();
  return { ...ALL, hash: secrets.hash("machine") };
}

/** The configuration as of now. */
export async function directoryOf(nats: Nats): Promise<Directory> {
  const directory = await followDirectory(nats);
  await directory.stop();
  return directory;
}

/** What a process that starts with that master key opens. @throws StartError */
export async function opened(nats: Nats, master: string): Promise<typeof ALL & { hash: string }> {
  const secrets = await unlock(nats, master);
  const directory = await directoryOf(nats);
  const vault = makeVault(nats, directory, secrets);
  const passwordOf = (tenant: string) => {
    const found = directory.provider(tenant, "p");
    const login = found?.type === "smtp" ? found.smtp.auth : undefined;
    return vault.open(tenant, (login && "sealedPassword" in login && login.sealedPassword) || "");
  };
  const user = directory.find("b", "usersmtp", "u")?.entity.sealedPassword ?? "";
  const signing = directory.find("platform", "signingkey", "k")?.entity.sealedPrivateKey ?? "";
  return {
    passwords: [passwordOf("a"), passwordOf("b"), vault.open("b", user)],
    signing: secrets.open(signing),
    hash: secrets.hash("machine"),
  };
}

/** The log to a process that is killed after so many facts. */
export function dyingAfter(facts: number, nats: Nats): Nats {
  let left = facts;
  const publish: Nats["js"]["publish"] = (...what) => {
    if (left === 0) throw new Error("killed");
    left -= 1;
    return nats.js.publish(...what);
  };
  const js = Object.assign(Object.create(nats.js) as Nats["js"], { publish });
  return { ...nats, js };
}

/** How many facts there are. */
export const facts = async ({ jsm }: Nats): Promise<number> =>
  (await jsm.streams.info(STREAMS.control)).state.messages;
