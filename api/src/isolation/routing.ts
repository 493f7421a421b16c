import { putEntity } from "@waybill/runtime";
import { jsonOf } from "../testing/answer.ts";
import type { World } from "../testing/world.ts";
import { MARK } from "./proof.ts";

type Ask = { url: string; payload?: object };

const V1 = "/api/v1";
const ORDER = `${V1}/routing-rules/order`;

/** A rule whose id itself tells whose it is: an order holds nothing but ids. */
async function putMarkedRule({ deps }: World): Promise<void> {
  const then = { type: "sandbox" } as const;
  const entity = { kind: "route", id: MARK, position: 0, then } as const;
  const fact = { tenant: "a", kind: "route", id: MARK, entity, actor: "test", reason: "test" };
  const time = new Date().toISOString();
  await deps.directory.reached(await putEntity(deps.nats, { ...fact, time }));
}

/** How the routes of routing, beside those of its rules, are asked for what is tenant a's. */
export const ROUTING: Record<string, (world: World) => Promise<Ask> | Ask> = {
  [`get ${ORDER}`]: async (world) => (await putMarkedRule(world), { url: ORDER }),
  [`put ${ORDER}`]: async (world) => {
    await putMarkedRule(world);
    return { url: ORDER, payload: jsonOf<{ ids: string[] }>(await world.get("a", ORDER)) };
  },
  [`post ${V1}/routing/explain`]: async (world) => {
    await putMarkedRule(world);
    const payload = { from: "app@x.test", recipients: ["bob@x.test"] };
    return { url: `${V1}/routing/explain`, payload };
  },
};
