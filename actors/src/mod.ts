export { decide, openRecipients, type RetryPolicy } from "./deliver/decide.ts";
export { makeDeliver, type Neighbours } from "./deliver/deliver.ts";
export type { Attempt, Provider, Service } from "./providers/provider.ts";
export { sandboxProvider } from "./providers/sandbox.ts";
export { smtpProvider } from "./providers/smtp.ts";
export { stage } from "./stage.ts";
