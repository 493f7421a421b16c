import { describe, expect, test } from "vitest";
import type { Provider, Route } from "@waybill/schemas";
import { resolveRoute, type Routes } from "./route.ts";

const sandbox = (id: string): Provider => ({
  kind: "provider",
  type: "sandbox",
  id,
  name: id,
  concurrency: 1,
});

const route = (provider: string, lastResort = false): Route => ({
  kind: "route",
  id: provider,
  position: 0,
  provider,
  lastResort,
});

const routes = (own: Route[], providers: string[], system: string[] = []): Routes => ({
  routes: () => own,
  provider: (_tenant, id) => (providers.includes(id) ? sandbox(id) : undefined),
  systemProviders: () => system.map(sandbox),
});

const idOf = (from: Routes, environment?: Provider) => {
  const found = resolveRoute("t1", from, environment);
  return found && `${found.owner}/${found.settings.id}`;
};

describe("who carries a tenant's mail", () => {
  test("its own first route, before all others", () => {
    expect(idOf(routes([route("a"), route("b")], ["a", "b"], ["s"]), sandbox("env"))).toBe("t1/a");
  });

  test("the next route when the provider of the first is gone", () => {
    expect(idOf(routes([route("gone"), route("b")], ["b"]))).toBe("t1/b");
  });

  test("the system-wide provider when the tenant has none", () => {
    expect(idOf(routes([], [], ["s"]), sandbox("env"))).toBe("platform/s");
  });

  test("the one of the environment when there is no system-wide one", () => {
    expect(idOf(routes([route("last", true)], ["last"]), sandbox("env"))).toBe("@environment/env");
  });

  test("a route of last resort when there is nothing else", () => {
    expect(idOf(routes([route("last", true)], ["last"]))).toBe("t1/last");
  });

  test("nobody, when nothing is configured", () => {
    expect(idOf(routes([], []))).toBeUndefined();
  });
});
