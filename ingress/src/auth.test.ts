import { Directory, makeSecrets } from "@waybill/runtime";
import type { Tenant } from "@waybill/schemas";
import { describe, expect, it, vi } from "vitest";
import { authenticate, isCurrent, mayAuthenticate } from "./auth.ts";
import { factOf } from "./testing.ts";

const secrets = makeSecrets("a master key of a test, long enough");

function given() {
  const directory = new Directory();
  const tenant = {
    kind: "tenant",
    id: "acme",
    name: "Acme",
    concurrency: 1,
    retryLadder: [],
    onAmbiguous: "retry",
  } satisfies Tenant;
  const hash = secrets.hash("right");
  const credential = { kind: "credential", id: "app", username: "app", hash } as const;
  directory.apply(factOf("acme", "tenant", "acme", tenant));
  directory.apply(factOf("acme", "credential", "app", credential));
  return { directory, secrets, credential };
}

const HERE = { address: "192.0.2.1", now: new Date("2026-06-01T12:00:00.000Z") };

const plain = (username: string, password: string, authzid = "") => {
  const method = "PLAIN" as const;
  return { method, username, password, authzid, validatePassword: () => false };
};

describe("authenticate", () => {
  it("knows the right password, for oneself", () => {
    const { credential, ...keys } = given();
    expect(authenticate(keys, plain("app", "right"), HERE)).toEqual({ tenant: "acme", credential });
    expect(authenticate(keys, plain("app", "right", "app"), HERE)?.tenant).toBe("acme");
  });

  it("does the same work for an unknown user as for a wrong password", () => {
    const keys = given();
    const matches = vi.spyOn(secrets, "matches");
    expect(authenticate(keys, plain("app", "wrong"), HERE)).toBeUndefined();
    expect(authenticate(keys, plain("nobody", "right"), HERE)).toBeUndefined();
    expect(matches).toHaveBeenCalledTimes(2);
    matches.mockRestore();
  });

  it("refuses to act for another identity", () => {
    expect(authenticate(given(), plain("app", "right", "boss"), HERE)).toBeUndefined();
  });

  it("refuses a credential whose tenant is gone", () => {
    const keys = given();
    keys.directory.apply(factOf("acme", "tenant", "acme"));
    expect(authenticate(keys, plain("app", "right"), HERE)).toBeUndefined();
  });
});

describe("a credential", () => {
  it.each([
    [{ expiresAt: "2026-06-01T12:00:00.000Z" }, false],
    [{ expiresAt: "2026-06-01T12:00:01.000Z" }, true],
    [{ networks: ["192.0.2.0/24"] }, true],
    [{ networks: ["198.51.100.0/24"] }, false],
  ])("with %j lets its owner in: %s", (access, expected) => {
    const { credential, ...keys } = given();
    const entity = { ...credential, ...access };
    keys.directory.apply(factOf("acme", "credential", "app", entity));
    expect(authenticate(keys, plain("app", "right"), HERE) !== undefined).toBe(expected);
    const login = { tenant: "acme", credential: entity };
    expect(isCurrent(keys.directory, login, HERE)).toBe(expected);
  });
});

describe("a login", () => {
  it("ends with its credential, its tenant or its password", () => {
    const { directory, credential } = given();
    const login = { tenant: "acme", credential };
    expect(isCurrent(directory, login, HERE)).toBe(true);
    directory.apply(
      factOf("acme", "credential", "app", { ...credential, hash: secrets.hash("new") }),
    );
    expect(isCurrent(directory, login, HERE)).toBe(false);
    directory.apply(factOf("acme", "credential", "app", credential));
    expect(isCurrent(directory, login, HERE)).toBe(true);
    directory.apply(factOf("acme", "credential", "app"));
    expect(isCurrent(directory, login, HERE)).toBe(false);
  });
});

it.each([
  [{ secure: true, tlsOffered: true, address: "192.0.2.1" }, true],
  [{ secure: false, tlsOffered: true, address: "192.0.2.1" }, false],
  [{ secure: false, tlsOffered: true, address: "2001:db8::1" }, false],
  [{ secure: false, tlsOffered: true, address: "" }, false],
  [{ secure: false, tlsOffered: true, address: "127.0.0.1" }, true],
  [{ secure: false, tlsOffered: true, address: "::1" }, true],
  [{ secure: false, tlsOffered: true, address: "::ffff:127.0.0.1" }, true],
  [{ secure: false, tlsOffered: false, address: "192.0.2.1" }, true],
])("offers AUTH to %j: %s", (client, offered) => {
  expect(mayAuthenticate(client)).toBe(offered);
});
