import { type Config, StartError } from "@waybill/runtime";
import { PLATFORM } from "@waybill/schemas";
import { exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { checkOidc } from "./by-oidc.ts";
import { startOidcProvider } from "./testing/oidc-provider.ts";
import { sessionsOf } from "./testing/people.ts";
import { startWorld, type World } from "./testing/world.ts";

const SECOND = 1000;
let world: World;
let provider: Awaited<ReturnType<typeof startOidcProvider>>;
let app: ReturnType<typeof sessionsOf>;
beforeAll(async () => {
  [world, provider] = await Promise.all([startWorld(), startOidcProvider()]);
  await provider.rotate("one");
  app = sessionsOf(world.app);
});
afterAll(async () => {
  await provider[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const AUDIENCE = "waybill-of-ours";
/** Settings of their own, so that nothing is known of the provider's keys. */
function configure(more: Partial<Config> = {}): void {
  const oidc = { WAYBILL_OIDC_ISSUER: provider.issuer, WAYBILL_OIDC_AUDIENCE: AUDIENCE };
  world.deps.config = { ...world.deps.config, ...oidc, ...more };
}
afterEach(() => {
  vi.useRealTimers();
  provider.state.isAway = false;
  configure({ WAYBILL_OIDC_JWKS_URL: undefined });
});
beforeAll(() => configure());

const claims = (): JWTPayload => ({
  iss: provider.issuer,
  aud: AUDIENCE,
  sub: "carol",
  exp: Math.floor(Date.now() / SECOND) + 300,
  waybill_tenant: "a",
  waybill_role: "admin",
});
const messages = (token: string, url = "/api/v1/messages") => app.get(token, url);
const statusOf = async (token: string, url?: string) => (await messages(token, url)).statusCode;
const signed = (more: JWTPayload = {}) => provider.sign("one", { ...claims(), ...more });

describe("a token of the provider", () => {
  it("opens the tenant it names, with the role it names there", async () => {
    const token = await signed();
    expect(await statusOf(token)).toBe(200);
    expect(await statusOf(token, "/api/v1/api-keys")).toBe(200);
    const viewer = await signed({ waybill_role: "viewer" });
    expect(await statusOf(viewer)).toBe(200);
    expect(await statusOf(viewer, "/api/v1/api-keys")).toBe(403);
  });

  it("is somebody without a user of ours: what they change says so, and nothing is their own", async () => {
    const made = await world.app.inject({
      method: "POST",
      url: "/api/v1/api-keys",
      payload: { name: "made by carol" },
      headers: { authorization: `Bearer ${await signed()}` },
    });
    expect(made.statusCode).toBe(201);
    const query = { last_by_subj: "control.a.apikey.>" };
    const fact = await world.deps.nats.jsm.streams.getMessage("CONTROL", query);
    expect(fact?.json()).toMatchObject({ actor: "oidc:carol" });
    expect((await app.me(await signed())).statusCode).toBe(403);
  });

  it("may be for many, and tell tenant and role in claims of other names", async () => {
    configure({ WAYBILL_OIDC_TENANT_CLAIM: "https://x.test/t", WAYBILL_OIDC_ROLE_CLAIM: "r" });
    const own = { "https://x.test/t": "b", r: "member", waybill_tenant: undefined };
    expect(await statusOf(await signed({ ...own, aud: ["other", AUDIENCE] }))).toBe(200);
    configure({
      WAYBILL_OIDC_TENANT_CLAIM: "waybill_tenant",
      WAYBILL_OIDC_ROLE_CLAIM: "waybill_role",
    });
    expect(await statusOf(await signed(own))).toBe(401);
  });

  it.each<JWTPayload>([
    { iss: "https://other.test" },
    { iss: undefined as never },
    { aud: "other" },
    { aud: undefined as never },
    { exp: 1_000_000_000 },
    { exp: undefined as never },
    { nbf: 4_000_000_000 },
    { sub: undefined as never },
    { sub: "" },
    { sub: "x".repeat(201) },
    { sub: "a\nb" },
    { waybill_tenant: "nowhere" },
    { waybill_tenant: PLATFORM },
    { waybill_tenant: ["a"] },
    { waybill_tenant: undefined },
    { waybill_role: "platform" },
    { waybill_role: "root" },
    { waybill_role: ["admin"] },
    { waybill_role: undefined },
  ])("is refused with %j", async (more) => {
    expect(await statusOf(await signed(more))).toBe(401);
  });

  it("is refused when it was forged: unsigned, by another key, or with the public key as a secret", async () => {
    const other = await generateKeyPair("RS256");
    const { publicKey } = provider.pairOf("one");
    const secret = new TextEncoder().encode(await exportSPKI(publicKey));
    const by = (alg: string, kid: string) => new SignJWT(claims()).setProtectedHeader({ alg, kid });
    const forged = [
      new UnsecuredJWT(claims()).encode(),
      await by("RS256", "one").sign(other.privateKey),
      await by("HS256", "one").sign(secret),
      await by("RS256", "unheard").sign(other.privateKey),
      (await signed()).replace(/\.[^.]+$/, "."),
    ];
    for (const token of forged) expect(await statusOf(token)).toBe(401);
  });

  it("opens nothing where no provider is set", async () => {
    const token = await signed();
    configure({ WAYBILL_OIDC_ISSUER: undefined });
    expect(await statusOf(token)).toBe(401);
  });
});

describe("the provider's keys", () => {
  it("are asked for once, and only for tokens that say they are its", async () => {
    configure();
    provider.asked.length = 0;
    await statusOf(await provider.sign("one", { ...claims(), iss: "https://other.test" }));
    expect(provider.asked).toEqual([]);
    const token = await signed();
    expect(await Promise.all([statusOf(token), statusOf(token)])).toEqual([200, 200]);
    expect(provider.asked).toEqual(["/.well-known/openid-configuration", "/keys"]);
  });

  it("need no discovery where the settings say where they are", async () => {
    configure({ WAYBILL_OIDC_JWKS_URL: `${provider.issuer}/keys` });
    provider.asked.length = 0;
    expect(await statusOf(await signed())).toBe(200);
    expect(provider.asked).toEqual(["/keys"]);
  });

  it("may be away: that is said, and the next request tries again", async () => {
    configure();
    provider.state.isAway = true;
    const token = await signed();
    const answer = await messages(token);
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([503, "unavailable"]);
    provider.state.isAway = false;
    expect(await statusOf(token)).toBe(200);
  });

  it("are not taken from somebody who speaks for another issuer", async () => {
    configure();
    const { issuer } = provider.state;
    const token = await signed();
    provider.state.issuer = "https://other.test";
    expect(await statusOf(token)).toBe(503);
    provider.state.issuer = issuer;
  });

  it("are followed when they change, and a key that is gone opens nothing", async () => {
    const old = await signed();
    expect(await statusOf(old)).toBe(200);
    await provider.rotate("two");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 31 * SECOND });
    expect(await statusOf(await provider.sign("two", claims()))).toBe(200);
    expect(await statusOf(old)).toBe(401);
  });
});

it("a provider without an audience stops the start", () => {
  expect(() => checkOidc(world.deps.config)).not.toThrow();
  const { WAYBILL_OIDC_AUDIENCE: _, ...rest } = world.deps.config;
  const without = { ...rest, WAYBILL_OIDC_AUDIENCE: undefined };
  expect(() => checkOidc(without)).toThrow(StartError);
});
