/** An engine cannot start. `message` says why in one line, `hint` what the operator can do. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly hint: string;

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}
