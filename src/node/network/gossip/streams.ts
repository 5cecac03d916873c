// SPDX-License-Identifier: MIT
import type { Stream } from "@libp2p/interface";

/** The bytes of a stream, or why there are none. */
export type Received =
  | { readonly bytes: Uint8Array }
  /** `TOO_LONG` is the peer's fault. The others need not be: the line may be cut. */
  | { readonly failure: "TOO_LONG" | "TIMEOUT" | "RESET" };

export interface ReadLimits {
  /** Most bytes: more are not waited for, and not kept. */
  readonly maximum: number;
  /** Milliseconds until the first byte, and until the last. */
  readonly firstByte: number;
  readonly total: number;
}

/** Reads a stream to its end. Bytes or time beyond the limits end the stream. */
export async function readStream(stream: Stream, { maximum, firstByte, total }: ReadLimits): Promise<Received> {
  const parts: Uint8Array[] = [];
  let length = 0;
  let failure: "TOO_LONG" | "TIMEOUT" | undefined;
  const end = (why: "TOO_LONG" | "TIMEOUT"): void => {
    failure ??= why;
    stream.abort(new Error(why));
  };
  const first = setTimeout(() => end("TIMEOUT"), firstByte);
  const all = setTimeout(() => end("TIMEOUT"), total);
  try {
    for await (const part of stream) {
      clearTimeout(first);
      length += part.byteLength;
      if (length > maximum) {
        end("TOO_LONG");
        break;
      }
      parts.push(part.subarray());
    }
  } catch {
    failure ??= undefined;
    if (failure === undefined) return { failure: "RESET" };
  } finally {
    clearTimeout(first);
    clearTimeout(all);
  }
  if (failure !== undefined) return { failure };
  return { bytes: Uint8Array.from(Buffer.concat(parts)) };
}

/** Sends bytes and ends this side of the stream; gives it up after `total` milliseconds. */
export async function writeStream(stream: Stream, bytes: Uint8Array, total: number): Promise<void> {
  try {
    stream.send(bytes);
    await stream.close({ signal: AbortSignal.timeout(total) });
  } catch (error) {
    stream.abort(error instanceof Error ? error : new Error("the stream cannot be written"));
  }
}
