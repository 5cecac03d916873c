import { getBytes, type Provider, type TransactionReceipt } from "ethers";

/** What a transaction used. */
export interface CallGas {
  /** As the receipt says: all in. */
  readonly total: number;
  /**
   * Without the price of the calldata, which varies by some bytes, since proofs are randomised. 21,000, the base price,
   * if the calldata's floor (EIP-7623) is above what was executed.
   */
  readonly execution: number;
}

const BASE = 21_000;

/** @throws {Error} if the provider does not know the transaction */
export async function gasOf(provider: Provider, receipt: TransactionReceipt): Promise<CallGas> {
  const transaction = await provider.getTransaction(receipt.hash);
  if (transaction === null) throw new Error(`unknown transaction ${receipt.hash}`);
  const calldata = getBytes(transaction.data).reduce((gas, byte) => gas + (byte === 0 ? 4 : 16), 0);
  const total = Number(receipt.gasUsed);
  const isFloor = total === BASE + 2.5 * calldata;
  return { total, execution: isFloor ? BASE : total - calldata };
}
