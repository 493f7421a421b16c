import { pick, type Shown } from "./pick.ts";
import type { HeaderCondition, Route, RouteAction, RouteConditions } from "./routing.ts";

const shownHeader = (header: HeaderCondition): Shown =>
  pick(header, { name: true, contains: true, equals: true });

const shownConditions = (when: RouteConditions): Shown =>
  pick(when, {
    senders: true,
    senderDomains: true,
    recipientDomains: true,
    headers: (headers: HeaderCondition[]) => headers.map(shownHeader),
    tags: true,
    minSize: true,
    maxSize: true,
    credentials: true,
  });

function shownAction(then: RouteAction): Shown {
  switch (then.type) {
    case "providers":
      return pick(then, { type: true, providers: true });
    case "reject":
      return pick(then, { type: true, reason: true });
    case "redirect":
      return pick(then, { type: true, to: true });
    case "sandbox":
      return pick(then, { type: true });
  }
}

/** What of a routing rule may be shown: all of it, field by field. */
export const shownRoute = (route: Route): Shown =>
  pick(route, {
    kind: false,
    id: true,
    name: true,
    position: true,
    when: shownConditions,
    then: shownAction,
    lastResort: true,
  });
