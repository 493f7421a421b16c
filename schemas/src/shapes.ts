// The shapes, for those who validate what comes from outside or describe what goes out. They cost 20 MB a process.
export { Slug, MessageId, Timestamp } from "./names.ts";
export { OutcomeClass, Category, Outcome, DeadReason } from "./outcomes.ts";
export {
  BodyRef,
  Envelope,
  Submission,
  MessageAccepted,
  RetryDue,
  MessageRequeued,
  RecipientsDelivered,
  DeliveryFailed,
  DeliveryAmbiguous,
  DeadLettered,
  MailEvent,
} from "./events.ts";
export {
  AmbiguityPolicy,
  Tenant,
  Credential,
  ApiKey,
  Scope,
  User,
  SmtpSettings,
  SmtpProvider,
  SandboxProvider,
  Provider,
  Route,
  Entity,
  MasterKey,
  ControlFact,
} from "./control.ts";
export {
  RecipientStatus,
  MessageStatus,
  RecipientView,
  MessageView,
  AttemptView,
  AuditEntry,
} from "./views.ts";
