import type SMTPConnection from "nodemailer/lib/smtp-connection";
import { initialResponse } from "./oauth/xoauth2.ts";
import { oneLine } from "./outbound-error.ts";

/** Why an SMTP server was not taken for one that would carry mail. */
export class SmtpFailure extends Error {
  readonly code: "tls" | "auth" | "protocol";

  constructor(code: SmtpFailure["code"], message: string) {
    super(message);
    this.name = "SmtpFailure";
    this.code = code;
  }
}

type SmtpError = Error & { code?: string; command?: string; response?: string };

const SENTENCES = {
  tls: "TLS failed",
  auth: "the server refused the login",
  protocol: "the server does not answer as an SMTP server should",
};

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Takes a login's secret out of words that may repeat it, in each form in which it was sent. */
function withoutSecret(words: string, login: { username: string; password: string } | undefined) {
  if (login === undefined) return words;
  const { username, password } = login;
  const plain = base64(`\0${username}\0${password}`);
  const forms = [plain, initialResponse(username, password), base64(password), password];
  return forms.reduce((left, form) => left.replaceAll(form, "***"), words);
}

function codeOf({ code = "", command = "" }: SmtpError, isUpgrading: boolean): SmtpFailure["code"] {
  if (isUpgrading || code === "ETLS") return "tls";
  return code === "EAUTH" || command.startsWith("AUTH") ? "auth" : "protocol";
}

/** An error of the library in our words, with the server's reply where there was one. */
export function smtpFailure(
  error: SmtpError,
  { upgrading = false }: Pick<SMTPConnection, "upgrading">,
  login: { username: string; password: string } | undefined,
): SmtpFailure {
  const code = codeOf(error, upgrading);
  const words = error.response ?? (code === "tls" ? error.message : "");
  const said = oneLine(withoutSecret(words, login));
  return new SmtpFailure(code, said === "" ? SENTENCES[code] : `${SENTENCES[code]}: ${said}`);
}
