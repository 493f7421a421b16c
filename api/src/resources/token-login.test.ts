import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonOf } from "../testing/answer.ts";
import { startWorld, type World } from "../testing/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const PATH = "/api/v1/providers";
const PLAIN = {
  method: "XOAUTH2",
  username: "ann@example.com",
  tokenUrl: "https://login.example.com/token",
  clientId: "client",
};
const CLIENT = { ...PLAIN, grant: "client_credentials", clientSecret: "s3cret-1" };
const REFRESH = { ...PLAIN, grant: "refresh_token", refreshToken: "s3cret-2" };
const of = (auth: object) => ({ type: "smtp", name: "Ours", host: "mail.example.com", auth });

type View = { id: string; auth?: object };
type Fields = { errors: { field: string }[] };
const make = (payload: object) => world.as("a", { method: "POST", url: PATH, payload });
const made = async (auth: object) => jsonOf<View>(await make(of(auth)), 201);
const change = (id: string, payload: object) =>
  world.as("a", { method: "PATCH", url: `${PATH}/${id}`, payload });
const fieldsOf = (answer: Parameters<typeof jsonOf>[0]): string[] =>
  jsonOf<Fields>(answer, 422).errors.map(({ field }) => field);

/** The secrets of a login as delivery would have them. */
function secretsOf(id: string): Record<string, string> {
  const found = world.deps.directory.provider("a", id);
  const login = found?.type === "smtp" ? found.smtp.auth : undefined;
  const sealed = Object.entries({ ...login }).filter(([name]) => name.startsWith("sealed"));
  const { vault } = world.deps;
  return Object.fromEntries(sealed.map(([name, text = ""]) => [name, vault.open("a", text)]));
}

describe("a login by token", () => {
  it.each([
    [CLIENT, { sealedClientSecret: "s3cret-1" }],
    [REFRESH, { sealedRefreshToken: "s3cret-2" }],
    [
      { ...REFRESH, clientSecret: "s3cret-3", scope: "https://mail.example.com/ offline" },
      { sealedRefreshToken: "s3cret-2", sealedClientSecret: "s3cret-3" },
    ],
  ])("of %j is kept sealed, and shown without its secrets", async (auth, secrets) => {
    const answer = await make(of(auth));
    const {
      clientSecret: _1,
      refreshToken: _2,
      ...shown
    } = { clientSecret: 0, refreshToken: 0, ...auth };
    const view = jsonOf<View>(answer, 201);
    expect(view).toMatchObject({ auth: shown, hasSecret: true });
    expect(secretsOf(view.id)).toEqual(secrets);
    const query = { last_by_subj: `control.a.provider.${view.id}` };
    const kept = (await world.deps.nats.jsm.direct.getMessage("CONTROL", query))?.string();
    const state = await world.get("a", "/api/v1/state");
    expect(`${answer.body}${kept}${state.body}`).not.toContain("s3cret");
    expect(answer.body + state.body).not.toContain("ealed");
  });

  it.each([
    [{ ...CLIENT, clientSecret: undefined }, ["auth.clientSecret"]],
    [{ ...REFRESH, refreshToken: undefined }, ["auth.refreshToken"]],
    [{ ...CLIENT, refreshToken: "x" }, ["auth.refreshToken"]],
    [{ ...CLIENT, password: "x" }, ["auth.password"]],
    [{ ...CLIENT, grant: "password" }, ["auth.grant"]],
    [
      { ...CLIENT, tokenUrl: "file:///etc/passwd", clientId: "" },
      ["auth.clientId", "auth.tokenUrl"],
    ],
    [{ ...CLIENT, scope: "a\r\nb" }, ["auth.scope"]],
    [{ ...CLIENT, method: "NTLM" }, ["auth.method"]],
    [{ username: "u", password: "p", grant: "refresh_token" }, ["auth.grant"]],
  ])("%j is refused by the names of its fields", async (auth, fields) => {
    expect(fieldsOf(await make(of(auth))).toSorted()).toEqual(fields);
  });
});

describe("a patch of it", () => {
  it("keeps the secrets that it does not name, and takes others", async () => {
    const { id } = await made({ ...REFRESH, clientSecret: "s3cret-3", scope: "a" });
    const auth = { username: "bob", scope: null };
    expect(jsonOf<View>(await change(id, { auth })).auth).toEqual({
      ...PLAIN,
      grant: "refresh_token",
      username: "bob",
    });
    expect(secretsOf(id)).toEqual({
      sealedRefreshToken: "s3cret-2",
      sealedClientSecret: "s3cret-3",
    });
    jsonOf(await change(id, { auth: { refreshToken: "s3cret-4", clientSecret: null } }));
    expect(secretsOf(id)).toEqual({ sealedRefreshToken: "s3cret-4" });
  });

  it.each([
    { host: "thief.example.com" },
    { port: 2525 },
    { tls: "none" },
    { auth: { tokenUrl: "https://thief.example.com/token" } },
  ])("%j takes no secret along", async (moved) => {
    const { id } = await made(CLIENT);
    expect(fieldsOf(await change(id, moved))).toEqual(["auth.clientSecret"]);
    const given = { ...moved, auth: { ...moved.auth, clientSecret: "s3cret-5" } };
    jsonOf(await change(id, given));
    expect(secretsOf(id)).toEqual({ sealedClientSecret: "s3cret-5" });
  });

  it("makes a login by password one by token, and back", async () => {
    const { id } = await made({ username: "ann", password: "s3cret-0" });
    expect(fieldsOf(await change(id, { auth: { method: "XOAUTH2" } }))).toEqual(["auth.grant"]);
    expect(fieldsOf(await change(id, { auth: { clientId: "x" } }))).toEqual(["auth.clientId"]);
    jsonOf(await change(id, { auth: CLIENT }));
    expect(secretsOf(id)).toEqual({ sealedClientSecret: "s3cret-1" });
    const grant = { grant: "refresh_token" };
    expect(fieldsOf(await change(id, { auth: grant }))).toEqual(["auth.refreshToken"]);
    expect(fieldsOf(await change(id, { auth: { method: "LOGIN" } }))).toEqual(["auth.password"]);
    const password = { method: "LOGIN", password: "s3cret-6" };
    expect(jsonOf<View>(await change(id, { auth: password })).auth).toEqual({
      method: "LOGIN",
      username: PLAIN.username,
    });
    expect(secretsOf(id)).toEqual({ sealedPassword: "s3cret-6" });
    expect(jsonOf(await change(id, { auth: null }))).toMatchObject({ hasSecret: false });
  });
});
