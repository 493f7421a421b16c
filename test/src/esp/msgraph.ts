import { randomUUID } from "node:crypto";
import addressparser from "nodemailer/lib/addressparser";
import { type Asked, type Emulator, type Said, startEmulator } from "./emulator.ts";

/** Octets of a request's body. */
const LARGEST = 4 * 1024 * 1024;
const HOUR = 3600;

export const GRAPH = {
  directory: "contoso.test",
  clientId: "client",
  secret: "s3cret/+= &",
  mailbox: "us@contoso.test",
};

type Recipient = { emailAddress: { address: string; name?: string } };
type Message = {
  id: string;
  internetMessageId: string;
  isDraft: boolean;
  subject: string;
  toRecipients: Recipient[];
  ccRecipients: Recipient[];
  bccRecipients: Recipient[];
};
type Kept = Message & { folder: "drafts" | "sentitems"; from: string; mime: Buffer };

/** Mail that went out: its bytes, and to whom. */
type Sent = { mime: Buffer; recipients: string[] };

/** What the documentation leaves open, or what depends on the mailbox. */
type Habits = {
  /** The mailbox may send as anybody. */
  anySender: boolean;
  /** The draft has the Message-ID that came. */
  keepsMessageId: boolean;
  /** The draft has the Bcc that came. */
  keepsBcc: boolean;
};

export type GraphEmulator = Emulator & {
  sent: Sent[];
  /** What is in a folder of the mailbox. */
  held(folder: Kept["folder"]): Kept[];
  /** Access tokens given so far. */
  tokens: string[];
  /** Takes every token back. */
  revoke(): void;
};

/** An error as Graph words it. */
export const graphError = (status: number, code: string, message = code): Said => ({
  status,
  headers: { "request-id": randomUUID() },
  json: {
    error: {
      code,
      message,
      innerError: { date: new Date().toISOString(), "request-id": randomUUID() },
    },
  },
});

const noItem = (): Said =>
  graphError(404, "ErrorItemNotFound", "The specified object was not found in the store.");

const oauthError = (status: number, error: string, description: string): Said => ({
  status,
  json: { error, error_description: description },
});

/** The fields of a message's header, unfolded, by their names in lower case. */
function headerOf(mime: Buffer): Map<string, string> {
  const [head = ""] = mime.toString("utf8").split("\r\n\r\n", 1);
  const lines = head.replaceAll(/\r\n[ \t]+/g, " ").split("\r\n");
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}

const recipientsIn = (field = ""): Recipient[] =>
  addressparser(field, { flatten: true }).map(({ address, name }) => ({
    emailAddress: { address, name },
  }));

const addressesOf = (message: Message): string[] =>
  [...message.toRecipients, ...message.ccRecipients, ...message.bccRecipients].map(
    ({ emailAddress }) => emailAddress.address,
  );

const typeOf = ({ headers }: Asked): string | undefined => headers["content-type"]?.split(";")[0];

/** The bytes of a MIME request. */
function mimeIn(asked: Asked): Buffer | Said {
  const { body } = asked;
  if (typeOf(asked) !== "text/plain")
    return graphError(415, "RequestBodyRead", "only MIME is taken here");
  if (body.length > LARGEST)
    return graphError(413, "ErrorMessageSizeExceeded", "The message exceeds the maximum size.");
  const text = body.toString("latin1").replaceAll(/\r?\n/g, "");
  if (text === "" || text.length % 4 !== 0 || !/^[\w+/]+={0,2}$/.test(text))
    return graphError(400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string.");
  return Buffer.from(text, "base64");
}

const newMessageId = (): string => `<${randomUUID()}@contoso.test>`;

function draftOf(mime: Buffer, { keepsMessageId, keepsBcc }: Habits): Kept {
  const header = headerOf(mime);
  return {
    id: randomUUID(),
    internetMessageId: (keepsMessageId && header.get("message-id")) || newMessageId(),
    isDraft: true,
    subject: header.get("subject") ?? "",
    toRecipients: recipientsIn(header.get("to")),
    ccRecipients: recipientsIn(header.get("cc")),
    bccRecipients: keepsBcc ? recipientsIn(header.get("bcc")) : [],
    folder: "drafts",
    from: recipientsIn(header.get("from"))[0]?.emailAddress.address ?? GRAPH.mailbox,
    mime,
  };
}

const shown = ({ folder: _folder, from: _from, mime, ...message }: Kept) => ({
  ...message,
  body: { contentType: "text", content: mime.toString("utf8").split("\r\n\r\n").slice(1).join("") },
});

/** A directory's token endpoint and one mailbox of Microsoft Graph v1.0, MIME only. */
class Graph {
  readonly sent: Sent[] = [];
  readonly tokens: string[] = [];
  readonly kept = new Map<string, Kept>();
  readonly valid = new Set<string>();
  readonly #habits: Habits;

  constructor(habits: Habits) {
    this.#habits = habits;
  }

  handle(asked: Asked): Said {
    const { pathname, searchParams } = new URL(asked.path, "http://graph.test");
    if (pathname === `/${GRAPH.directory}/oauth2/v2.0/token`) return this.#token(asked);
    const token = /^Bearer (.+)$/.exec(asked.headers.authorization ?? "")?.[1] ?? "";
    if (!this.valid.has(token))
      return graphError(401, "InvalidAuthenticationToken", "Access token is empty or expired.");
    const [, version, users, mailbox, ...path] = pathname.split("/").map(decodeURIComponent);
    if (version !== "v1.0" || users !== "users") return graphError(400, "BadRequest");
    if (mailbox !== GRAPH.mailbox) return graphError(404, "MailboxNotFound");
    return this.#mailbox(asked, path, searchParams.get("$filter") ?? "");
  }

  #token(asked: Asked): Said {
    const form = new URLSearchParams(asked.body.toString());
    const isForm = typeOf(asked) === "application/x-www-form-urlencoded";
    if (asked.method !== "POST" || !isForm || form.get("grant_type") !== "client_credentials")
      return oauthError(400, "invalid_request", "AADSTS900144: the request body must be a form");
    if (form.get("client_id") !== GRAPH.clientId)
      return oauthError(400, "unauthorized_client", "AADSTS700016: Application was not found");
    if (form.get("client_secret") !== GRAPH.secret)
      return oauthError(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.");
    if (form.get("scope")?.endsWith("/.default") !== true)
      return oauthError(400, "invalid_scope", "AADSTS1002012: scope must end in /.default");
    const token = `eyJ${randomUUID()}`;
    this.tokens.push(token);
    this.valid.add(token);
    return { status: 200, json: { token_type: "Bearer", expires_in: HOUR, access_token: token } };
  }

  #mailbox(asked: Asked, [what, id, verb, ...rest]: string[], filter: string): Said {
    const { method } = asked;
    if (method === "POST" && what === "sendMail") return this.#sendMail(asked);
    if (method === "GET" && what === "mailFolders" && verb === "messages" && rest.length === 0)
      return this.#find(id, filter);
    if (method === "GET" && what === "mailFolders" && verb === undefined)
      return { status: 200, json: { id } };
    if (what !== "messages") return graphError(400, "BadRequest");
    if (method === "POST" && id === undefined) return this.#create(asked);
    const message = this.kept.get(id ?? "");
    if (message === undefined) return noItem();
    if (method === "POST" && verb === "send") return this.#send(message);
    if (method === "GET") return { status: 200, json: shown(message) };
    if (!message.isDraft) return graphError(400, "ErrorInvalidPropertySet", "it is no draft");
    if (method === "PATCH") return this.#change(message, asked);
    if (method !== "DELETE") return graphError(405, "BadRequest");
    this.kept.delete(message.id);
    return { status: 204 };
  }

  #create(asked: Asked): Said {
    const mime = mimeIn(asked);
    if (!Buffer.isBuffer(mime)) return mime;
    const draft = draftOf(mime, this.#habits);
    this.kept.set(draft.id, draft);
    return { status: 201, json: shown(draft) };
  }

  #sendMail(asked: Asked): Said {
    const mime = mimeIn(asked);
    return Buffer.isBuffer(mime) ? this.#send(draftOf(mime, this.#habits)) : mime;
  }

  /** An item that moves to another folder gets another id. */
  #send(message: Kept): Said {
    const recipients = addressesOf(message);
    if (recipients.length === 0 || recipients.some((one) => !one.includes("@")))
      return graphError(400, "ErrorInvalidRecipients", "At least one recipient isn't valid.");
    if (!this.#habits.anySender && message.from.toLowerCase() !== GRAPH.mailbox)
      return graphError(403, "ErrorSendAsDenied", "The user account doesn't have permission.");
    this.kept.delete(message.id);
    const moved = { ...message, id: randomUUID(), isDraft: false, folder: "sentitems" } as const;
    this.kept.set(moved.id, moved);
    this.sent.push({ mime: message.mime, recipients });
    return { status: 202 };
  }

  #change(message: Kept, { body }: Asked): Said {
    const { bccRecipients } = JSON.parse(body.toString()) as Message;
    const changed = { ...message, bccRecipients };
    this.kept.set(message.id, changed);
    return { status: 200, json: shown(changed) };
  }

  #find(folder: string | undefined, filter: string): Said {
    const id = /^internetMessageId eq '(.+)'$/.exec(filter)?.[1]?.replaceAll("''", "'");
    if (id === undefined) return graphError(400, "BadRequest", "Invalid filter clause");
    const all = [...this.kept.values()].filter(
      (one) => one.folder === folder && one.internetMessageId === id,
    );
    return { status: 200, json: { value: all.map(shown) } };
  }
}

/** Starts Microsoft Graph for one mailbox, that of `GRAPH`, with its directory's token endpoint. */
export async function startGraph(
  options: Partial<Habits> & Parameters<typeof startEmulator>[1] = {},
): Promise<GraphEmulator> {
  const graph = new Graph({ anySender: false, keepsMessageId: true, keepsBcc: true, ...options });
  const emulator = await startEmulator((asked) => graph.handle(asked), options);
  const { sent, tokens, valid, kept } = graph;
  const held = (folder: Kept["folder"]) =>
    [...kept.values()].filter((one) => one.folder === folder);
  return { ...emulator, sent, tokens, held, revoke: () => valid.clear() };
}
