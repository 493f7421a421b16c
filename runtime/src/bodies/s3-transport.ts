import http from "node:http";
import https from "node:https";

/** Milliseconds. */
export type Patience = {
  /** Without an octet to or fro, connecting included. */
  silence: number;
  /** From the request to the end of its answer; an object that is read may take longer. */
  whole: number;
  /** From the first request of a large object to the beginning of its last. */
  large: number;
};

/** A client at the door waits for the store, some of them for no more than a minute. */
export const PATIENCE: Patience = { silence: 5000, whole: 20_000, large: 20_000 };

const isObject = ({ method, path }: http.RequestOptions): boolean =>
  method === "GET" && path?.includes("?") === false;

/** node:http, or node:https, for a client of S3 that knows no time-outs of its own. */
export function impatient(secure: boolean, { silence, whole }: Omit<Patience, "large">) {
  const agent = secure ? new https.Agent({ keepAlive: true }) : new http.Agent({ keepAlive: true });
  const request = (
    options: https.RequestOptions,
    onResponse?: (response: http.IncomingMessage) => void,
  ): http.ClientRequest => {
    const asked = (secure ? https : http).request({ ...options, agent });
    const give = (why: string) => asked.destroy(new Error(why));
    const late = setTimeout(() => give(`S3 took more than ${whole} ms`), whole);
    asked.setTimeout(silence, () => give(`S3 was silent for ${silence} ms`));
    asked.once("close", () => clearTimeout(late));
    asked.once("response", (response) => {
      // Its reader may be slow, and has a patience of its own.
      if (isObject(options)) {
        clearTimeout(late);
        asked.setTimeout(0);
      }
      onResponse?.(response);
    });
    return asked;
  };
  return { transport: { request }, close: () => agent.destroy() };
}
