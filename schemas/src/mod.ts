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
  RecipientsSuppressed,
  MailEvent,
  EventType,
  WorkEvent,
  WorkType,
  FactEvent,
  FactType,
  OutcomeEvent,
  Known,
  BodyRefOf,
  BodyStoreName,
} from "./events.ts";
export type {
  FeedbackOrigin,
  MailDeferred,
  DeliveryConfirmed,
  MailBounced,
  MailComplained,
  MailOpened,
  MailClicked,
  RecipientUnsubscribed,
  FeedbackEvent,
  FeedbackType,
} from "./feedback.ts";
export type { AmbiguityPolicy, Tenant, Domain, Limits } from "./control/tenant.ts";
export type { Credential, ApiKey, Scope } from "./control/machine.ts";
export type { User, Role, Member, UserSmtp } from "./control/person.ts";
export type {
  SmtpSettings,
  PasswordLogin,
  TokenLogin,
  SmtpProvider,
  SandboxProvider,
  Provider,
} from "./control/provider.ts";
export type {
  SendgridProvider,
  PostmarkProvider,
  ResendProvider,
  SesProvider,
  MailgunProvider,
  MsgraphProvider,
} from "./control/http-provider.ts";
export type { Route, RouteConditions, RouteAction, RouteOrder } from "./control/routing.ts";
export type { RoutingFacts, ProviderOwner, RouteTaken } from "./routing/facts.ts";
export type { Asked } from "./routing/conditions.ts";
export type { Rules } from "./routing/rules.ts";
export type { Considered, Explained, Routes, Way } from "./routing/explain.ts";
export type { ChainLeaf, ChainLink } from "./chain.ts";
export type { DkimAlgorithm, DkimKey } from "./control/dkim.ts";
export type { BodyFolder } from "./control/body-folder.ts";
export type { MasterKey, DataKey, SigningKey } from "./control/keys.ts";
export type { Breaker, BreakerReason, BreakerState } from "./control/breaker.ts";
export { breakerId } from "./breaker-id.ts";
export type { Hook, HookType } from "./control/hook.ts";
export type { Suppression, SuppressionReason } from "./control/suppression.ts";
export type { Entity, EntityKind, ControlFact } from "./control/fact.ts";
export { settingsSeqOf } from "./control/refreshed.ts";
export type { Shown } from "./control/pick.ts";
export { type ConfigurationState, noConfiguration, foldConfiguration } from "./control/state.ts";
export { shown } from "./control/shown.ts";
export { shownLogin } from "./control/shown-provider.ts";
export type {
  DeliveryStatus,
  FeedbackView,
  RecipientStatus,
  MessageStatus,
  RecipientView,
  MessageView,
  AttemptView,
  AuditEntry,
  ActivityView,
} from "./views.ts";
export { domainOf } from "./routing/conditions.ts";
export { MOST_FIELDS, fieldsAskedBy, prepareRules } from "./routing/rules.ts";
export { BUILT_IN_SANDBOX, explainRoute } from "./routing/explain.ts";
export { ownServer, ownServerId, ownServerTls, userOfServer } from "./routing/own-server.ts";
export { TAG } from "./routing/tags.ts";
export { isAllowedRecipient } from "./routing/allowed.ts";
export { addressDomains, addressList, endOfComment, type Mailbox } from "./address-list.ts";
export { PLATFORM, DEFAULT_BREAKER_LADDER, DEFAULT_LADDER, MOST_SUPPRESSIONS } from "./defaults.ts";
export { evolveMessage, isOpen } from "./message/evolve.ts";
export { redact } from "./erasure/redact.ts";
export { sendersOf } from "./erasure/senders.ts";
export { type Erased, ERASED_DOMAIN, unquoted } from "./erasure/erased.ts";
export { type ErasedRecord, erasedSubject } from "./erasure/record.ts";
export type { Erasure, TenantErasure } from "./control/erasure.ts";
export { tellsNews } from "./message/feedback.ts";
export { firstUlidOf, timeOfUlid } from "./ulid-time.ts";
export { EVENT_TYPES, isFeedback, isWork, recipientsOf, dedupeId } from "./event-words.ts";
export {
  laneOf,
  messageTimers,
  workSubject,
  factSubject,
  timerSubject,
  bodySubject,
  controlSubject,
  tenantControl,
  limitSubject,
  laneWork,
  tenantWork,
  chainSubject,
  tenantEvents,
  factsOfType,
  tenantHistory,
  tenantTimers,
  parseMailSubject,
} from "./subjects.ts";
export {
  COUNTED,
  limitsOfCredential,
  limitsOfMessage,
  limitsOfTenant,
  limitsOfUser,
  NOTIFICATIONS_PER_HOUR,
  type LimitScope,
  type MessageLimit,
  type WindowUnit,
} from "./limits.ts";
export { categoryOf, classify, type Stage as ReplyStage } from "./reply/classify.ts";
export { MESSAGE_ID, SLUG, encodeToken, decodeToken } from "./tokens.ts";
