import type { Provider, SmtpProvider, SmtpSettings } from "@waybill/schemas";
import { merged } from "../resource/merge.ts";
import { changedHttpProvider, newHttpProvider } from "./http-provider-settings.ts";
import { changedLogin, newLogin, refuseForeign } from "./provider-login.ts";
import { type Seal } from "./sealing.ts";
import { PRESETS } from "./provider-presets.ts";
import { type ChangedProvider, FIELDS, type NewProvider, type NewSmtp } from "./provider-shapes.ts";

const SUBMISSION = 587;
const SUBMISSIONS = 465;

/** Where mail goes: as given, else as the preset says, else by the custom of the port (RFC 8314). */
function placeOf({
  preset,
  host,
  port,
  tls,
}: NewSmtp): Pick<SmtpSettings, "host" | "port" | "tls"> {
  const known = preset && PRESETS[preset];
  const where = port ?? known?.port ?? SUBMISSION;
  const byPort = where === SUBMISSIONS ? "implicit" : "starttls";
  return { host: host ?? known?.host ?? "", port: where, tls: tls ?? byPort };
}

/** An SMTP server as it is kept. */
export async function smtpOf(body: NewSmtp, seal: Seal): Promise<SmtpSettings> {
  const { verify, auth, timeouts } = body;
  const place = { ...placeOf(body), verify };
  if (auth === undefined) return merged(place, { timeouts });
  return merged(place, { timeouts, auth: await newLogin(auth, seal) });
}

/** A provider as it is kept. */
export async function newProvider(id: string, body: NewProvider, seal: Seal): Promise<Provider> {
  if ("secret" in body) return newHttpProvider(id, body, seal);
  const { type, name, concurrency } = body;
  const base = { kind: "provider", id, name, concurrency } as const;
  if (type === "sandbox") return { ...base, type };
  const { from, replyTo } = body;
  return merged({ ...base, type, smtp: await smtpOf(body, seal) }, { from, replyTo });
}

/** A provider after a patch. @throws Problem invalid_body */
export async function changedProvider(
  provider: Provider,
  patch: ChangedProvider,
  seal: Seal,
): Promise<Provider> {
  refuseForeign(patch, provider.type, FIELDS[provider.type]);
  if (provider.type === "smtp") return changedSmtp(provider, patch, seal);
  if (provider.type !== "sandbox") return changedHttpProvider(provider, patch, seal);
  return merged(provider, patch);
}

async function changedSmtp(
  provider: SmtpProvider,
  patch: ChangedProvider,
  seal: Seal,
): Promise<SmtpProvider> {
  const { name, concurrency, from, replyTo, host, port, tls, verify, timeouts } = patch;
  const server = given({ host, port, tls, verify, timeouts });
  const auth = await changedLogin(provider, patch, seal);
  const { auth: _before, ...before } = provider.smtp;
  const smtp = merged(before, { ...server, auth });
  const { settingsSeq: _, ...rest } = provider;
  return merged({ ...rest, smtp }, given({ name, concurrency, from, replyTo }));
}

/** Without what is absent: a patch leaves that as it was. */
const given = (patch: object): object =>
  Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
