export { mailgunProvider } from "./providers/mailgun.ts";
export { msgraphProvider } from "./providers/msgraph.ts";
export { postmarkProvider } from "./providers/postmark.ts";
export { resendProvider } from "./providers/resend.ts";
export { sendgridProvider } from "./providers/sendgrid.ts";
export { sesProvider } from "./providers/ses.ts";
