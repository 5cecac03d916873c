// SPDX-License-Identifier: GPL-3.0-or-later
import type { Curve } from "ffjavascript";

declare global {
  /** The curve that ffjavascript keeps, with its worker threads, after its first use. */
  var curve_bn128: Curve | null | undefined;
}

/** Ends the threads that snarkjs leaves behind, which would keep the process alive. Safe to call at any time. */
export async function terminateCurve(): Promise<void> {
  await globalThis.curve_bn128?.terminate();
}

/** Runs something that uses snarkjs, and ends its threads unless they were there before. */
export async function withCurve<T>(action: () => Promise<T>): Promise<T> {
  const wasRunning = Boolean(globalThis.curve_bn128);
  try {
    return await action();
  } finally {
    if (!wasRunning) await terminateCurve();
  }
}
