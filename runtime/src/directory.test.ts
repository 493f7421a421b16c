import { describe, expect, test } from "vitest";
import type { ControlFact, Entity, Route } from "@waybill/schemas";
import { Directory } from "./directory.ts";

const fact = (tenant: string, entity: Entity): ControlFact => ({
  tenant,
  kind: entity.kind,
  id: entity.id,
  time: "2026-01-01T00:00:00.000Z",
  actor: "test",
  reason: "test",
  entity,
});

const removed = (tenant: string, { kind, id }: Entity): ControlFact => ({
  ...fact(tenant, { kind: "apikey", id, name: "", hash: "" }),
  kind,
  entity: null,
});

const credential = (id: string, username: string): Entity => ({
  kind: "credential",
  id,
  username,
  hash: "h",
});
const user = (email: string): Entity => ({
  kind: "user",
  id: "u1",
  email,
  role: "user",
  passwordHash: "h",
});
const key = (id: string): Entity => ({
  kind: "signingkey",
  id,
  publicKey: {},
  sealedPrivateKey: "",
  createdAt: "2026-01-01T00:00:00.000Z",
});
const sandbox = (id: string): Entity => ({
  kind: "provider",
  type: "sandbox",
  id,
  name: id,
  concurrency: 1,
});
const route = (id: string, position: number): Route => ({
  kind: "route",
  id,
  position,
  then: { type: "sandbox" },
});

const tenant = (id: string): Entity => ({
  kind: "tenant",
  id,
  name: id,
  concurrency: 1,
  retryLadder: [],
  onAmbiguous: "retry",
});

function given(...facts: ControlFact[]): Directory {
  const directory = new Directory();
  for (const one of facts) directory.apply(one);
  return directory;
}

describe("the directory, folded from facts", () => {
  test("finds the entities of a kind of all tenants, those without a tenant's own fact included", () => {
    const gone = sandbox("gone");
    const directory = given(
      fact("a", sandbox("1")),
      fact("a", route("r", 1)),
      fact("platform", sandbox("2")),
      fact("b", gone),
      removed("b", gone),
    );
    expect(directory.everywhere("provider")).toEqual([
      { tenant: "a", entity: sandbox("1"), seq: 1 },
      { tenant: "platform", entity: sandbox("2"), seq: 3 },
    ]);
  });

  test("keeps suppressions apart, and answers for them as for all else", () => {
    const listed: Entity = {
      kind: "suppression",
      id: "s1",
      address: "gone@x.test",
      reason: "hard_bounce",
      origin: "smtp",
      at: "2026-01-01T00:00:00.000Z",
    };
    const directory = given(fact("a", tenant("a")), fact("a", listed), fact("b", listed));
    expect(directory.find("a", "suppression", "s1")).toEqual({
      tenant: "a",
      entity: listed,
      seq: 2,
    });
    expect(directory.entities("a", "suppression")).toEqual([listed]);
    expect(directory.everywhere("suppression").map((one) => one.tenant)).toEqual(["a", "b"]);
    expect([directory.kinds("a"), directory.kinds("b")]).toEqual([
      ["tenant", "suppression"],
      ["suppression"],
    ]);
    expect(directory.tenants().map(({ id }) => id)).toEqual(["a"]);
    expect([
      directory.lastSeq("a", "suppression", "s1"),
      directory.lastSeqOf("b", "suppression"),
    ]).toEqual([2, 3]);
    directory.apply(removed("a", listed));
    expect([directory.kinds("a"), directory.count("a", "suppression")]).toEqual([["tenant"], 0]);
    expect(directory.lastSeq("a", "suppression", "s1")).toBe(4);
  });

  test("finds a credential by its username, with its tenant", () => {
    const directory = given(fact("a", credential("1", "alice")));
    expect(directory.credential("alice")).toMatchObject({ tenant: "a", entity: { id: "1" } });
    expect(directory.credential("bob")).toBeUndefined();
  });

  test("forgets the old username of a credential that was renamed", () => {
    const directory = given(
      fact("a", credential("1", "alice")),
      fact("a", credential("1", "alina")),
    );
    expect(directory.credential("alice")).toBeUndefined();
    expect(directory.credential("alina")).toBeDefined();
  });

  test("finds a user by their address, the new one after a change", () => {
    const directory = new Directory();
    directory.apply(fact("platform", user("old@x.test")));
    expect(directory.user("old@x.test")?.entity.id).toBe("u1");
    directory.apply(fact("platform", user("new@x.test")));
    expect(directory.user("old@x.test")).toBeUndefined();
    expect(directory.user("new@x.test")).toMatchObject({ tenant: "platform", seq: 2 });
    directory.apply(removed("platform", user("new@x.test")));
    expect(directory.user("new@x.test")).toBeUndefined();
  });

  test("forgets what was removed", () => {
    const directory = given(
      fact("a", credential("1", "alice")),
      removed("a", credential("1", "alice")),
    );
    expect(directory.credential("alice")).toBeUndefined();
  });

  test("keeps the providers of tenants apart", () => {
    const directory = given(fact("a", sandbox("p")), fact("b", sandbox("q")));
    expect(directory.provider("a", "p")).toBeDefined();
    expect(directory.provider("b", "p")).toBeUndefined();
  });

  test("has the platform's providers for everybody, by id", () => {
    const directory = given(fact("platform", sandbox("z")), fact("platform", sandbox("y")));
    expect(directory.systemProviders().map(({ id }) => id)).toEqual(["y", "z"]);
    directory.apply(fact("platform", sandbox("x")));
    expect(directory.systemProviders().map(({ id }) => id)).toEqual(["x", "y", "z"]);
  });

  test("has the keys that tokens are signed with, as they are made and removed", () => {
    const directory = given(fact("platform", key("1")), fact("platform", user("x@y.test")));
    const ids = () => directory.signingKeys().map(({ id }) => id);
    expect(ids()).toEqual(["1"]);
    directory.apply(fact("platform", key("2")));
    expect(ids()).toEqual(["2", "1"]);
    directory.apply(removed("platform", key("1")));
    expect(ids()).toEqual(["2"]);
  });

  test("asks routes in the order of their position, each once", () => {
    const directory = given(fact("a", route("x", 2)), fact("a", route("y", 1)));
    expect(directory.rules("a").first.map(({ route: { id } }) => id)).toEqual(["y", "x"]);
    directory.apply(fact("a", route("x", 0)));
    expect(directory.rules("a").first.map(({ route: { id } }) => id)).toEqual(["x", "y"]);
    const order: Entity = { kind: "routeorder", id: "rules", ids: ["gone", "y"] };
    directory.apply(fact("a", order));
    expect(directory.rules("a").order).toEqual(["y", "x"]);
  });

  test("answers for no kind that it is not fed with", () => {
    const directory = new Directory(["tenant", "provider"]);
    directory.apply(fact("a", sandbox("p")));
    expect(directory.provider("a", "p")).toBeDefined();
    expect(() => directory.rules("a")).toThrow("does not follow route");
    expect(() => directory.find("a", "limits", "limits")).toThrow("does not follow limits");
  });

  test("tells of each change, until told to stop", () => {
    const directory = new Directory();
    const heard: string[] = [];
    const stop = directory.onChange(({ id }) => heard.push(id));
    directory.apply(fact("a", sandbox("p")));
    stop();
    directory.apply(fact("a", sandbox("q")));
    expect(heard).toEqual(["p"]);
  });

  test("knows a user's tenants, those that were deleted aside", () => {
    const directory = given(
      ...["b", "a", "c"].flatMap((slug) => [
        fact(slug, tenant(slug)),
        fact(slug, { kind: "member", id: "u", role: "viewer" }),
      ]),
      removed("c", tenant("c")),
      removed("b", { kind: "member", id: "u", role: "viewer" }),
    );
    expect(directory.tenantsOf("u")).toEqual(["a"]);
  });

  test("knows the last fact of a tenant and kind, be it a removal", () => {
    const directory = new Directory();
    directory.apply(fact("a", sandbox("p")), 3);
    directory.apply(removed("a", sandbox("p")), 5);
    directory.apply(fact("a", route("r", 0)), 6);
    directory.apply(fact("b", sandbox("p")), 7);
    expect(directory.lastSeqOf("a", "provider")).toBe(5);
    expect(directory.lastSeqOf("c", "provider")).toBe(0);
  });
});
