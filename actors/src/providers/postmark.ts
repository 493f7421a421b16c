import { type HttpApi, openHttpApi, type Verdict } from "@waybill/runtime/outbound";
import type { Outcome, PostmarkProvider } from "@waybill/schemas";
import { asciiDomain } from "../mime/address.ts";
import type { Mail } from "../mime/mail.ts";
import { outcomesOf } from "./http/outcomes.ts";
import type { Reach } from "./http/reach.ts";
import { verdictOf } from "./http/verify.ts";
import { lanes } from "./json-lane.ts";
import { postmarkCannot, postmarkRequests, type PostmarkRequest } from "./postmark-mail.ts";
import { judgePostmark, judgePostmarkBatch } from "./postmark-replies.ts";
import type { Attempt, Service } from "./provider.ts";
import { endpointOf, smtpLane, type SmtpEndpoint } from "./smtp-lane.ts";

const POSTMARK = "https://api.postmarkapp.com";

/** For transactional streams; broadcasts have an endpoint of their own, which is set. */
const SMTP: Record<string, SmtpEndpoint> = {
  [POSTMARK]: { host: "smtp.postmarkapp.com", port: 587, tls: "starttls" },
};

/** What the JSON says over HTTP, as fields. */
const smtpFields =
  (stream: string | undefined) =>
  ({ messageId }: Attempt) =>
    [
      `X-PM-Metadata-relay_id: ${messageId}`,
      "X-PM-KeepID: true",
      "X-PM-TrackOpens: false",
      "X-PM-TrackLinks: None",
      ...(stream === undefined ? [] : [`X-PM-Message-Stream: ${stream}`]),
      "",
    ].join("\r\n");

/** An account's token and the stream its mails go by. */
type Account = { api: HttpApi; token: string; stream: string | undefined };

const headersOf = ({ token }: Account) => ({
  "x-postmark-server-token": token,
  accept: "application/json",
});

async function verify(account: Account): Promise<Verdict> {
  const headers = headersOf(account);
  return verdictOf(await account.api.ask({ method: "GET", path: "/server", headers }));
}

/** What is asked for: for whom, and who hears of each part of it. */
type Asked = Pick<Attempt, "recipients" | "signal" | "tell">;

/** The outcomes of those we were given, by their addresses as Postmark has them. */
function ofOurs(recipients: readonly string[], outcomes: readonly Outcome[]): Outcome[] {
  const byAddress = Map.groupBy(outcomes, ({ recipient }) => recipient);
  return recipients.flatMap((recipient) =>
    (byAddress.get(asciiDomain(recipient)) ?? []).map((one) => ({ ...one, recipient })),
  );
}

async function ask(account: Account, request: PostmarkRequest, { signal }: Asked) {
  const { path, body, recipients } = request;
  const headers = { ...headersOf(account), "content-type": "application/json" };
  const answer = await account.api.ask({ method: "POST", path, headers, body, signal });
  const judge = path === "/email" ? judgePostmark : judgePostmarkBatch;
  return outcomesOf(answer, recipients, judge(recipients));
}

async function askEach(
  account: Account,
  [first, ...rest]: PostmarkRequest[],
  asked: Asked,
): Promise<Outcome[]> {
  if (first === undefined) return [];
  const outcomes = ofOurs(asked.recipients, await ask(account, first, asked));
  asked.tell?.(outcomes);
  return [...outcomes, ...(await askEach(account, rest, asked))];
}

const sendWith =
  (account: Account) =>
  (mail: Mail, attempt: Attempt): Promise<Outcome[]> =>
    askEach(account, postmarkRequests(mail, attempt.messageId, account.stream), attempt);

/**
 * Postmark by its API. Its JSON shows those to whom it goes, so a message that it would change goes
 * to Postmark's SMTP endpoint as it is, and all of them do with `lane: "smtp"`. Without a recipient
 * in the header each gets a mail of its own, in batches. Postmark writes the sender of
 * the envelope itself. It knows no repeated request: one whose reply is lost is `ambiguous`.
 */
export function postmarkProvider(
  settings: PostmarkProvider,
  openSecret: (sealed: string) => string,
  reach: Reach,
): Service {
  const { baseUrl = POSTMARK, concurrency, messageStream: stream } = settings;
  const endpoint = endpointOf(settings, POSTMARK, SMTP);
  const token = openSecret(settings.sealedSecret);
  const login = { username: token, password: token };
  const fieldsFor = smtpFields(stream);
  const smtp = endpoint && smtpLane({ settings, endpoint, login, fieldsFor, reach });
  const api = openHttpApi({ ...reach, baseUrl, concurrency });
  const account = { api, token, stream };
  const json = {
    room: { alternatives: false },
    whyNot: postmarkCannot,
    send: sendWith(account),
    verify: () => verify(account),
  };
  return {
    id: settings.id,
    kind: "postmark",
    keepsBytes: false,
    ...lanes(settings, json, smtp),
    close: () => {
      api.close();
      smtp?.close();
    },
  };
}
