import { randomToken } from "@waybill/runtime";
import { jsonOf } from "../testing/answer.ts";
import type { World } from "../testing/world.ts";
import { MARK } from "./proof.ts";

type Ask = { url: string; payload?: string; type?: string; answers?: string };

const LIST = "/api/v1/suppressions";

/** An address that is on no list yet. */
export const markedAddress = () => ({
  address: `${MARK}.${randomToken(6).replaceAll(/[^A-Za-z0-9]/g, "x")}@y.test`,
});

/** How the files of the suppression list are asked for what is tenant a's. */
export const SUPPRESSIONS: Record<string, (world: World) => Promise<Ask> | Ask> = {
  [`get ${LIST}/export`]: async (world) => {
    jsonOf(await world.as("a", { method: "POST", url: LIST, payload: markedAddress() }), 201);
    return { url: `${LIST}/export` };
  },
  [`post ${LIST}/import`]: () => ({
    url: `${LIST}/import`,
    payload: `address\r\n${markedAddress().address}\r\n`,
    type: "text/csv",
    answers: "imported",
  }),
};
