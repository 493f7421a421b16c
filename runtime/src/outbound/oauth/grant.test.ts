import * as fc from "fast-check";
import { expect, test } from "vitest";
import { formOf, secretsOf, type Grant } from "./grant.ts";

test.each<[Grant, Record<string, string>, string[]]>([
  [
    { type: "client_credentials", clientId: "c", clientSecret: "s&=", scope: "x/.default" },
    { grant_type: "client_credentials", client_id: "c", client_secret: "s&=", scope: "x/.default" },
    ["s&="],
  ],
  [
    { type: "refresh_token", clientId: "c", refreshToken: "r+/" },
    { grant_type: "refresh_token", client_id: "c", refresh_token: "r+/" },
    ["r+/"],
  ],
  [
    { type: "refresh_token", clientId: "c", refreshToken: "r", clientSecret: "s" },
    { grant_type: "refresh_token", client_id: "c", client_secret: "s", refresh_token: "r" },
    ["s", "r"],
  ],
])("%j is asked for by its form", (grant, form, secrets) => {
  expect(Object.fromEntries(new URLSearchParams(formOf(grant)))).toEqual(form);
  expect(secretsOf(grant)).toEqual(secrets);
});

test("no value of a grant becomes another field", () => {
  const text = fc.string({ unit: "binary" }).map((one) => one.toWellFormed());
  fc.assert(
    fc.property(text, text, text, (clientId, clientSecret, scope) => {
      const form = formOf({ type: "client_credentials", clientId, clientSecret, scope });
      expect([...new URLSearchParams(form)]).toEqual([
        ["grant_type", "client_credentials"],
        ["client_id", clientId],
        ["client_secret", clientSecret],
        ["scope", scope],
      ]);
    }),
  );
});
