import type { InjectOptions } from "fastify";
import { OF_ROLE, type Permission } from "../permissions.ts";
import { MARK, type Proof } from "./proof.ts";
import type { Route } from "./routes-of.ts";
import { SAMPLES, type Ask } from "./samples.ts";
import type { CallerName, Scene } from "./scene.ts";

/** Each route, asked for a's by everybody who may not have it, and by a, who may. */
export async function proveRoutes(scene: Scene, routes: readonly Route[]): Promise<Proof[]> {
  const proofs: Proof[] = [];
  for (const route of routes) proofs.push(...(await proveRoute(scene, route)));
  return proofs;
}

/** What no key of a tenant may do, however much it may there. */
const OVER_TENANTS: Permission[] = ["platform", "tenant:delete"];
const isOverTenants = ({ permission }: Route) => OVER_TENANTS.includes(permission as Permission);

const SHUT_OUT: CallerName[] = ["nobody", "expired key", "revoked key"];

async function proveRoute(scene: Scene, route: Route): Promise<Proof[]> {
  const sample = SAMPLES[route.name];
  const proof = (as: string, expected: string, got: string, holds: boolean): Proof => ({
    what: route.name,
    as,
    expected,
    got,
    holds,
  });
  if (sample === undefined) return [proof("-", "a sample of its use", "none", false)];
  const ask = async (as: CallerName) =>
    scene.ask(as, requestOf(route, await sample(scene.world, scene.message)));
  const proofs: Proof[] = [];
  for (const as of SHUT_OUT) {
    const { status } = await ask(as);
    proofs.push(proof(as, "401", `${status}`, status === 401));
  }
  const viewer = await ask("viewer");
  const mayView = OF_ROLE.viewer.includes(route.permission as Permission);
  const wanted = mayView ? viewer.status < 300 : viewer.status === 403;
  proofs.push(proof("viewer", mayView ? "2xx" : "403", `${viewer.status}`, wanted));
  proofs.push(await askedByB(scene, route, await sample(scene.world, scene.message)));
  if (isOverTenants(route)) {
    const { status } = await ask("a");
    proofs.push(proof("a", "403", `${status}`, status === 403));
  }
  const rightful = isOverTenants(route) ? "platform" : "a";
  const own = await ask(rightful);
  const { answers = MARK } = await sample(scene.world, scene.message);
  const isNamed = own.body.includes(answers) || own.body.includes(scene.message);
  const isOwn = own.status === 204 || (own.status < 300 && isNamed);
  return [...proofs, proof(rightful, "2xx with what is a's", `${own.status}`, isOwn)];
}

const requestOf = ({ method }: Route, { url, payload }: Ask): InjectOptions => ({
  method,
  url,
  ...(payload && { payload }),
});

/** What the log holds of tenant a, as a number that grows with everything that is appended for it. */
async function logOfA({ world }: Scene): Promise<string> {
  const { jsm } = world.deps.nats;
  const count = async (stream: string, filter: string) =>
    Object.values(
      (await jsm.streams.info(stream, { subjects_filter: filter })).state.subjects ?? {},
    ).reduce((sum, one) => sum + one, 0);
  return `${await count("CONTROL", "control.a.>")} ${await count("MAIL", "mail.*.*.a.>")}`;
}

/** The same in b's words, so that what it sees of a's was not said by itself. */
const unmarked = ({ url, payload }: Ask): Ask => ({
  url,
  ...(payload && {
    payload: JSON.parse(JSON.stringify(payload).replaceAll(MARK, "of-b")) as object,
  }),
});

/** Another tenant asks the same: it sees nothing of a's, and changes nothing of it. */
async function askedByB(scene: Scene, route: Route, ask: Ask): Promise<Proof> {
  const before = await logOfA(scene);
  const { status, body } = await scene.ask("b", requestOf(route, unmarked(ask)));
  const isQuiet = !body.includes(MARK);
  const isWithoutEffect = before === (await logOfA(scene));
  const isUnknown = !route.path.includes("{") || [403, 404].includes(status);
  return {
    what: route.name,
    as: "b",
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
        (await scene.ask("b", requestOf(route, { url, ...(payload && { payload }) }))).status,
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
