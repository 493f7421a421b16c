import { openHttpApi, type Outbound } from "@waybill/runtime/outbound";
import { Problem } from "./errors.ts";

/** Gets a small text of the web, whole or not at all. @throws Problem unavailable */
export type FetchText = (url: string) => Promise<string>;

/** Milliseconds: whoever called us waits for it. */
const TIMEOUTS = { connect: 5000, headers: 5000, body: 5000, whole: 8000 };

const away = (host: string, why: string): Problem =>
  new Problem("unavailable", `${host} does not answer as it should`, { cause: new Error(why) });

/** Gets texts by the way out that is guarded; no redirect is followed. */
export const textFetcher =
  (outbound: Outbound): FetchText =>
  async (url) => {
    const { origin, host, pathname, search } = new URL(url);
    const api = openHttpApi({ baseUrl: origin, concurrency: 1, outbound, timeouts: TIMEOUTS });
    try {
      const path = `${pathname}${search}`;
      const answer = await api.ask({ method: "GET", path, headers: { accept: "*/*" } });
      if (answer.kind !== "reply") throw away(host, answer.why);
      if (answer.status !== 200) throw away(host, `status ${answer.status}`);
      return answer.text;
    } finally {
      api.close();
    }
  };
