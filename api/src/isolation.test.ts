import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { jsonOf } from "./testing/answer.ts";
import { tell } from "./testing/history.ts";
import { startWorld, type World } from "./testing/world.ts";

let world: World;
/** A message of tenant a: delivered to one recipient, dead for another. */
let id: string;

beforeAll(async () => {
  world = await startWorld();
  id = await tell(world, "a", {
    subject: "a secret of a",
    status: "partial",
    recipients: [
      { address: "bob@x.test", status: "delivered" },
      { address: "carl@x.test", status: "dead" },
    ],
  });
});
afterAll(() => world[Symbol.asyncDispose]());

type Probe = (tenant: string) => Promise<{ status: number; body: string }>;

const get =
  (url: string): Probe =>
  async (tenant) => {
    const { statusCode: status, body } = await world.get(tenant, url);
    return { status, body };
  };
const post =
  (url: string, payload: () => object): Probe =>
  async (tenant) => {
    const { statusCode: status, body } = await world.as(tenant, {
      method: "POST",
      url,
      payload: payload(),
    });
    return { status, body };
  };
const ofMessage =
  (part: string): Probe =>
  (tenant) =>
    get(`/api/v1/messages/${id}${part}`)(tenant);

/** How each route is asked for what is tenant a's, in every way it can be asked. */
const PROBES: Record<string, Probe[]> = {
  "get /api/v1/messages": [
    get("/api/v1/messages"),
    get("/api/v1/messages?recipient=bob@x.test&subject=secret"),
  ],
  "get /api/v1/messages/{id}": [ofMessage("")],
  "get /api/v1/messages/{id}/events": [ofMessage("/events")],
  "get /api/v1/messages/{id}/raw": [ofMessage("/raw")],
  "get /api/v1/audit/events": [
    get("/api/v1/audit/events"),
    (tenant) => get(`/api/v1/audit/events?message=${id}`)(tenant),
  ],
  "get /api/v1/dead-letters": [
    get("/api/v1/dead-letters"),
    get("/api/v1/dead-letters?recipient=carl@x.test"),
  ],
  "post /api/v1/dead-letters/reprocess": [
    post("/api/v1/dead-letters/reprocess", () => ({ ids: [id], dryRun: true })),
    post("/api/v1/dead-letters/reprocess", () => ({ filter: {}, dryRun: true })),
    post("/api/v1/dead-letters/reprocess", () => ({ filter: {} })),
  ],
};

const nameOf = (tenant: string) => (tenant === "a" ? "a secret of a" : "another's");

/** Secrets of machines: tenant a's are made before, and one more for it to revoke. */
for (const path of ["api-keys", "smtp-credentials"]) {
  const url = `/api/v1/${path}`;
  const make: Probe = (tenant) => post(url, () => ({ name: nameOf(tenant) }))(tenant);
  const idOfNew = async () => (JSON.parse((await make("a")).body) as { id: string }).id;
  const revoke: Probe = async (tenant) => {
    const request = { method: "DELETE", url: `${url}/${await idOfNew()}` } as const;
    const { statusCode: status, body } = await world.as(tenant, request);
    return { status, body: body || `revoked ${nameOf(tenant)}` };
  };
  const rename: Probe = async (tenant) => {
    const payload = { name: nameOf(tenant) };
    const request = { method: "PATCH", url: `${url}/${await idOfNew()}`, payload } as const;
    const { statusCode: status, body } = await world.as(tenant, request);
    return { status, body };
  };
  Object.assign(PROBES, {
    [`post ${url}`]: [make],
    [`get ${url}`]: [async (tenant) => (await make("a"), get(url)(tenant))],
    [`get ${url}/{id}`]: [async (tenant) => get(`${url}/${await idOfNew()}`)(tenant)],
    [`patch ${url}/{id}`]: [rename],
    [`delete ${url}/{id}`]: [revoke],
  } satisfies Record<string, Probe[]>);
}

/** Routes that know no tenant: of each, the words it may answer with. */
const OPEN: Record<string, string[]> = {
  "get /health": ["messagesProcessed", "status", "uptime"],
  "get /healthz": ["status"],
  "get /readyz": ["log", "status", "views"],
};

const document = JSON.parse(
  await readFile(new URL("../openapi.json", import.meta.url), "utf8"),
) as {
  paths: Record<string, Record<string, { security?: object[] }>>;
};
const routes = Object.entries(document.paths).flatMap(([path, operations]) =>
  Object.entries(operations).map(([method, { security }]) => ({
    route: `${method} ${path}`,
    security,
  })),
);
const keyed = routes.filter(({ security }) => security === undefined).map(({ route }) => route);

it("every route is probed", () => {
  expect(keyed.toSorted()).toEqual(Object.keys(PROBES).toSorted());
  const open = routes.filter(({ security }) => security?.length === 0).map(({ route }) => route);
  expect(open.toSorted()).toEqual(Object.keys(OPEN).toSorted());
});

it.each(keyed)("%s shows a's to a, and nothing of it to b", async (route) => {
  const marks = ["app@a.test", "x.test", "secret of a", "akey"];
  for (const probe of PROBES[route] ?? []) {
    const [own, foreign] = [await probe("a"), await probe("b")];
    expect([200, 201, 202, 204]).toContain(own.status);
    expect([...marks, id].some((mark) => own.body.includes(mark))).toBe(true);
    for (const mark of marks) expect(foreign.body).not.toContain(mark);
    expect([200, 201, 202, 404]).toContain(foreign.status);
  }
});

it.each(keyed)("%s answers nobody without a key", async (route) => {
  const [method = "", path = ""] = route.split(" ");
  const url = path.replace("{id}", id);
  const answer = await world.app.inject({ method: method.toUpperCase() as "GET", url });
  expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([
    401,
    "unauthenticated",
  ]);
});

it.each(Object.entries(OPEN))("%s tells no more than its words", async (route, words) => {
  const answer = await world.app.inject(route.split(" ")[1] ?? "");
  expect(Object.keys(jsonOf<object>(answer)).toSorted()).toEqual(words);
});

it("requeued nothing of a's by b's command", async () => {
  const body = (await get("/api/v1/audit/events?type=requeued")("a")).body;
  expect(
    body
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as object),
  ).toMatchObject([{ by: "apikey:akey" }]);
});
