import { type Provider, smtpProvider } from "@waybill/actors";
import {
  mailgunProvider,
  msgraphProvider,
  postmarkProvider,
  resendProvider,
  sendgridProvider,
  sesProvider,
} from "@waybill/actors/services";
import { makeOutbound } from "@waybill/runtime/outbound";
import { startEmulator } from "../../esp/emulator.ts";
import { Mailgun } from "../../esp/mailgun.ts";
import { GRAPH, startGraph } from "../../esp/msgraph.ts";
import { postmarkService } from "../../esp/postmark.ts";
import { Resend } from "../../esp/resend.ts";
import { sendgridService } from "../../esp/sendgrid.ts";
import { SesEmulator } from "../../esp/ses.ts";
import { startSink } from "../../mail/sink.ts";

/** What is measured: a service, and a provider that sends to it. */
type Subject = {
  serve: () => Promise<{ url: string; close(): Promise<void> }>;
  open: (url: string) => Provider;
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
const domain = "sender.test";
const keys = { AKIAGOOD: { secret: KEY } };
const aws = { region: "eu-west-1", accessKeyId: "AKIAGOOD" };

const graph = (url: string) => ({
  ...common("msgraph", url),
  ...GRAPH,
  tokenUrl: `${url}/${GRAPH.directory}/oauth2/v2.0/token`,
});

async function startServer() {
  const sink = await startSink();
  return { url: sink.url, close: () => sink.stop() };
}
const server = (url: string) => {
  const { hostname: host, port } = new URL(url);
  return { host, port: Number(port), tls: "none", verify: false } as const;
};

/** One line for each provider; SMTP is their peer. */
export const SUBJECTS: Record<string, Subject> = {
  sendgrid: {
    serve: () => startEmulator(sendgridService({ key: KEY }).handle),
    open: (url) => sendgridProvider({ ...common("sendgrid", url), ...json }, same, reach),
  },
  postmark: {
    serve: () => startEmulator(postmarkService({ token: KEY }).handle),
    open: (url) => postmarkProvider({ ...common("postmark", url), ...json }, same, reach),
  },
  ses: {
    serve: () => startEmulator(new SesEmulator({ keys, region: aws.region }).handle),
    open: (url) => sesProvider({ ...common("ses", url), ...aws }, same, reach),
  },
  mailgun: {
    serve: () => startEmulator(new Mailgun({ domain, key: KEY }).handle),
    open: (url) => mailgunProvider({ ...common("mailgun", url), domain }, same, reach),
  },
  resend: {
    serve: () => startEmulator(new Resend({ key: KEY }).handle),
    open: (url) => resendProvider({ ...common("resend", url), ...json }, same, reach),
  },
  msgraph: {
    serve: () => startGraph({ anySender: true }),
    open: (url) => msgraphProvider(graph(url), () => GRAPH.secret, reach),
  },
  smtp: {
    serve: startServer,
    open: (url) => smtpProvider({ ...common("smtp", url), smtp: server(url) }, same, undefined),
  },
};

/** @throws Error that names those there are */
export function subject(name: string): Subject {
  const found = SUBJECTS[name];
  if (found === undefined)
    throw new Error(`no provider ${name}: ${Object.keys(SUBJECTS).join(", ")}`);
  return found;
}
