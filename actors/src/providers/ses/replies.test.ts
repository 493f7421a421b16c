import { expect, test } from "vitest";
import type { HttpReply } from "@waybill/runtime/outbound";
import { verdictOf } from "./replies.ts";

const ABOUT = { senderDomain: "sender.test", region: "eu-west-1" };

const reply = (
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): HttpReply => ({
  kind: "reply",
  status,
  headers,
  text: typeof value === "string" ? value : JSON.stringify(value),
});

const error = (status: number, type: string, message: string) =>
  verdictOf(reply(status, { message }, { "x-amzn-errortype": type }), ABOUT);

test.each([
  [429, "TooManyRequestsException", "Maximum sending rate exceeded.", "throttled"],
  [400, "ThrottlingException", "Rate exceeded", "throttled"],
  [400, "Throttling", "Maximum sending rate exceeded", "throttled"],
  [429, "TooManyRequestsException", "Daily message quota exceeded.", "quota"],
  [400, "ThrottlingException", "Daily message quota exceeded", "quota"],
  [400, "LimitExceededException", "There are too many instances", "quota"],
  [400, "MessageRejected", "Email address is not verified. The following", "config"],
  [400, "MessageRejected", "Message contains a virus", "permanent_message"],
  [400, "BadRequestException", "Illegal address", "permanent_recipient"],
  [400, "BadRequestException", "Invalid domain name: 'x_'.", "permanent_recipient"],
  [400, "BadRequestException", "Missing final '@domain'", "permanent_recipient"],
  [
    400,
    "BadRequestException",
    "Local address contains control or whitespace",
    "permanent_recipient",
  ],
  [400, "BadRequestException", "Domain starts with dot", "permanent_recipient"],
  [
    400,
    "BadRequestException",
    "Message length is more than 10 bytes long: '11'.",
    "permanent_message",
  ],
  [400, "BadRequestException", "Missing required header 'From'.", "permanent_message"],
  [400, "MailFromDomainNotVerifiedException", "x", "config"],
  [404, "NotFoundException", "Configuration set <x> does not exist.", "config"],
  [404, "UnknownOperationException", "", "config"],
  [400, "AccountSuspendedException", "x", "auth"],
  [400, "SendingPausedException", "x", "auth"],
  [
    403,
    "AccessDeniedException",
    "User: arn:x is not authorized to perform: ses:SendRawEmail",
    "auth",
  ],
  [403, "InvalidClientTokenId", "x", "auth"],
  [
    403,
    "UnrecognizedClientException",
    "The security token included in the request is invalid.",
    "auth",
  ],
  [403, "SignatureDoesNotMatch", "The request signature we calculated does not match", "auth"],
  [403, "InvalidSignatureException", "The request signature we calculated does not match", "auth"],
  [403, "MissingAuthenticationTokenException", "Missing Authentication Token", "auth"],
  [400, "IncompleteSignature", "x", "auth"],
  [403, "ExpiredTokenException", "The security token included in the request is expired", "auth"],
  [
    403,
    "InvalidSignatureException",
    "Credential should be scoped to a valid region, not 'x'. ",
    "config",
  ],
  [403, "InvalidSignatureException", "Signature expired: 2 is now earlier than 1", "retry"],
  [403, "SignatureDoesNotMatch", "Signature not yet current: 1 is still later than 2", "retry"],
  [403, "RequestExpired", "x", "retry"],
  [413, "RequestEntityTooLargeException", "x", "permanent_message"],
  [500, "InternalServiceErrorException", "x", "retry"],
  [500, "InternalFailure", "x", "retry"],
  [503, "ServiceUnavailable", "x", "retry"],
  [400, "NobodyKnowsThis", "x", "retry"],
  [403, "NobodyKnowsThis", "x", "auth"],
])("%i %s (%s) is %s", (status, type, message, expected) => {
  expect(error(status, type, message)).toMatchObject({ class: expected, code: status });
});

test.each([
  [{ "x-amzn-errortype": "SendingPausedException:http://internal.amazon.com/x/" }, {}],
  [{}, { __type: "com.amazonaws.ses#SendingPausedException" }],
  [{}, { __type: "SendingPausedException" }],
])("an error is named in %j, %j", (headers, value) => {
  expect(verdictOf(reply(400, value, headers), ABOUT)).toMatchObject({ class: "auth" });
});

test("the message's new id is told", () => {
  expect(verdictOf(reply(200, { MessageId: "01-00" }), ABOUT)).toEqual({
    class: "accepted",
    code: 200,
    providerMessageId: "01-00",
    response: "accepted; its Message-ID is now <01-00@eu-west-1.amazonses.com>",
  });
  const virginia = { ...ABOUT, region: "us-east-1" };
  const { response } = verdictOf(reply(200, { MessageId: "01-00" }), virginia) ?? {};
  expect(response).toContain("<01-00@email.amazonses.com>");
});

test.each([
  [200, "<html>"],
  [200, { MessageId: "" }],
  [200, { MessageId: 1 }],
  [200, []],
  [200, "null"],
  [202, { MessageId: "01" }],
  [302, ""],
])("%i %j says nothing that SES says", (status, text) => {
  expect(verdictOf(reply(status, text), ABOUT)).toBeUndefined();
});

test("an unverified sender is told by its domain and region, and who failed", () => {
  const words =
    "Email address is not verified. The following identities failed the check in region EU-WEST-1: a@sender.test";
  expect(error(400, "MessageRejected", words)).toEqual({
    class: "config",
    category: "sender_auth_fail",
    code: 400,
    response: `sender sender.test in eu-west-1: ${words}`,
  });
});

test("a clock that is wrong is told as such", () => {
  const { response } = error(403, "InvalidSignatureException", "Signature expired: a < b") ?? {};
  expect(response).toMatch(/^the clock of this machine .*: Signature expired: a < b$/);
});

test("a wait that is asked for is kept, and otherwise ours is taken", () => {
  const type = { "x-amzn-errortype": "TooManyRequestsException" };
  const asked = reply(429, { message: "x" }, { ...type, "retry-after": "60" });
  expect(verdictOf(asked, ABOUT)).toMatchObject({ retryAfterMs: 60_000 });
  expect(error(429, "TooManyRequestsException", "x")).toMatchObject({ retryAfterMs: 5_000 });
  const daily = error(429, "TooManyRequestsException", "Daily message quota exceeded");
  expect(daily).toMatchObject({ retryAfterMs: 900_000 });
});
