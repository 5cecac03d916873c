/**
 * The one base of all errors that this project throws on purpose.
 *
 * `code` is stable and meant for programs and tests; `message` is meant for people and may change.
 */
export class ProtocolError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ProtocolError";
    this.code = code;
  }
}
