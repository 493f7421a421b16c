import { readFileSync } from "node:fs";
import type { InjectOptions } from "fastify";
import { afterAll, beforeAll, expect, it } from "vitest";
import { badBodies, type BadBody } from "./testing/bad-bodies.ts";
import type { Schema } from "./testing/good-value.ts";
import { putUser, sessionsOf } from "./testing/people.ts";
import { startWorld, type World } from "./testing/world.ts";

type Body = { schema: Schema; examples?: Record<string, { value: unknown }> };
type Operation = { requestBody?: { content: { "application/json": Body } } };
type Document = { paths: Record<string, Record<string, Operation>> };
type Problem = { code: string; errors?: { field: string }[] };

const FILE = new URL("../openapi.json", import.meta.url);
const { paths } = JSON.parse(readFileSync(FILE, "utf8")) as Document;

/** The document has the examples of a whole body beside its schema. */
const schemaOf = ({ schema, examples }: Body): Schema =>
  examples === undefined
    ? schema
    : { ...schema, examples: Object.values(examples).map(({ value }) => value) };

/** Every route that takes a body, with its schema. */
const ROUTES = Object.entries(paths).flatMap(([path, operations]) =>
  Object.entries(operations).flatMap(([method, { requestBody }]) => {
    const body = requestBody?.content["application/json"];
    return body ? [[`${method.toUpperCase()} ${path}`, schemaOf(body)] as const] : [];
  }),
);

/** Milliseconds between two requests: the limit of a route that is held to ten a minute is not met. */
const PACE = 7000;
let time = Date.now();
let world: World;
beforeAll(async () => {
  world = await startWorld({ now: () => new Date(time) });
  await putUser(world, "root", { role: "admin" });
});
afterAll(() => world[Symbol.asyncDispose]());

/** An administrator of the platform, who may do everything there is, asks. */
async function ask(request: InjectOptions) {
  time += PACE;
  const sessions = sessionsOf(world.app);
  const { accessToken } = await sessions.logIn("root");
  const headers = { authorization: `Bearer ${accessToken}` };
  return world.app.inject({ ...request, headers });
}

const said = (status: number, code: string | undefined, fields: readonly string[]): string =>
  `${status} ${code}: ${[...new Set(fields)].toSorted().join(" ")}`;

/** What was answered otherwise than it should be. */
async function surprise(route: string, { how, fields, body }: BadBody): Promise<string[]> {
  const [method, path = ""] = route.split(" ");
  const url = path.replace("{tenant}", "a").replace("{id}", "a");
  const answer = await ask({ method: method as "POST", url, payload: body as object });
  const { code, errors = [] } = (JSON.parse(answer.body || "{}") ?? {}) as Partial<Problem>;
  const got = said(
    answer.statusCode,
    code,
    errors.map(({ field }) => field),
  );
  const expected = said(422, "invalid_body", fields);
  return got === expected ? [] : [`${how}: ${got}, and not ${expected}`];
}

it.each(ROUTES)("a body that breaks a rule is told its fields: %s", async (route, schema) => {
  const surprises: string[] = [];
  const bodies = badBodies(schema);
  for (const body of bodies) surprises.push(...(await surprise(route, body)));
  expect(surprises).toEqual([]);
  expect(bodies.length).toBeGreaterThan(3);
});

it("speaks of every kind of route that takes a body", () => {
  const methods = new Set(ROUTES.map(([route]) => route.split(" ")[0]));
  expect(methods).toEqual(new Set(["POST", "PATCH", "PUT"]));
});
