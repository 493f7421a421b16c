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

const plain = (username: string, password: string, authzid = "") => {
  const method = "PLAIN" as const;
  return { method, username, password, authzid, validatePassword: () => false };
};

describe("authenticate", () => {
  it("knows the right password, for oneself", () => {
    const { credential, ...keys } = given();
    expect(authenticate(keys, plain("app", "right"))).toEqual({ tenant: "acme", credential });
    expect(authenticate(keys, plain("app", "right", "app"))?.tenant).toBe("acme");
  });

  it("does the same work for an unknown user as for a wrong password", () => {
    const keys = given();
    const matches = vi.spyOn(secrets, "matches");
    expect(authenticate(keys, plain("app", "wrong"))).toBeUndefined();
    expect(authenticate(keys, plain("nobody", "right"))).toBeUndefined();
    expect(matches).toHaveBeenCalledTimes(2);
    matches.mockRestore();
  });

  it("refuses to act for another identity", () => {
    expect(authenticate(given(), plain("app", "right", "boss"))).toBeUndefined();
  });

  it("refuses a credential whose tenant is gone", () => {
    const keys = given();
    keys.directory.apply(factOf("acme", "tenant", "acme"));
    expect(authenticate(keys, plain("app", "right"))).toBeUndefined();
  });
});

describe("a login", () => {
  it("ends with its credential, its tenant or its password", () => {
    const { directory, credential } = given();
    const login = { tenant: "acme", credential };
    expect(isCurrent(directory, login)).toBe(true);
    directory.apply(
      factOf("acme", "credential", "app", { ...credential, hash: secrets.hash("new") }),
    );
    expect(isCurrent(directory, login)).toBe(false);
    directory.apply(factOf("acme", "credential", "app", credential));
    expect(isCurrent(directory, login)).toBe(true);
    directory.apply(factOf("acme", "credential", "app"));
    expect(isCurrent(directory, login)).toBe(false);
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
