// The vocabulary: types and pure functions. Nothing here loads zod; the shapes are behind a door of their own.
export type { Slug, MessageId, Timestamp } from "./names.ts";
export type { OutcomeClass, Category, Outcome, DeadReason } from "./outcomes.ts";
export type {
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
  EventType,
  WorkEvent,
  WorkType,
  FactEvent,
  FactType,
  Known,
} from "./events.ts";
export type {
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
  EntityKind,
  ControlFact,
} from "./control.ts";
export type {
  RecipientStatus,
  MessageStatus,
  RecipientView,
  MessageView,
  AttemptView,
  AuditEntry,
} from "./views.ts";
export { PLATFORM, DEFAULT_LADDER } from "./defaults.ts";
export { EVENT_TYPES, isWork, recipientsOf, dedupeId } from "./event-words.ts";
export {
  laneOf,
  workSubject,
  factSubject,
  timerSubject,
  bodySubject,
  controlSubject,
  laneWork,
  tenantWork,
  tenantEvents,
  tenantHistory,
  parseMailSubject,
} from "./subjects.ts";
export { SLUG, encodeToken, decodeToken } from "./tokens.ts";
