// SPDX-License-Identifier: MIT

/** Where the network says what it does. */
export interface NetworkLog {
  debug(data: object, message: string): void;
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
}
