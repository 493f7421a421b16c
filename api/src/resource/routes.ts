import type { Entity } from "@waybill/schemas";
import { z } from "zod";
import type { App, Deps } from "../deps.ts";
import { json } from "../shapes/named.ts";
import { BODY, problems } from "../shapes/problem.ts";
import { pageSchema, paging } from "../shapes/query.ts";
import { changeOf, listOf, makeOf, readOf, removeOf } from "./commands.ts";
import { answer, askedOf, Headers, Id, idOf, Reason, saidIn } from "./request.ts";
import type { Resource } from "./resource.ts";

const REFUSED = ["unauthenticated", "forbidden", "unavailable"] as const;

type Any = Resource<Entity>;

/** A collection within something else is not there when that is not. */
const parentOf = (of: Any) => (of.path.includes(":") ? (["not_found"] as const) : []);

const paramsOf = (path: string) =>
  Object.fromEntries([...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => [name, Id]));

/** Adds a resource's routes. */
export function resource<E extends Entity, N, P>(
  of: Resource<E, N, P>,
): (app: App, deps: Deps) => void {
  const any = of as unknown as Any;
  return (app, deps) => {
    addReads(any, app, deps);
    addChanges(any, app, deps);
  };
}

function addReads(of: Any, app: App, deps: Deps): void {
  const [one, many] = of.words;
  const config = { may: of.read };
  const collection = z.strictObject(paramsOf(of.path));
  const list = {
    summary: `The ${many}, by id, descending`,
    tags: [of.tag],
    params: collection,
    querystring: z.strictObject({ ...paging, ...of.filter?.query }),
    response: {
      200: json(`A page of ${many}`, pageSchema(of.view)),
      ...problems("invalid_request", "bad_cursor", ...parentOf(of), ...REFUSED),
    },
  };
  const read = {
    summary: `One ${one}`,
    tags: [of.tag],
    params: collection.extend({ id: Id }),
    response: { 200: json(`The ${one}`, of.view), ...problems("not_found", ...REFUSED) },
  };
  app.get(`/${of.path}`, { schema: list, config }, async (request) =>
    listOf(of, askedOf(deps, request), request.query as Parameters<typeof listOf>[2]),
  );
  app.get(`/${of.path}/:id`, { schema: read, config }, async (request, reply) =>
    answer(reply, 200, await readOf(of, askedOf(deps, request), idOf(request))),
  );
}

function addChanges(of: Any, app: App, deps: Deps): void {
  const [one] = of.words;
  const may = { make: of.write, remove: of.write, ...of.may };
  const collection = z.strictObject(paramsOf(of.path));
  const params = collection.extend({ id: Id });
  const make = {
    summary: `Make one ${one}`,
    tags: [of.tag],
    params: collection,
    headers: Reason,
    body: of.new,
    response: {
      201: json(`The ${one} was made`, of.made ?? of.view),
      ...problems(...BODY, ...parentOf(of), ...(of.refusals ?? []), "conflict", ...REFUSED),
    },
  };
  const remove = {
    summary: `Delete one ${one}`,
    tags: [of.tag],
    params,
    headers: Headers,
    response: {
      204: z.null().describe("It is gone; its history stays"),
      ...problems("not_found", "conflict", "in_use", ...REFUSED),
    },
  };
  const making = { may: may.make, ...(of.makeLimit && { limit: of.makeLimit }) };
  app.post(`/${of.path}`, { schema: make, config: making }, async (request, reply) =>
    answer(reply, 201, await makeOf(of, askedOf(deps, request), request.body, saidIn(request))),
  );
  if (of.patch !== undefined) addPatch(of, app, deps, params);
  app.delete(
    `/${of.path}/:id`,
    { schema: remove, config: { may: may.remove } },
    async (request, reply) => {
      await removeOf(of, askedOf(deps, request), idOf(request), saidIn(request));
      return reply.code(204).send(null);
    },
  );
}

function addPatch(of: Any, app: App, deps: Deps, params: z.ZodType): void {
  const [one] = of.words;
  const patch = {
    summary: `Change one ${one}`,
    description: "A merge patch (RFC 7396): what is absent stays, what is null goes.",
    tags: [of.tag],
    params,
    headers: Headers,
    body: of.patch,
    response: {
      200: json(`The ${one} as it is now`, of.made ?? of.view),
      ...problems(...BODY, "not_found", "conflict", "in_use", ...REFUSED),
    },
  };
  app.patch(
    `/${of.path}/:id`,
    { schema: patch, config: { may: of.may?.change ?? of.write } },
    async (request, reply) => {
      const asked = askedOf(deps, request);
      const body = request.body as object;
      return answer(reply, 200, await changeOf(of, asked, idOf(request), body, saidIn(request)));
    },
  );
}
