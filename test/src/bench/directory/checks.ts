import { authenticate } from "@waybill/ingress";
import type { Directory, Secrets } from "@waybill/runtime";
import { loginOf, LOGINS } from "./world.ts";

/** Milliseconds of checking. */
const FOR = 3000;
/** Checks between two looks at the clock; a prime, so that tenants come in no order. */
const ROUND = 997;
const PLACE = { address: "192.0.2.1", now: new Date() };

type Keys = { directory: Directory; secrets: Secrets };

/** Every second password is wrong. @throws Error when one is judged wrongly */
function check(keys: Keys, tenants: number, at: number): void {
  const { username, password } = loginOf((at * 7919) % tenants, at % LOGINS);
  const isRight = (at >> 1) % 2 === 0;
  const given = isRight ? password : `${password}x`;
  const said = { username, password: given, validatePassword: () => false };
  if ((authenticate(keys, { method: "PLAIN", ...said }, PLACE) !== undefined) !== isRight)
    throw new Error(`${username} was judged wrongly`);
}

/** Credentials checked a second, as by AUTH, over all tenants. */
export function checksPerSecond(keys: Keys, tenants: number): number {
  const begun = performance.now();
  let checks = 0;
  while (performance.now() - begun < FOR)
    for (let one = 0; one < ROUND; one += 1) check(keys, tenants, checks++);
  return Math.round((checks * 1000) / (performance.now() - begun));
}
