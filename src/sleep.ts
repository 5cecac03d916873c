// SPDX-License-Identifier: MIT
/**
 * Waits. If the signal is given, the wait ends at once, without an error. Unlike `node:timers/promises` it works in
 * browsers.
 *
 * @param milliseconds 0 or more
 */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    if (signal?.aborted === true) end();
    else signal?.addEventListener("abort", end);
  });
}
