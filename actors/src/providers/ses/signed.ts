import { AwsV4Signer } from "aws4fetch";
import type { HttpRequest } from "@waybill/runtime/outbound";
import type { CallBody } from "./encode.ts";

const PATH = "/v2/email/outbound-emails";

/** Whose call it is, and to which region's SES. */
export type Signatory = {
  baseUrl: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
};

/** The call as its account's own: signed with Signature Version 4 for the service `ses`, as of now. */
export async function signedCall(by: Signatory, { body, sha256 }: CallBody): Promise<HttpRequest> {
  const { baseUrl, ...key } = by;
  const headers = { "content-type": "application/json", "x-amz-content-sha256": sha256 };
  const what = { method: "POST", url: `${baseUrl}${PATH}`, service: "ses", headers };
  const signed = await new AwsV4Signer({ ...what, ...key }).sign();
  return { method: "POST", path: PATH, headers: Object.fromEntries(signed.headers), body };
}
