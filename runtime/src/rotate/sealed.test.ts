import { Entity } from "@waybill/schemas/shapes";
import { expect, test } from "vitest";
import { UNDER_DATA_KEY, UNDER_MASTER, underDataKey } from "./sealed.ts";

/** What of zod's definitions leads to the fields within. */
type Shape = {
  def: {
    shape?: Record<string, Shape>;
    options?: Shape[];
    innerType?: Shape;
    element?: Shape;
    values?: string[];
  };
};

function fieldsOf({ def }: Shape): string[] {
  const { shape = {}, options = [], innerType, element } = def;
  const within = [...Object.values(shape), ...options, innerType, element];
  return [
    ...Object.keys(shape),
    ...within.filter((one) => one !== undefined).flatMap((one) => fieldsOf(one)),
  ];
}

const kindsOf = ({ def }: Shape): string[] =>
  def.shape?.["kind"]?.def.values ?? (def.options ?? []).flatMap((one) => kindsOf(one));

test("every kind of entity with something sealed is among those that a change of keys seals again", () => {
  const all = (Entity as unknown as Shape).def.options ?? [];
  const holding = all.filter((one) => fieldsOf(one).some((name) => name.startsWith("sealed")));
  const kinds = new Set(holding.flatMap((one) => kindsOf(one)));
  expect([...kinds].toSorted()).toEqual(
    ["masterkey", ...UNDER_MASTER, ...UNDER_DATA_KEY].toSorted(),
  );
});

const again = (sealed: string) => Promise.resolve(sealed.replace("old", "new"));
const XOAUTH2 = {
  method: "XOAUTH2",
  username: "u",
  tokenUrl: "https://login.test/token",
  clientId: "c",
} as const;
const [sealedPassword, sealedClientSecret, sealedRefreshToken] = ["old 1", "old 2", "old 3"];

test.each([
  { username: "u", sealedPassword },
  { ...XOAUTH2, grant: "client_credentials", sealedClientSecret },
  { ...XOAUTH2, grant: "refresh_token", sealedRefreshToken },
  { ...XOAUTH2, grant: "refresh_token", sealedRefreshToken, sealedClientSecret },
] as const)("every secret of the login %j is sealed again", async (auth) => {
  const smtp = { host: "h", port: 25, tls: "none", verify: false, auth } as const;
  const provider = { kind: "provider", type: "smtp", id: "p", name: "P", concurrency: 1 } as const;
  const text = JSON.stringify(await underDataKey({ ...provider, smtp }, again));
  expect(text).toBe(JSON.stringify({ ...provider, smtp }).replaceAll("old", "new"));
});
