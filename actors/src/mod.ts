export { decide, openRecipients, type RetryPolicy } from "./deliver/decide.ts";
export { makeDeliver, type Neighbours } from "./deliver/deliver.ts";
export { msgraphProvider } from "./providers/msgraph.ts";
export type { Attempt, Provider } from "./providers/provider.ts";
export { sandboxProvider } from "./providers/sandbox.ts";
export { sesProvider } from "./providers/ses.ts";
export { smtpProvider } from "./providers/smtp.ts";
export { stage } from "./stage.ts";
