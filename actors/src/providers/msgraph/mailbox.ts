import {
  type Answer,
  type HttpRequest,
  type OAuth,
  openHttpApi,
  openOAuth,
  TokenError,
} from "@waybill/runtime/outbound";
import type { MsgraphProvider } from "@waybill/schemas";
import type { Reach } from "../http/reach.ts";
import { isGone } from "./judge.ts";

/** What came of a request; there may have been no token to make it with. */
export type Asked = Answer | { kind: "no-token"; error: TokenError };

/** A message in a folder of the mailbox. */
export type Item = { id: string; recipients: string[] };

const GRAPH = "https://graph.microsoft.com";
const LOGIN = "https://login.microsoftonline.com";

/** Octets: a created draft is answered with all of its text. */
const LONGEST_DRAFT = 16 * 1024 * 1024;

type Recipients = { emailAddress?: { address?: string } }[];
type Listed = {
  value: {
    id: string;
    toRecipients?: Recipients;
    ccRecipients?: Recipients;
    bccRecipients?: Recipients;
  }[];
};

const addressesOf = (all: Recipients = []): string[] =>
  all.flatMap(({ emailAddress }) => emailAddress?.address ?? []);

/** Undefined where the text is no list of messages. */
function itemsIn(text: string): Item[] | undefined {
  try {
    const { value } = JSON.parse(text) as Listed;
    return value.map(({ id, toRecipients, ccRecipients, bccRecipients }) => ({
      id,
      recipients: [toRecipients, ccRecipients, bccRecipients].flatMap(addressesOf),
    }));
  } catch {
    return undefined;
  }
}

function openLogin(
  { directory, clientId, tokenUrl }: MsgraphProvider,
  secret: string,
  reach: Reach,
  origin: string,
): OAuth {
  return openOAuth({
    ...reach,
    tokenUrl: tokenUrl ?? `${LOGIN}/${directory}/oauth2/v2.0/token`,
    grant: {
      type: "client_credentials",
      clientId,
      clientSecret: secret,
      scope: `${origin}/.default`,
    },
  });
}

const isRefused = (answer: Answer): boolean => answer.kind === "reply" && answer.status === 401;

type Ask = (
  method: HttpRequest["method"],
  path: string,
  more?: Partial<HttpRequest>,
) => Promise<Asked>;

const callsOver = (ask: Ask) => ({
  /** Makes a draft of a message. */
  create: (mime: Buffer) =>
    ask("POST", "/messages", {
      headers: { "content-type": "text/plain" },
      body: mime.toString("base64"),
      longest: LONGEST_DRAFT,
    }),
  /** Sets the Bcc of a draft. */
  hide: (id: string, addresses: readonly string[]) =>
    ask("PATCH", `/messages/${encodeURIComponent(id)}`, {
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        bccRecipients: addresses.map((address) => ({ emailAddress: { address } })),
      }),
      longest: LONGEST_DRAFT,
    }),
  /** Sends a draft. */
  submit: (id: string) => ask("POST", `/messages/${encodeURIComponent(id)}/send`),
  /** Deletes a draft; `gone` when there was none. */
  remove: async (id: string): Promise<"deleted" | "gone" | "unknown"> => {
    const answer = await ask("DELETE", `/messages/${encodeURIComponent(id)}`);
    if (answer.kind !== "reply") return "unknown";
    if (answer.status === 204) return "deleted";
    return isGone(answer) ? "gone" : "unknown";
  },
  /** The messages of a folder that have a Message-ID; what came of the request where it told none. */
  find: async (folder: "drafts" | "sentitems", messageId: string): Promise<Item[] | Asked> => {
    const filter = `internetMessageId eq '${messageId.replaceAll("'", "''")}'`;
    const query = `$filter=${encodeURIComponent(filter)}&$select=id,toRecipients,ccRecipients,bccRecipients`;
    const answer = await ask("GET", `/mailFolders/${folder}/messages?${query}`);
    if (answer.kind !== "reply" || answer.status !== 200) return answer;
    return itemsIn(answer.text) ?? answer;
  },
  /** Asks after the folder in which drafts are made. */
  look: () => ask("GET", "/mailFolders/drafts?$select=id"),
});

/** What is asked of a mailbox. */
export type Mailbox = ReturnType<typeof callsOver>;

/** The messages of a mailbox in Microsoft Graph v1.0, as an application reaches them. */
export function openMailbox(settings: MsgraphProvider, secret: string, reach: Reach) {
  const { baseUrl = GRAPH, concurrency, mailbox } = settings;
  const login = openLogin(settings, secret, reach, new URL(baseUrl).origin);
  const api = openHttpApi({ ...reach, baseUrl, concurrency });
  const home = `/v1.0/users/${encodeURIComponent(mailbox)}`;
  const askWith = (request: HttpRequest) => (token: string) =>
    api.ask({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } });

  /** With a token; one that is refused is asked for again, once. Never rejects. */
  const ask: Ask = async (method, path, more = {}) => {
    const request = { method, path: `${home}${path}`, headers: {}, ...more };
    try {
      return await login.tokens.using(askWith(request), isRefused);
    } catch (error) {
      if (error instanceof TokenError) return { kind: "no-token", error };
      throw error;
    }
  };

  return {
    ...callsOver(ask),
    /** The same, for as long as a signal is not aborted. */
    during: (signal: AbortSignal | undefined): Mailbox =>
      callsOver((method, path, more) => ask(method, path, { ...more, signal })),
    close: () => {
      api.close();
      login.close();
    },
  };
}
