import { randomToken } from "@waybill/runtime";
import { type Hook, PLATFORM } from "@waybill/schemas";
import { randomBytes } from "node:crypto";
import { Problem } from "../errors.ts";
import { merged } from "../resource/merge.ts";
import type { Asked } from "../resource/resource.ts";
import { type ChangedHook, FIELDS, type NewHook, SECRETS } from "./hook-shapes.ts";

type Broken = { field: string; rule: string };

function check(errors: Broken[]): void {
  const detail = errors.map(({ field, rule }) => `${field}: ${rule}`).join("; ");
  if (errors.length > 0) throw new Problem("invalid_body", detail, { errors });
}

function brokenProvider({ deps, caller }: Asked, type: string, id?: string | null): Broken[] {
  if (id === undefined || id === null) return [];
  const { directory } = deps;
  const found = directory.provider(caller.tenant, id) ?? directory.provider(PLATFORM, id);
  const isFit = found !== undefined && (type === "generic" || found.type === type);
  return isFit ? [] : [{ field: "provider", rule: `no provider of type ${type} has that id` }];
}

const seal = ({ deps, caller }: Asked, secret: string) => deps.vault.seal(caller.tenant, secret);

/** 32 random bytes, in the form in which a type has secrets. */
const freshSecret = (type: Hook["type"]): string =>
  type === "generic" ? `whsec_${randomBytes(32).toString("base64")}` : randomToken(32);

/** A new webhook, and the secret if we made it. @throws Problem invalid_body */
export async function newHook(
  body: NewHook,
  asked: Asked,
): Promise<{ entity: Hook; once: { secret?: string } }> {
  check(brokenProvider(asked, body.type, body.provider));
  const id = randomToken(24);
  const createdAt = asked.deps.now().toISOString();
  const common = { kind: "hook", id, createdAt } as const;
  if (body.type === "sendgrid" || body.type === "ses")
    return { entity: { ...common, ...body }, once: {} };
  const { secret: given, ...rest } = body;
  const secret = given ?? freshSecret(body.type);
  const entity: Hook = { ...common, ...rest, sealedSecret: await seal(asked, secret) };
  return { entity, once: given === undefined ? { secret } : {} };
}

const ONLY_CHANGED = new Set(["previousSecret"]);

function brokenFields(hook: Hook, patch: ChangedHook): Broken[] {
  const own = new Set([
    ...(FIELDS[hook.type] ?? []),
    ...("sealedSecret" in hook ? ONLY_CHANGED : []),
  ]);
  const foreign = Object.keys(patch).filter((field) => !own.has(field));
  const { secret, previousSecret } = patch;
  const bad = Object.entries({ secret, previousSecret }).filter(
    ([, value]) => value && SECRETS[hook.type]?.safeParse(value).success === false,
  );
  return [
    ...foreign.map((field) => ({ field, rule: `a webhook of type ${hook.type} has none` })),
    ...bad.map(([field]) => ({ field, rule: "not in the form of this type's secrets" })),
  ];
}

/** A webhook after a patch. @throws Problem invalid_body */
export async function changedHook(hook: Hook, patch: ChangedHook, asked: Asked): Promise<Hook> {
  check([...brokenFields(hook, patch), ...brokenProvider(asked, hook.type, patch.provider)]);
  const { secret, previousSecret: previous, ...plain } = patch;
  const sealed = secret === undefined ? {} : { sealedSecret: await seal(asked, secret) };
  if (previous === undefined) return merged(hook, { ...plain, ...sealed });
  const before = { sealedPreviousSecret: previous && (await seal(asked, previous)) };
  return merged(hook, { ...plain, ...sealed, ...before });
}
