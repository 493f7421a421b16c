import type { Role } from "@waybill/schemas";
import type { InjectOptions } from "fastify";
import { OF_ROLE, type Permission } from "../permissions.ts";
import { MARK, type Proof } from "./proof.ts";
import type { Route } from "./routes-of.ts";
import { SAMPLES, type Ask } from "./samples.ts";
import { ROLES, type CallerName, type Scene } from "./scene.ts";

/** Each route, asked for a's by everybody who may not have it, and by those who may. */
export async function proveRoutes(scene: Scene, routes: readonly Route[]): Promise<Proof[]> {
  const proofs: Proof[] = [];
  for (const route of routes) proofs.push(...(await proveRoute(scene, route)));
  return proofs;
}

const SHUT_OUT: CallerName[] = ["nobody", "expired key", "revoked key"];
const OF_B: CallerName[] = ["owner of b", "key of b"];

async function proveRoute(scene: Scene, route: Route): Promise<Proof[]> {
  const sample = SAMPLES[route.name];
  const { name: what } = route;
  if (sample === undefined)
    return [{ what, as: "-", expected: "a sample of its use", got: "none", holds: false }];
  const fresh = () => Promise.resolve(sample(scene.world, scene.message));
  const proofs: Proof[] = [];
  for (const as of SHUT_OUT) {
    const { status } = await scene.ask(as, requestOf(route, await fresh()));
    proofs.push({ what, as, expected: "401", got: `${status}`, holds: status === 401 });
  }
  for (const role of ROLES) proofs.push(await askedByRole(scene, route, await fresh(), role));
  for (const as of OF_B) proofs.push(await askedByB(scene, route, await fresh(), as));
  return [...proofs, await askedRightly(scene, route, await fresh())];
}

/** A person of a may do what the table of permissions says of their role, and no more. */
async function askedByRole(scene: Scene, route: Route, ask: Ask, role: Role): Promise<Proof> {
  const { status } = await scene.ask(role, requestOf(route, ask));
  const may = OF_ROLE[role].includes(route.permission as Permission) && !ask.isThePlatforms;
  const isDone = status < 300 || status === ask.status;
  const holds = may ? isDone : [403, 404].includes(status);
  return { what: route.name, as: role, expected: may ? "done" : "403", got: `${status}`, holds };
}

/** Whoever may ask has what is a's: else the others were kept from nothing. */
async function askedRightly(scene: Scene, route: Route, ask: Ask): Promise<Proof> {
  const isOver = route.permission === "platform" || ask.isThePlatforms;
  const as = isOver ? "platform" : "owner";
  const { status, body } = await scene.ask(as, requestOf(route, ask));
  const isNamed = body.includes(ask.answers ?? MARK) || body.includes(scene.message);
  const holds = status === 204 || status === ask.status || (status < 300 && isNamed);
  return { what: route.name, as, expected: "what is a's", got: `${status}`, holds };
}

const requestOf = ({ method }: Route, { url, payload, type }: Ask): InjectOptions => ({
  method,
  url,
  ...(payload !== undefined && { payload }),
  ...(type !== undefined && { headers: { "content-type": type } }),
});

/** What the log holds of tenant a, as a number that grows with everything that is appended for it. */
export async function logOfA({ world }: Scene): Promise<string> {
  const { jsm } = world.deps.nats;
  const count = async (stream: string, filter: string) =>
    Object.values(
      (await jsm.streams.info(stream, { subjects_filter: filter })).state.subjects ?? {},
    ).reduce((sum, one) => sum + one, 0);
  return `${await count("CONTROL", "control.a.>")} ${await count("MAIL", "mail.*.*.a.>")}`;
}

/** The same in b's words, so that what it sees of a's was not said by itself. */
const unmarked = ({ url, payload, type }: Ask): Ask => ({
  url,
  ...(type !== undefined && { type }),
  ...(payload !== undefined && {
    payload: JSON.parse(JSON.stringify(payload).replaceAll(MARK, "of-b")) as object | string,
  }),
});

/** Another tenant asks the same: it sees nothing of a's, and changes nothing of it. */
async function askedByB(scene: Scene, route: Route, ask: Ask, as: CallerName): Promise<Proof> {
  const before = await logOfA(scene);
  const { status, body } = await scene.ask(as, requestOf(route, unmarked(ask)));
  const isQuiet = !body.includes(MARK);
  const isWithoutEffect = before === (await logOfA(scene));
  const isUnknown = !route.path.includes("{") || [403, 404].includes(status);
  return {
    what: route.name,
    as,
    expected: route.path.includes("{") ? "404, nothing changed" : "nothing of a's, nothing changed",
    got: `${status}${isQuiet ? "" : ", a's data"}${isWithoutEffect ? "" : ", a's log changed"}`,
    holds: isQuiet && isWithoutEffect && isUnknown,
  };
}

/** Every id that tenant a has of anything, in the place of every id of every route, asked by b. */
export async function proveIds(scene: Scene, routes: readonly Route[]): Promise<Proof[]> {
  const ids = ["a", scene.message, ...idsOfA(scene)];
  const proofs: Proof[] = [];
  for (const route of routes.filter(({ path }) => path.includes("{"))) {
    const payload = (await SAMPLES[route.name]?.(scene.world, scene.message))?.payload;
    const before = await logOfA(scene);
    const answers = new Set<number>();
    for (const id of ids) {
      const url = route.path.replaceAll(/\{\w+\}/g, encodeURIComponent(id));
      answers.add(
        (await scene.ask("key of b", requestOf(route, { url, ...(payload && { payload }) })))
          .status,
      );
    }
    const isUnchanged = before === (await logOfA(scene));
    const holds = isUnchanged && [...answers].every((status) => [403, 404].includes(status));
    const got = [...answers].join(", ") + (isUnchanged ? "" : ", a's log changed");
    proofs.push({
      what: `${route.name}, ${ids.length} ids of a`,
      as: "b",
      expected: "404",
      got,
      holds,
    });
  }
  return proofs;
}

function idsOfA({ world }: Scene): string[] {
  const { directory } = world.deps;
  return directory.kinds("a").flatMap((kind) => directory.entities("a", kind).map(({ id }) => id));
}
