// SPDX-License-Identifier: MIT
import type { NetworkConnection } from "hardhat/types/network";

/**
 * Whether a contract could be created now. Code and arguments are joined and sent as text: ethers reads all of the code
 * byte by byte, several times for each call.
 *
 * @param code creation code with its libraries, in hexadecimal
 * @param args encoded, in hexadecimal
 */
export async function constructs({ provider }: NetworkConnection, code: string, args: string): Promise<boolean> {
  return provider.request({ method: "eth_call", params: [{ data: code + args.slice(2) }, "latest"] }).then(
    () => true,
    () => false,
  );
}
