import type { Provider } from "@waybill/schemas";
import { merged } from "../resource/merge.ts";
import type { NewHttp } from "./http-provider-shapes.ts";
import { broken, type Seal } from "./sealing.ts";
import type { ChangedProvider } from "./provider-shapes.ts";

export type HttpProvider = Extract<Provider, { sealedSecret: string }>;

/** Where a secret is sent to. */
const PLACES = ["baseUrl", "smtp", "tokenUrl"] as const;

/** A provider over HTTP as it is kept. */
export async function newHttpProvider(
  id: string,
  { secret, ...settings }: NewHttp,
  seal: Seal,
): Promise<HttpProvider> {
  const kept = { kind: "provider", id, ...settings, sealedSecret: await seal(secret) };
  return merged(kept as HttpProvider, {});
}

const isMoved = (provider: HttpProvider, patch: ChangedProvider): boolean => {
  const before = provider as Partial<Record<(typeof PLACES)[number], unknown>>;
  return PLACES.some(
    (name) =>
      patch[name] !== undefined &&
      JSON.stringify(patch[name] ?? undefined) !== JSON.stringify(before[name]),
  );
};

/**
 * A provider over HTTP after a patch. Its secret goes to no other place than the one it was given
 * for, as the password of an SMTP server does. @throws Problem invalid_body
 */
export async function changedHttpProvider(
  provider: HttpProvider,
  { secret, ...patch }: ChangedProvider,
  seal: Seal,
): Promise<HttpProvider> {
  if (secret === undefined && isMoved(provider, patch))
    throw broken("secret", "give it again when baseUrl, smtp or tokenUrl change");
  const sealedSecret = secret === undefined ? undefined : await seal(secret);
  const said = Object.entries({ ...patch, sealedSecret });
  return merged(provider, Object.fromEntries(said.filter(([, value]) => value !== undefined)));
}
