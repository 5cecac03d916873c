// SPDX-License-Identifier: MIT
import { getBytes, type Log, type LogDescription } from "ethers";

import {
  findCall,
  readCalldata,
  readContracts,
  type BlockRange,
  type ContractLog,
  type Follower,
} from "../../chain/index.ts";
import type { ProofOfEfficiencySystem } from "../system.ts";
import type { PostedBatch, RollupView } from "./rollupView.ts";

/** Reads the view of a rollup from L1, and compares it. */
export const followerOf = (system: ProofOfEfficiencySystem): Follower<RollupView> => ({
  read: (view, range) => read(system, view, range),
  compare: (view, block) => view.compare(system.consensus, system.rollup, block),
});

async function read(system: ProofOfEfficiencySystem, view: RollupView, range: BlockRange): Promise<void> {
  const { provider, consensus, rollup } = system;
  const logs = await readContracts(provider, { consensus, core: rollup }, range);
  const posted = await readPosted(system, logs);
  for (const { source, event, log } of logs) {
    if (source === "consensus") view.readConsensus(event, log, posted.get(log));
    else view.core.read(event);
  }
  view.core.requireComplete();
}

/**
 * The posted batches, by the log of `BatchSequenced`. If a contract or an account with code posted a batch, the batch
 * is in the log `BatchPublished` that belongs to it. Else the transaction is a call of the consensus, and its
 * calldata has the batches in the order of their logs.
 */
async function readPosted(
  system: ProofOfEfficiencySystem,
  logs: readonly ContractLog<"consensus" | "core">[],
): Promise<Map<Log, PostedBatch>> {
  const posted = new Map<Log, PostedBatch>();
  const direct = new Map<string, Log[]>();
  let open: { readonly log: Log; readonly event: LogDescription } | undefined;
  const isCalldata = ({ log }: { readonly log: Log }): void => {
    direct.set(log.transactionHash, [...(direct.get(log.transactionHash) ?? []), log]);
  };
  for (const { event, log, source } of logs) {
    if (source !== "consensus") continue;
    if (event.name === "BatchSequenced") {
      if (open !== undefined) isCalldata(open);
      open = { log, event };
    }
    if (event.name === "BatchPublished" && open?.log.transactionHash === log.transactionHash) {
      if (open.event.args["batch"] !== event.args["batch"]) continue;
      posted.set(open.log, toPosted(event.args["input"] as PublishedInput));
      open = undefined;
    }
  }
  if (open !== undefined) isCalldata(open);
  for (const [hash, sequenced] of direct) {
    const inputs = await readPostings(system, hash);
    for (const [i, log] of sequenced.entries()) {
      const input = inputs[i];
      if (input !== undefined) posted.set(log, input);
    }
  }
  return posted;
}

/** The batches in the calldata of a transaction; none if it is no call that posts some. */
async function readPostings(
  { provider, consensus }: ProofOfEfficiencySystem,
  hash: string,
): Promise<readonly PostedBatch[]> {
  const transaction = await findCall(provider, hash);
  const isCall = transaction?.to?.toLowerCase() === (await consensus.getAddress()).toLowerCase();
  if (!isCall) return [];
  const selector = transaction.data.slice(0, 10);
  const fragment = POSTING.map((name) => consensus.interface.getFunction(name)).find((of) => of.selector === selector);
  if (fragment === undefined) return [];
  // Of the proofs that may follow them L1 does not read everything.
  const [batches] = readCalldata(fragment, getBytes(transaction.data), 1);
  return batches as unknown as PostedBatch[];
}

/** The functions that post batches; these are their first argument. */
const POSTING = ["sequence", "sequenceAndVerify"] as const;

/** `IProofOfEfficiency.BatchInput`, as far as it counts, in an event. */
interface PublishedInput {
  readonly data: string;
  readonly commitments: readonly bigint[];
}

const toPosted = ({ data, commitments }: PublishedInput): PostedBatch => ({ data: getBytes(data), commitments });
