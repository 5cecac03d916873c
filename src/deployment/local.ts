import { ProtocolError } from "../errors.ts";

/** Chain ids of Hardhat's network, and of the local chains of Hardhat node, anvil and geth --dev. */
const LOCAL_CHAINS: readonly bigint[] = [31337n, 1337n];

export const isLocalChain = (chainId: bigint): boolean => LOCAL_CHAINS.includes(chainId);

/**
 * Refuses verifying keys whose setup secret is known on a chain where money may be at stake: who knows it can prove anything.
 *
 * @throws {ProtocolError} `DEVELOPMENT_KEY`
 */
export function checkKeyForChain(key: { readonly isDevelopment: boolean }, chainId: bigint, allowed: boolean): void {
  if (key.isDevelopment && !isLocalChain(chainId) && !allowed) {
    throw new ProtocolError(
      "DEVELOPMENT_KEY",
      `chain ${chainId} is not local (${LOCAL_CHAINS.join(", ")}), and the verifying key is a development key, whose secret is public; ` +
        "make keys with `npm run ceremony`, or set ALLOW_DEVELOPMENT_KEYS=1 if nothing of value will be held",
    );
  }
}
