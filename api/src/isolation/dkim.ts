import { randomToken } from "@waybill/runtime";
import { jsonOf } from "../testing/answer.ts";
import type { World } from "../testing/world.ts";
import { MARK } from "./proof.ts";

const URL = "/api/v1/dkim-keys";

/** How a DKIM key of tenant a is verified: DNS has its record from now on. */
export const DKIM: Record<string, (world: World) => Promise<{ url: string }>> = {
  [`post ${URL}/{id}/verify`]: async (world) => {
    const domain = `d${randomToken(6).replaceAll(/[_-]/g, "x")}.${MARK}.test`;
    const payload = { domain, algorithm: "ed25519" };
    type Made = { id: string; record: { value: string } };
    const made = await world.as("a", { method: "POST", url: URL, payload });
    const { id, record } = jsonOf<Made>(made, 201);
    world.deps.lookUpTxt = async () => [record.value];
    return { url: `${URL}/${id}/verify` };
  },
};
