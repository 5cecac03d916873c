import type { Interface } from "ethers";

/** A contract's revert as its error's name and arguments, for example `AlreadyVerified(4, 5)`. */
export async function revertOf(call: Promise<unknown>, ...interfaces: readonly Interface[]): Promise<string> {
  try {
    await call;
  } catch (error) {
    const data = revertData(error);
    if (data === undefined) throw error;
    for (const candidate of interfaces) {
      const parsed = candidate.parseError(data);
      if (parsed) return `${parsed.name}(${parsed.args.map(String).join(", ")})`;
    }
    return data;
  }
  return "no revert";
}

/** The revert data that some layer attached to the error or to one of its causes. */
function revertData(error: unknown): string | undefined {
  for (let current: unknown = error; typeof current === "object" && current !== null;) {
    const { data, cause, error: inner } = current as { data?: unknown; cause?: unknown; error?: unknown };
    if (typeof data === "string" && data.startsWith("0x")) return data;
    if (typeof data === "object" && data !== null && typeof (data as { data?: unknown }).data === "string") {
      return (data as { data: string }).data;
    }
    current = cause ?? inner;
  }
  return undefined;
}

/** Waits for a transaction: `minedTransaction`. */
export { minedTransaction as mined } from "../src/agents/index.ts";
