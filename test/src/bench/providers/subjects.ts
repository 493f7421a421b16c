import { type Provider } from "@waybill/actors";
import { postmarkProvider, sendgridProvider, sesProvider } from "@waybill/actors/services";
import { makeOutbound } from "@waybill/runtime/outbound";
import type { Asked, Said } from "../../esp/emulator.ts";
import { postmarkService } from "../../esp/postmark.ts";
import { sendgridService } from "../../esp/sendgrid.ts";
import { SesEmulator } from "../../esp/ses.ts";

/** What is measured: a service, and a provider that sends to it. */
type Subject = {
  serve: () => { handle(asked: Asked): Said | Promise<Said> };
  open: (baseUrl: string) => Provider;
};

/** Requests at once. */
export const IN_FLIGHT = 20;

const KEY = "key";
const quiet = { info: () => undefined, warn: () => undefined };
const reach = { outbound: makeOutbound({ allow: [], log: quiet }), isExempt: true };
const same = (sealed: string): string => sealed;

/** What all settings share. */
const common = <Type extends string>(type: Type, baseUrl: string) =>
  ({
    kind: "provider",
    type,
    id: "p",
    name: type,
    concurrency: IN_FLIGHT,
    sealedSecret: KEY,
    baseUrl,
  }) as const;
const json = { lane: "http" } as const;
const aws = { region: "eu-west-1", accessKeyId: "AKIAGOOD" };

/** One line for each provider. */
export const SUBJECTS: Record<string, Subject> = {
  sendgrid: {
    serve: () => sendgridService({ key: KEY }),
    open: (url) => sendgridProvider({ ...common("sendgrid", url), ...json }, same, reach),
  },
  postmark: {
    serve: () => postmarkService({ token: KEY }),
    open: (url) => postmarkProvider({ ...common("postmark", url), ...json }, same, reach),
  },
  ses: {
    serve: () => new SesEmulator({ keys: { AKIAGOOD: { secret: KEY } }, region: aws.region }),
    open: (url) => sesProvider({ ...common("ses", url), ...aws }, same, reach),
  },
};

/** @throws Error that names those there are */
export function subject(name: string): Subject {
  const found = SUBJECTS[name];
  if (found === undefined)
    throw new Error(`no provider ${name}: ${Object.keys(SUBJECTS).join(", ")}`);
  return found;
}
