// SPDX-License-Identifier: MIT
import type { Outcome } from "./run.ts";

/** The end of the report. */
export const CLOSING = (_outcomes: readonly Outcome[]): string => "";
