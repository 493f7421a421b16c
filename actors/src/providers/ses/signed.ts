import { hash } from "node:crypto";
import type { HttpRequest } from "@waybill/runtime/outbound";
import type { CallBody } from "./encode.ts";
import { type Signatory, sigV4 } from "./sigv4.ts";

const NO_BODY = hash("sha256", "");

/** Makes calls of SES by its API v2 that are signed as their account's own, as of now. */
export type SignedCalls = {
  get(path: string): HttpRequest;
  post(path: string, content: CallBody): HttpRequest;
};

/** @param baseUrl of SES in the signatory's region; it may have a path before all others */
export function signedCalls(baseUrl: string, by: Omit<Signatory, "service">): SignedCalls {
  const { host, pathname } = new URL(baseUrl);
  const before = pathname.replace(/\/$/, "");
  const sign = sigV4({ ...by, service: "ses" });
  const signed = (method: HttpRequest["method"], path: string, sha256: string) => ({
    method,
    path,
    headers: sign({ method, host, path: `${before}${path}`, sha256, at: new Date() }),
  });
  return {
    get: (path) => signed("GET", path, NO_BODY),
    post: (path, { body, sha256 }) => {
      const { headers, ...request } = signed("POST", path, sha256);
      return { ...request, headers: { ...headers, "content-type": "application/json" }, body };
    },
  };
}
