import { afterAll, beforeAll, expect, it } from "vitest";
import { MARK, type Proof } from "./isolation/proof.ts";
import { proveIsolation } from "./isolation/prove.ts";
import { routesOf, type Route } from "./isolation/routes-of.ts";
import { startWorld, type World } from "./testing/world.ts";

let world: World;
let routes: Route[];
let proofs: Proof[];

beforeAll(async () => {
  [world, proofs] = [await startWorld(), await proveIsolation()];
  routes = await routesOf();
}, 300_000);
afterAll(() => world[Symbol.asyncDispose]());

it("nobody reaches what is another tenant's, by any route, id, table or feed", () => {
  expect(proofs.filter(({ holds }) => !holds)).toEqual([]);
  expect(proofs.length).toBeGreaterThan(100);
});

it("the proof speaks of every route that needs a caller", () => {
  const tried = new Set(proofs.map(({ what }) => what));
  const names = routes.filter(({ permission }) => permission).map(({ name }) => name);
  expect(names.filter((name) => !tried.has(name))).toEqual([]);
});

/** Routes that know no tenant: of each, the words it may answer with to whoever says nothing. */
const PROBLEM = ["code", "detail", "errors", "status", "title", "type"];
const OPEN: Record<string, string[]> = {
  "get /.well-known/jwks.json": ["keys"],
  "post /hooks/{provider}/{binding}": PROBLEM.filter((word) => word !== "errors"),
  "post /api/v1/auth/login": PROBLEM,
  "post /api/v1/auth/logout": PROBLEM,
  "post /api/v1/auth/refresh": PROBLEM,
  "get /health": ["messagesProcessed", "status", "uptime"],
  "get /healthz": ["status"],
  "get /readyz": ["log", "status", "views"],
};

it("routes without a caller are those known, and tell no more than their words", async () => {
  const open = routes.filter(({ permission }) => permission === undefined);
  expect(open.map(({ name }) => name).toSorted()).toEqual(Object.keys(OPEN).toSorted());
  for (const { name, path: url, method } of open) {
    const answer = await world.app.inject({
      method,
      url,
      ...(method === "POST" && { payload: {} }),
    });
    expect(answer.body).not.toContain(MARK);
    expect(Object.keys(answer.json<object>()).toSorted()).toEqual(OPEN[name]);
  }
});
