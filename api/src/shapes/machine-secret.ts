import { isCidr } from "@waybill/runtime";
import { ApiKey, Credential, Scope, Timestamp } from "@waybill/schemas/shapes";
import { z } from "zod";
import { named } from "./named.ts";
import { pageSchema, paging } from "./query.ts";

const Name = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc}]*$/u, "no control characters");

const access = {
  name: Name.describe("for people to tell it from others"),
  expiresAt: Timestamp.optional().describe("from this moment on it opens nothing"),
  networks: z
    .array(z.string().max(50).refine(isCidr, "write a block such as 192.0.2.0/24 or 2001:db8::/32"))
    .min(1)
    .max(50)
    .optional()
    .describe("blocks of addresses it may be used from; from anywhere when absent"),
};

export const NewApiKey = z.strictObject({
  ...access,
  scopes: z.array(Scope).min(1).max(2).default(["read"]),
});
export type NewApiKey = z.infer<typeof NewApiKey>;

export const NewCredential = z.strictObject(access);
export type NewCredential = z.infer<typeof NewCredential>;

export const ApiKeyView = named("ApiKey", ApiKey.omit({ kind: true, hash: true }));
export const MadeApiKey = named(
  "MadeApiKey",
  ApiKeyView.extend({ key: z.string().describe("shown this once") }),
);

export const CredentialView = named("SmtpCredential", Credential.omit({ kind: true, hash: true }));
export const MadeCredential = named(
  "MadeSmtpCredential",
  CredentialView.extend({ password: z.string().describe("shown this once") }),
);

export const ApiKeyPage = pageSchema(ApiKeyView);
export const CredentialPage = pageSchema(CredentialView);
export const Paging = z.strictObject(paging);
export const ById = z.strictObject({ id: z.string().min(1).max(100) });
export const Revoked = z.null().describe("It opens nothing any more");
