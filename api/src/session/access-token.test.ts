import { assert, asyncProperty, boolean, constantFrom, nat, record } from "fast-check";
import {
  createLocalJWKSet,
  type CryptoKey,
  decodeJwt,
  decodeProtectedHeader,
  exportSPKI,
  generateKeyPair,
  importJWK,
  importPKCS8,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
  SignJWT,
  UnsecuredJWT,
} from "jose";
import { PLATFORM } from "@waybill/schemas";
import { afterAll, beforeAll, expect, it } from "vitest";
import { jsonOf } from "../testing/answer.ts";
import { putMember, putUser, sessionsOf, startSecond, type Tokens } from "../testing/people.ts";
import { startWorld, type World } from "../testing/world.ts";

const [SECOND, DAY] = [1000, 24 * 60 * 60_000];
let time = Date.parse("2026-01-02T03:04:05.678Z");
let world: World;
let app: ReturnType<typeof sessionsOf>;
let ann: Tokens;
beforeAll(async () => {
  world = await startWorld({ now: () => new Date(time) });
  app = sessionsOf(world.app);
  await putUser(world, "ann");
  await putMember(world, "a", "ann", "owner");
});
afterAll(() => world[Symbol.asyncDispose]());

const statusOf = async (token: string) => (await app.me(token)).statusCode;
const keySet = async () => jsonOf<JSONWebKeySet>(await world.app.inject("/.well-known/jwks.json"));
const kids = async () => (await keySet()).keys.map(({ kid }) => kid);

it("has no key before one is needed, and of two processes that need the first one makes it", async () => {
  await using second = await startSecond(world);
  expect(await kids()).toEqual([]);
  const both = [app, sessionsOf(second.app)] as const;
  const [here, there] = await Promise.all(both.map(async (one) => one.logIn("ann")));
  expect(await kids()).toEqual(["1"]);
  for (const one of both)
    for (const tokens of [here, there])
      expect((await one.me(tokens?.accessToken ?? "")).statusCode).toBe(200);
  ann = await app.logIn("ann");
});

it("is verified by anybody with the published keys, which hold nothing private", async () => {
  const set = await keySet();
  expect(Object.keys(set.keys[0] ?? {}).toSorted()).toEqual([
    "alg",
    "crv",
    "kid",
    "kty",
    "use",
    "x",
  ]);
  const expected = { issuer: "waybill", audience: "waybill-api", currentDate: new Date(time) };
  const { payload } = await jwtVerify(ann.accessToken, createLocalJWKSet(set), expected);
  expect(payload.sub).toBe("ann");
});

const LETTERS = Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
const NO_LETTERS = ["", ".", "=", "+", "/", "~"];

it("is refused with any character changed, added or taken away", async () => {
  const token = ann.accessToken;
  expect(await statusOf(token)).toBe(200);
  const change = record({
    at: nat(token.length - 1),
    by: constantFrom(...LETTERS, ...NO_LETTERS),
    isAdded: boolean(),
  });
  const altered = change
    .map(({ at, by, isAdded }) => token.slice(0, at) + by + token.slice(isAdded ? at : at + 1))
    .filter((one) => one !== token);
  const isRefused = asyncProperty(altered, async (one) => {
    expect(await statusOf(one)).toBe(401);
  });
  await assert(isRefused, { numRuns: 500 });
});

const octetsOf = (token: string) =>
  Buffer.from(token.split(".")[2] ?? "", "base64url").toString("hex");

it("is refused with another last character that decodes to the same octets", async () => {
  const token = ann.accessToken;
  const same = LETTERS.map((last) => token.slice(0, -1) + last).filter(
    (one) => one !== token && octetsOf(one) === octetsOf(token),
  );
  expect(same).toHaveLength(15);
  for (const one of same) expect(await statusOf(one)).toBe(401);
});

const claims = (): JWTPayload => decodeJwt(ann.accessToken);
const header = { alg: "EdDSA", kid: "1", typ: "at+jwt" };
const privateKey = async () => {
  const [key] = world.deps.directory.entities(PLATFORM, "signingkey");
  return importPKCS8(world.deps.secrets.open(key?.sealedPrivateKey ?? ""), "EdDSA");
};

it("is taken as our own key signs it, and refused with any claim or header that is not ours", async () => {
  const key = await privateKey();
  const sign = (more: object, head: object = {}) =>
    new SignJWT({ ...claims(), ...more }).setProtectedHeader({ ...header, ...head }).sign(key);
  expect(await statusOf(await sign({}))).toBe(200);
  const changed = [{ iss: "other" }, { aud: "other" }, { exp: time / SECOND - 1 }, { sub: "bob" }];
  const absent = ["iss", "aud", "exp", "sub", "tenant", "sid", "iat"];
  const wrong = [...changed, { tenant: "b" }, ...absent.map((name) => ({ [name]: undefined }))];
  const heads = [{ kid: "2" }, { kid: "0" }, { kid: undefined }, { typ: "JWT" }];
  const statuses: [object, number][] = [];
  for (const more of wrong) statuses.push([more, await statusOf(await sign(more))]);
  for (const head of heads) statuses.push([head, await statusOf(await sign({}, head))]);
  expect(statuses.filter(([, status]) => status !== 401)).toEqual([]);
});

it("is refused when it was forged: unsigned, by another key, or with the public key as a secret", async () => {
  const other = await generateKeyPair("EdDSA", { crv: "Ed25519" });
  const elliptic = await generateKeyPair("ES256");
  const [jwk = {}] = (await keySet()).keys;
  const spki = await exportSPKI(
    (await importJWK(jwk, "EdDSA", { extractable: true })) as CryptoKey,
  );
  const forged = [
    new UnsecuredJWT(claims()).encode(),
    await new SignJWT(claims()).setProtectedHeader(header).sign(other.privateKey),
    await new SignJWT(claims())
      .setProtectedHeader({ ...header, alg: "ES256" })
      .sign(elliptic.privateKey),
    await new SignJWT(claims()).setProtectedHeader({ ...header, jwk }).sign(other.privateKey),
    ...(await Promise.all(
      [spki, JSON.stringify(jwk), String(jwk["x"]).padEnd(32)].map((secret) =>
        new SignJWT(claims())
          .setProtectedHeader({ ...header, alg: "HS256" })
          .sign(new TextEncoder().encode(secret)),
      ),
    )),
  ];
  for (const token of forged) expect(await statusOf(token)).toBe(401);
});

const kidOf = ({ accessToken }: Tokens) => decodeProtectedHeader(accessToken).kid;

it("is signed by a new key after 30 days, while those of the old one live on until they end", async () => {
  time += 30 * DAY - 2 * SECOND;
  const last = await app.logIn("ann");
  expect(await kids()).toEqual(["1"]);
  time += 4 * SECOND;
  const between = await app.logIn("ann");
  expect(await kids()).toEqual(["2", "1"]);
  time += 61 * SECOND;
  const first = await app.logIn("ann");
  expect([last, between, first].map(kidOf)).toEqual(["1", "1", "2"]);
  for (const one of [last, between, first]) expect(await statusOf(one.accessToken)).toBe(200);
  time += 12 * 60 * SECOND;
  expect(await kids()).toEqual(["2"]);
  const fresh = await app.logIn("ann");
  expect([kidOf(fresh), await statusOf(fresh.accessToken)]).toEqual(["2", 200]);
});
