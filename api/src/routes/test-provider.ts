import { ask, newMessageId, RefreshTokens } from "@waybill/runtime";
import { type KeptToken, type Verdict, verifySmtp } from "@waybill/runtime/outbound";
import { PLATFORM, type Provider, type SmtpSettings } from "@waybill/schemas";
import { z } from "zod";
import { callerOf } from "../auth.ts";
import type { App, Deps } from "../deps.ts";
import { findProvider } from "../find-provider.ts";
import { loginToTry } from "../login-to-try.ts";
import { PROVIDER_TESTS } from "../provider-tests.ts";
import { type HttpProvider, newHttpProvider } from "../resources/http-provider-settings.ts";
import { smtpOf } from "../resources/provider-settings.ts";
import { json } from "../shapes/named.ts";
import { BODY, problems } from "../shapes/problem.ts";
import { ProviderToTest, ProviderVerdict } from "../shapes/provider-check.ts";

const REFUSED = ["unauthenticated", "forbidden", "rate_limited"] as const;
const ById = z.strictObject({ id: z.string().min(1).max(100) });

const description =
  "Of an SMTP server: connection, greeting, TLS, login, and no mail. Of a service over HTTP: a question " +
  "about the account. Some 15 seconds at most, and 7 before " +
  "them for an access token of an SMTP server. A host that is not allowed, not " +
  "known or not there is `unreachable` alike.";

const unsaved = {
  summary: "Try a provider before it is saved",
  description,
  tags: ["providers"],
  body: ProviderToTest,
  response: {
    200: json("What came of it", ProviderVerdict),
    ...problems(...BODY, "unavailable", ...REFUSED),
  },
};

const saved = {
  summary: "Try a provider as it is saved",
  description,
  tags: ["providers"],
  params: ById,
  response: {
    200: json("What came of it", ProviderVerdict),
    ...problems("not_found", "unavailable", ...REFUSED),
  },
};

/** The stage that sends with these providers tries them. */
const askActors = ({ nats }: Deps, owner: string, provider: HttpProvider): Promise<Verdict> =>
  ask<Verdict>(nats, "verify-provider", { owner, provider });

/** What is not saved is not sealed either. */
const plain = (secret: string): string => secret;
const unsealed = (secret: string): Promise<string> => Promise.resolve(secret);

async function verifyServer(
  deps: Deps,
  tenant: string,
  { auth, host, port, tls, verify }: SmtpSettings,
  open: (sealed: string) => string,
  kept?: KeptToken,
): Promise<Verdict> {
  const login = auth && (await loginToTry(deps, tenant, auth, open, kept));
  if (login !== undefined && "success" in login) return login;
  const isExempt = tenant === PLATFORM;
  return verifySmtp(deps.outbound, { host, port, tls, verify, isExempt, auth: login });
}

async function verifySaved(deps: Deps, tenant: string, provider: Provider): Promise<Verdict> {
  if (provider.type === "sandbox")
    return { success: true, message: `the sandbox ${provider.name} keeps mail and sends none` };
  if (provider.type !== "smtp") return askActors(deps, tenant, provider);
  const kept = new RefreshTokens(deps).of(tenant, provider);
  const open = (sealed: string) => deps.vault.open(tenant, sealed);
  return verifyServer(deps, tenant, provider.smtp, open, kept);
}

async function verifyUnsaved(deps: Deps, tenant: string, body: ProviderToTest): Promise<Verdict> {
  if (body.type === "smtp") return verifyServer(deps, tenant, await smtpOf(body, unsealed), plain);
  const seal = (secret: string) => deps.vault.seal(tenant, secret);
  return askActors(deps, tenant, await newHttpProvider(newMessageId(), body, seal));
}

export function testProviderRoute(app: App, deps: Deps): void {
  const config = { may: "config:write", limit: PROVIDER_TESTS } as const;
  app.post("/providers/test", { schema: unsaved, config }, ({ caller, body }) =>
    verifyUnsaved(deps, callerOf(caller).tenant, body),
  );
  app.post("/providers/:id/test", { schema: saved, config }, async ({ caller, params }) => {
    const { tenant, entity } = findProvider(deps, callerOf(caller), params.id);
    return verifySaved(deps, tenant, entity);
  });
}
