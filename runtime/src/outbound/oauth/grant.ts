/** How a client shows a token endpoint that it may have a token (RFC 6749 4.4 and 6). */
export type Grant = {
  clientId: string;
  scope?: string | undefined;
} & (
  | { type: "client_credentials"; clientSecret: string }
  /** A public client has no secret. */
  | { type: "refresh_token"; refreshToken: string; clientSecret?: string | undefined }
);

/** What of a grant must be in no answer, error or log. */
export const secretsOf = (grant: Grant): string[] =>
  [grant.clientSecret, grant.type === "refresh_token" ? grant.refreshToken : undefined].filter(
    (one) => one !== undefined && one !== "",
  ) as string[];

/** A token request's body, `application/x-www-form-urlencoded`; the client's secret goes with it (2.3.1). */
export function formOf(grant: Grant): string {
  const form = new URLSearchParams({ grant_type: grant.type, client_id: grant.clientId });
  if (grant.clientSecret !== undefined) form.set("client_secret", grant.clientSecret);
  if (grant.type === "refresh_token") form.set("refresh_token", grant.refreshToken);
  if (grant.scope !== undefined) form.set("scope", grant.scope);
  return form.toString();
}
