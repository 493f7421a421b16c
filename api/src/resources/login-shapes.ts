import { z } from "zod";
import { BaseUrl } from "../shapes/base-url.ts";
import { Line } from "../shapes/line.ts";

export const Username = Line.min(1).max(256);
export const Password = Line.min(1).max(1024).describe("kept sealed, and in no answer");
const Secret = Line.min(1).max(4096).describe("kept sealed, and in no answer");
const Word = Line.min(1).max(256);
const Scope = Line.min(1).max(1000).describe("as the token endpoint asks for it");
const TokenUrl = BaseUrl.describe("where access tokens come from");
const AnyMethod = z.enum(["PLAIN", "LOGIN", "XOAUTH2"]);
const Grant = z.enum(["client_credentials", "refresh_token"]);

/** A login with a password, or with access tokens of an OAuth 2.0 endpoint; the handler knows what each needs. */
export const NewAuth = z
  .strictObject({
    method: AnyMethod.optional().describe("`PLAIN` by default"),
    username: Username,
    password: Password.optional().describe("needed unless by XOAUTH2; kept sealed"),
    grant: Grant.optional().describe("XOAUTH2 alone: this and what follows"),
    tokenUrl: TokenUrl.optional(),
    clientId: Word.optional(),
    scope: Scope.optional(),
    clientSecret: Secret.optional(),
    refreshToken: Secret.optional(),
  })
  .meta({
    examples: [
      { username: "ann", password: "secret" },
      {
        method: "XOAUTH2",
        username: "us@example.com",
        grant: "refresh_token",
        tokenUrl: "https://oauth2.googleapis.com/token",
        clientId: "client",
        clientSecret: "secret",
        refreshToken: "token",
        scope: "https://mail.google.com/",
      },
    ],
  });
export type NewAuth = z.infer<typeof NewAuth>;

export const ChangedAuth = z.strictObject({
  method: AnyMethod.optional(),
  username: Username.optional(),
  password: Password.nullable().optional().describe("absent: as it was; null: no login any more"),
  grant: Grant.optional(),
  tokenUrl: TokenUrl.optional(),
  clientId: Word.optional(),
  scope: Scope.nullable().optional(),
  clientSecret: Secret.nullable().optional(),
  refreshToken: Secret.optional(),
});
export type ChangedAuth = z.infer<typeof ChangedAuth>;

export const AuthView = z.object({
  method: AnyMethod.optional(),
  username: z.string(),
  grant: Grant.optional(),
  tokenUrl: z.string().optional(),
  clientId: z.string().optional(),
  scope: z.string().optional(),
});
