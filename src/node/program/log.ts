// SPDX-License-Identifier: MIT

/** Where a node says what it does: a logger of pino, for instance. */
export interface Log {
  debug(data: object, message: string): void;
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
  error(data: object, message: string): void;
}
