import { z } from "zod";
import { BaseUrl } from "../shapes/base-url.ts";
import { Line } from "../shapes/line.ts";

export const Username = Line.min(1).max(256);
export const Password = Line.min(1).max(1024).describe("kept sealed, and in no answer");
const Secret = Line.min(1).max(4096).describe("kept sealed, and in no answer");
const Word = Line.min(1).max(256);
const Scope = Line.min(1).max(1000).describe("as the token endpoint asks for it");
const TokenUrl = BaseUrl.describe("where access tokens come from");
const Method = z.enum(["PLAIN", "LOGIN"]);
const Grant = z.enum(["client_credentials", "refresh_token"]);
const Token = z.literal("XOAUTH2");

const byToken = {
  method: Token,
  username: Username.describe("whose mailbox it is"),
  tokenUrl: TokenUrl,
  clientId: Word,
  scope: Scope.optional(),
};

/** A login with a password, or with access tokens of an OAuth 2.0 endpoint. */
export const NewAuth = z.discriminatedUnion("method", [
  z.strictObject({
    method: Method.optional().describe("`PLAIN` by default"),
    username: Username,
    password: Password,
  }),
  z.discriminatedUnion("grant", [
    z.strictObject({ ...byToken, grant: z.literal("client_credentials"), clientSecret: Secret }),
    z.strictObject({
      ...byToken,
      grant: z.literal("refresh_token"),
      refreshToken: Secret,
      clientSecret: Secret.optional(),
    }),
  ]),
]);
export type NewAuth = z.infer<typeof NewAuth>;

export const ChangedAuth = z.strictObject({
  method: z.enum([...Method.options, Token.value]).optional(),
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
  method: z.enum([...Method.options, Token.value]).optional(),
  username: z.string(),
  grant: Grant.optional(),
  tokenUrl: z.string().optional(),
  clientId: z.string().optional(),
  scope: z.string().optional(),
});
