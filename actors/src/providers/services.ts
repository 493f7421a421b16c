import type { Provider as Settings } from "@waybill/schemas";
import type { Reach } from "./http/reach.ts";
import { mailgunProvider } from "./mailgun.ts";
import { msgraphProvider } from "./msgraph.ts";
import { postmarkProvider } from "./postmark.ts";
import type { Service } from "./provider.ts";
import { resendProvider } from "./resend.ts";
import { sendgridProvider } from "./sendgrid.ts";
import { sesProvider } from "./ses.ts";

/** Settings of a service over HTTP. */
export type ServiceSettings = Extract<Settings, { sealedSecret: string }>;

/** Opens a service over HTTP; an exhaustive switch, so that a new type must be added here. */
export function openService(
  settings: ServiceSettings,
  openSecret: (sealed: string) => string,
  reach: Reach,
): Service {
  switch (settings.type) {
    case "ses":
      return sesProvider(settings, openSecret, reach);
    case "mailgun":
      return mailgunProvider(settings, openSecret, reach);
    case "resend":
      return resendProvider(settings, openSecret, reach);
    case "sendgrid":
      return sendgridProvider(settings, openSecret, reach);
    case "postmark":
      return postmarkProvider(settings, openSecret, reach);
    case "msgraph":
      return msgraphProvider(settings, openSecret, reach);
  }
}
