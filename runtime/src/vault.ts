import type { DataKey } from "@waybill/schemas";
import { openText, sealText } from "./cipher.ts";
import { dataKeysOf, makeDataKey, type KeyStore } from "./data-key.ts";
import type { Nats } from "./nats.ts";
import type { Secrets } from "./secrets.ts";

/** Where the secrets that tenants give us are sealed: each tenant's under a data key of its own (ADR 0006). */
export type Vault = {
  /** Seals a secret of a tenant, whose data key is made when there is none. @throws LogUnavailable */
  seal(tenant: string, plain: string): Promise<string>;
  /** The secret. @throws when it is another tenant's, was changed, or its data key is gone. */
  open(tenant: string, sealed: string): string;
};

/** `t1.<id of the data key>.<nonce>.<text>`; the tenant is the associated data. */
const headOf = (keyId: string): string => `t1.${keyId}`;

/** The id of the data key that a tenant's secret was sealed under. */
export const keyIdIn = (sealed: string): string => /^t1\.([^.]+)\./.exec(sealed)?.[1] ?? "";

/** The vault of an installation; the directory must hold the data keys. */
export function makeVault(
  nats: Nats,
  directory: KeyStore["directory"],
  secrets: Pick<Secrets, "seal" | "open">,
): Vault {
  const store = { nats, directory, secrets };
  const opened = new WeakMap<DataKey, Buffer>();
  const bytesOf = (key: DataKey): Buffer => {
    const bytes = opened.get(key) ?? Buffer.from(secrets.open(key.sealed), "base64url");
    opened.set(key, bytes);
    return bytes;
  };
  return {
    seal: async (tenant, plain) => {
      const key = dataKeysOf(store, tenant)[0] ?? (await makeDataKey(store, tenant));
      return sealText(bytesOf(key), headOf(key.id), plain, tenant);
    },
    open: (tenant, sealed) => {
      const key = directory.find(tenant, "datakey", keyIdIn(sealed))?.entity;
      if (key === undefined) throw new Error("the data key of a secret is not there");
      return openText(bytesOf(key), sealed, tenant);
    },
  };
}
