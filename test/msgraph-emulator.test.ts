import { setDefaultCACertificates } from "node:tls";
import { Client, type GraphError } from "@microsoft/microsoft-graph-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GRAPH, graphError, startGraph, type GraphEmulator } from "./src/esp/msgraph.ts";
import { localCertificate } from "./src/mail/certificate.ts";

const MIME = Buffer.from(
  "From: us@contoso.test\r\nTo: A <a@x.test>\r\nBcc: b@x.test\r\n" +
    "Message-ID: <one@here.test>\r\nSubject: S\r\n\r\nHi \xe9\r\n",
  "latin1",
);
const HOME = `/users/${GRAPH.mailbox}`;

let graph: GraphEmulator;
let client: Client;

const form = (change: Record<string, string> = {}) => ({
  grant_type: "client_credentials",
  client_id: GRAPH.clientId,
  client_secret: GRAPH.secret,
  scope: "https://graph.microsoft.com/.default",
  ...change,
});

async function token(change = {}): Promise<{ status: number; said: Record<string, unknown> }> {
  const url = `${graph.url}/${GRAPH.directory}/oauth2/v2.0/token`;
  const answer = await fetch(url, { method: "POST", body: new URLSearchParams(form(change)) });
  return { status: answer.status, said: (await answer.json()) as Record<string, unknown> };
}

const clientWith = (getAccessToken: () => Promise<string>): Client =>
  Client.initWithMiddleware({
    baseUrl: graph.url,
    customHosts: new Set(["localhost"]),
    authProvider: { getAccessToken },
  });

beforeEach(async () => {
  const tls = await localCertificate();
  setDefaultCACertificates([tls.cert]);
  graph = await startGraph({ tls });
  client = clientWith(async () => String((await token()).said["access_token"]));
});
afterEach(() => graph.close());

const post = (path: string, mime: Buffer | string = MIME) =>
  client
    .api(path)
    .header("Content-Type", "text/plain")
    .post(typeof mime === "string" ? mime : mime.toString("base64"));

const failure = (asked: Promise<unknown>): Promise<[number, string | null]> =>
  asked.then(
    () => [0, "nothing failed"],
    ({ statusCode, code }: GraphError) => [statusCode, code],
  );

describe("the official client", () => {
  it("sends MIME in one go", async () => {
    await post(`${HOME}/sendMail`);
    expect(graph.sent).toEqual([{ mime: MIME, recipients: ["a@x.test", "b@x.test"] }]);
  });

  it("makes a draft, sends it, and finds it in Sent Items under another id", async () => {
    const draft = (await post(`${HOME}/messages`)) as Record<string, unknown>;
    expect(draft).toMatchObject({
      internetMessageId: "<one@here.test>",
      isDraft: true,
      toRecipients: [{ emailAddress: { address: "a@x.test", name: "A" } }],
      bccRecipients: [{ emailAddress: { address: "b@x.test" } }],
    });
    const path = `${HOME}/messages/${String(draft["id"])}`;
    expect(await client.api(path).get()).toMatchObject({ isDraft: true });
    await client.api(`${path}/send`).post({});
    expect(graph.sent).toHaveLength(1);
    expect(await failure(client.api(path).get())).toEqual([404, "ErrorItemNotFound"]);
    const { value } = (await client
      .api(`${HOME}/mailFolders/sentitems/messages`)
      .filter("internetMessageId eq '<one@here.test>'")
      .get()) as { value: object[] };
    expect(value).toMatchObject([{ isDraft: false, internetMessageId: "<one@here.test>" }]);
  });

  it("changes the Bcc of a draft, and deletes one", async () => {
    const { id } = (await post(`${HOME}/messages`)) as { id: string };
    const path = `${HOME}/messages/${id}`;
    const bccRecipients = [{ emailAddress: { address: "c@x.test" } }];
    expect(await client.api(path).patch({ bccRecipients })).toMatchObject({ bccRecipients });
    await client.api(path).delete();
    expect(graph.held("drafts")).toEqual([]);
    expect(await failure(client.api(path).delete())).toEqual([404, "ErrorItemNotFound"]);
  });

  it.each([
    [`${HOME}/messages`, "no base64!", [400, "ErrorMimeContentInvalidBase64String"]],
    [`${HOME}/messages`, Buffer.alloc(3 * 1024 * 1024 + 1), [413, "ErrorMessageSizeExceeded"]],
    ["/users/nobody@contoso.test/messages", MIME, [404, "MailboxNotFound"]],
    [
      `${HOME}/sendMail`,
      Buffer.from("From: boss@contoso.test\r\nTo: a@x.test\r\n\r\n"),
      [403, "ErrorSendAsDenied"],
    ],
    [`${HOME}/sendMail`, Buffer.from("To: nobody\r\n\r\n"), [400, "ErrorInvalidRecipients"]],
  ])("reads the error of %s", async (path, mime, expected) => {
    expect(await failure(post(path, mime))).toEqual(expected);
    expect(graph.sent).toEqual([]);
  });

  it("is told of a token that is none, of what it may not do, and of a mailbox that is busy", async () => {
    const stranger = clientWith(() => Promise.resolve("stranger"));
    const asked = stranger.api(`${HOME}/messages/x`).get();
    expect(await failure(asked)).toEqual([401, "InvalidAuthenticationToken"]);
    const said = graphError(403, "ErrorAccessDenied", "Access is denied.");
    graph.fail({ kind: "none" }, { kind: "answer", said });
    expect(await failure(post(`${HOME}/messages`))).toEqual([403, "ErrorAccessDenied"]);
    const busy = graphError(429, "ApplicationThrottled", "MailboxConcurrency limit.");
    const wait = { ...busy, headers: { "retry-after": "0" } };
    graph.fail({ kind: "none" }, { kind: "answer", said: wait });
    await post(`${HOME}/sendMail`);
    expect(graph.sent).toHaveLength(1);
  });
});

describe("the token endpoint", () => {
  it.each([
    [{}, 200, "undefined"],
    [{ client_secret: "wrong" }, 401, "invalid_client"],
    [{ client_id: "stranger" }, 400, "unauthorized_client"],
    [{ grant_type: "password" }, 400, "invalid_request"],
    [{ scope: "Mail.Send" }, 400, "invalid_scope"],
  ])("answers %j with %i %s", async (change, status, error) => {
    const answer = await token(change);
    expect([answer.status, String(answer.said["error"])]).toEqual([status, error]);
  });
});
