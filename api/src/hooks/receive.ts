import type { Held } from "@waybill/runtime";
import type { Hook, HookType } from "@waybill/schemas";
import type { Deps } from "../deps.ts";
import { Problem } from "../errors.ts";
import { digestOf, type HookCall, type Refusal } from "./call.ts";
import type { Certificates } from "./certificates.ts";
import { count } from "./counts.ts";
import { tell, type Tally } from "./tell.ts";
import { verifyCall } from "./verify-call.ts";

/** Events of a call, each of which is a fact to append before the call is answered: SendGrid, which batches the most, sends 768 KB. */
const MOST = 10_000;

const DETAILS: Record<Refusal, string> = {
  forged: "its signature or secret is not the one of this webhook",
  stale: "it is too old, or of the future",
  replayed: "it says something else than the call it is a repetition of",
  foreignTopic: "it is of another topic than this webhook's",
  malformed: "its body is not what this provider sends",
  tooMany: `it may tell of ${MOST} events`,
};

/** Mailgun stops trying after a 406. Whose secret may be set right yet is told so, and tries again. */
function problemOf(type: HookType, why: Refusal): Problem {
  if (why === "forged") return new Problem("hook_forged", DETAILS[why]);
  if (why === "tooMany") return new Problem("too_many_events", DETAILS[why]);
  return new Problem(type === "mailgun" ? "hook_rejected" : "hook_refused", DETAILS[why]);
}

/**
 * Of a call that tells of nothing of ours: to two providers a status of their own says that it need
 * not come again; the others would turn a webhook off that fails often, so they hear that all is well.
 */
function checkOurs(type: HookType, { recorded, repeated, unknown }: Tally): void {
  if (unknown === 0 || recorded + repeated > 0) return;
  const detail = "it tells of no message of this webhook's tenant";
  if (type === "mailgun") throw new Problem("hook_rejected", detail);
  if (type === "postmark") throw new Problem("hook_refused", detail);
}

/**
 * Takes a call of a webhook: verified by its own secret, once, recorded before it is answered.
 * @throws Problem hook_forged | hook_refused | hook_rejected | too_many_events | unavailable; LogUnavailable
 */
export async function receive(
  deps: Deps,
  held: Held<Hook>,
  call: HookCall,
  certificates: Certificates,
): Promise<Tally> {
  const { tenant, entity: hook } = held;
  const of = { tenant, id: hook.id };
  const refuse = async (why: Refusal): Promise<never> => {
    deps.log.warn({ tenant, hook: hook.id, why }, "a call of a webhook was refused");
    await count(deps, of, { [why]: 1 });
    throw problemOf(hook.type, why);
  };
  const verified = await verifyCall(deps, held, call, certificates);
  if (verified.refused !== undefined) return refuse(verified.refused);
  if ((verified.reports?.length ?? 0) > MOST) return refuse("tooMany");
  const seen = await deps.hookCalls.claim(hook.id, verified.id, digestOf(call.body));
  if (seen === "altered") return refuse("replayed");
  if (verified.reports === undefined) return refuse("malformed");
  const tally = await tell(deps, held, verified.reports, seen === "repeated");
  await count(deps, of, tally);
  checkOurs(hook.type, tally);
  return tally;
}
