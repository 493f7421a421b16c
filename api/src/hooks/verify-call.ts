import type { Held } from "@waybill/runtime";
import type { Hook } from "@waybill/schemas";
import type { Deps } from "../deps.ts";
import { type HookCall, jsonIn, type Verdict } from "./call.ts";
import type { Certificates } from "./certificates.ts";
import { parseGeneric } from "./parse/generic.ts";
import { parseMailgun } from "./parse/mailgun.ts";
import { parsePostmark } from "./parse/postmark.ts";
import { parseResend } from "./parse/resend.ts";
import { parseSendgrid } from "./parse/sendgrid.ts";
import type { Reports } from "./report.ts";
import { type Verified, verifySes } from "./ses.ts";
import { verifyMailgun } from "./verify/mailgun.ts";
import { verifyPostmark } from "./verify/postmark.ts";
import { verifySendgrid } from "./verify/sendgrid.ts";
import { verifyStandard } from "./verify/standard.ts";

type Sealed = Exclude<Hook, { type: "sendgrid" | "ses" }>;

/** The secrets in use: the newest first, and the one before it while it is being replaced. */
function secretsOf({ vault }: Deps, tenant: string, hook: Sealed): string[] {
  const sealed = [hook.sealedSecret, hook.sealedPreviousSecret];
  return sealed.filter((one) => one !== undefined).map((one) => vault.open(tenant, one));
}

type Parser = (body: unknown, callId: string) => Reports | undefined;

const parsed = (verdict: Verdict, { body }: HookCall, parse: Parser): Verified =>
  verdict.refused === undefined
    ? { id: verdict.id, reports: parse(jsonIn(body.toString("utf8")), verdict.id) }
    : verdict;

/** Verifies a call by what its own webhook demands, and reads what it tells. @throws Problem unavailable */
export async function verifyCall(
  deps: Deps,
  { tenant, entity: hook }: Held<Hook>,
  call: HookCall,
  certificates: Certificates,
): Promise<Verified> {
  if (hook.type === "ses")
    return verifySes(call, hook, { certificates, fetchText: deps.fetchText });
  if (hook.type === "sendgrid")
    return parsed(verifySendgrid(call, hook.publicKey), call, parseSendgrid);
  const secrets = secretsOf(deps, tenant, hook);
  switch (hook.type) {
    case "mailgun":
      return parsed(verifyMailgun(call, secrets), call, parseMailgun);
    case "postmark": {
      const { username, header } = hook;
      return parsed(verifyPostmark(call, { username, header }, secrets), call, parsePostmark);
    }
    case "resend":
      return parsed(verifyStandard(call, secrets), call, parseResend);
    case "generic":
      return parsed(verifyStandard(call, secrets), call, parseGeneric);
  }
}
