export * from "./names.ts";
export * from "./outcomes.ts";
export * from "./events.ts";
export * from "./subjects.ts";
export * from "./control.ts";
export * from "./views.ts";
