// SPDX-License-Identifier: MIT
import {
  concat,
  encodeRlp,
  isError,
  keccak256,
  toBeArray,
  type HDNodeWallet,
  type Provider,
  type RlpStructuredDataish,
  type Wallet,
} from "ethers";

/** Parities that EIP-7702 lets into a block, and that ethers refuses to read. */
export const JUNK_PARITIES = [2, 255] as const;

/**
 * A signed transaction of type 4 with one authorisation that signs nothing. L1 takes it and skips the authorisation; ethers
 * does not make one, nor read it.
 *
 * @param account sender of the transaction
 * @param call target, calldata, and the nonce if it is not the next
 * @returns its bytes, in hex
 */
export async function signJunk(
  account: Wallet | HDNodeWallet,
  provider: Provider,
  call: { readonly to: string; readonly data: string; readonly value?: bigint; readonly nonce?: number },
  yParity: number = JUNK_PARITIES[0],
): Promise<string> {
  const number = (value: bigint | number): string => {
    const bytes = toBeArray(value);
    return bytes.length === 0 ? "0x" : `0x${Buffer.from(bytes).toString("hex")}`;
  };
  const { chainId } = await provider.getNetwork();
  const nonce = call.nonce ?? (await provider.getTransactionCount(account.address));
  const price = number(50n * 10n ** 9n);
  const word = `0x${"11".repeat(32)}`;
  const authorization = [number(chainId), account.address, number(0), number(yParity), word, word];
  const fields: RlpStructuredDataish[] = [
    ...[number(chainId), number(nonce), price, price, number(3_000_000), call.to, number(call.value ?? 0n), call.data],
    [],
    [authorization],
  ];
  const { yParity: parity, r, s } = account.signingKey.sign(keccak256(concat(["0x04", encodeRlp(fields)])));
  return concat(["0x04", encodeRlp([...fields, number(parity), number(BigInt(r)), number(BigInt(s))])]);
}

/** Expects that ethers refuses what it is asked to read. */
export async function expectUnreadable(reading: Promise<unknown>): Promise<void> {
  const error: unknown = await reading.catch((refusal: unknown) => refusal);
  if (!isError(error, "BAD_DATA") || !error.message.includes("invalid yParity")) throw new Error("ethers reads it");
}
