import { verifySmtp } from "@waybill/runtime/outbound";
import type { Outcome, PostmarkProvider, ResendProvider, SendgridProvider } from "@waybill/schemas";
import { fieldsBefore } from "./fields-before.ts";
import type { Reach } from "./http/reach.ts";
import type { Attempt, Service, Tell } from "./provider.ts";
import { smtpProvider } from "./smtp.ts";

/** A service that is reached over HTTP, and by SMTP as well. */
type Settings = SendgridProvider | PostmarkProvider | ResendProvider;

export type SmtpEndpoint = NonNullable<Settings["smtp"]>;

/**
 * The endpoint that is set, or else the service's own that goes with the base URL.
 * @throws Error when all mail is to go by SMTP and none is known
 */
export function endpointOf(
  { smtp, lane, baseUrl }: Settings,
  own: string,
  known: Record<string, SmtpEndpoint>,
): SmtpEndpoint | undefined {
  const endpoint = smtp ?? known[baseUrl ?? own];
  if (lane === "smtp" && endpoint === undefined)
    throw new Error("with this base URL its SMTP endpoint must be named");
  return endpoint;
}

type Lane = {
  settings: Settings;
  endpoint: SmtpEndpoint;
  login: { username: string; password: string };
  /** Whole fields that name the message to the service, each ending with CRLF. */
  fieldsFor: (attempt: Attempt) => string;
  reach: Reach;
};

const QUEUED_AS = /\bqueued as <?([^\s>]+)/i;

/** The id is in the words of the reply to the message. */
function withId(outcome: Outcome): Outcome {
  const [, id] = (outcome.class === "accepted" && QUEUED_AS.exec(outcome.response)) || [];
  return id === undefined ? outcome : { ...outcome, providerMessageId: id };
}

/** A transaction's mail with the service's fields, which may name those whom it is for. */
const withFields =
  (fieldsFor: Lane["fieldsFor"]) =>
  (attempt: Attempt): Attempt => {
    const fields = Buffer.from(fieldsFor(attempt));
    const size = attempt.size + fields.length;
    return { ...attempt, size, body: () => fieldsBefore(fields, attempt.body) };
  };

/**
 * The SMTP endpoint of a service, for what its HTTP interface cannot carry: the message goes as it
 * is, for its envelope, with the service's own fields before it.
 */
export function smtpLane({ settings, endpoint, login, fieldsFor, reach }: Lane): Service {
  const { id, name, concurrency } = settings;
  const { outbound, isExempt = false } = reach;
  const smtp = { ...endpoint, verify: endpoint.tls !== "none" };
  const auth = { username: login.username, sealedPassword: login.password };
  const provider = smtpProvider(
    { kind: "provider", type: "smtp", id, name, concurrency, smtp: { ...smtp, auth } },
    (password) => password,
    isExempt ? undefined : outbound,
    undefined,
    { dress: withFields(fieldsFor) },
  );
  return {
    ...provider,
    kind: settings.type,
    verify: () => verifySmtp(outbound, { ...smtp, isExempt, auth: login }),
    send: async (attempt) => {
      const tell: Tell = (outcomes) => attempt.tell?.(outcomes.map(withId));
      return (await provider.send({ ...attempt, tell })).map(withId);
    },
  };
}
