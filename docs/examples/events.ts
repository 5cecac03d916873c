// SPDX-License-Identifier: MIT
import { formatEther } from "ethers";

import { after, events, openProvider, openRollup, type EventPlace } from "../../src/index.ts";

export interface EventsSetting {
  /** Of an L1 endpoint. */
  readonly rpc: string;
  /** Address of the core. */
  readonly rollup: string;
  /** Where to go on; the deployment if it is missing. */
  readonly from?: EventPlace;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** Tells what happens to a rollup until the signal ends it. Gives the place to go on at. */
export async function eventsExample({
  rpc,
  rollup,
  from,
  signal,
  log,
}: EventsSetting): Promise<EventPlace | undefined> {
  const provider = openProvider(rpc);
  const { node } = await openRollup(provider, rollup);
  let next = from;
  // On a public chain add `confirmations`: the blocks that may still be replaced are not read then.
  const options = { signal, pollingInterval: 200, ...(from === undefined ? {} : { from }) };
  for await (const event of events(node.system, options)) {
    switch (event.name) {
      case "ForcedOperationQueued":
        log(`operation ${event.args.id} queued by ${event.args.sender}`);
        break;
      case "BatchSequenced":
        log(`batch ${event.args.batch} posted by ${event.args.sequencer}`);
        break;
      case "BatchesVerified":
        log(`batches up to ${event.args.to} are final`);
        break;
      case "RoundEnded":
        log(`height ${event.args.height}: ${event.args.result.winner} won round ${event.args.round}`);
        break;
      case "ExitsSettled":
        log(`${event.args.count} exits can be claimed`);
        break;
      case "ExitClaimed":
        log(`${event.args.recipient} was paid ${formatEther(event.args.amount)} of token ${event.args.token}`);
        break;
      case "Frozen":
        log(`frozen by ${event.args.caller}`);
        break;
      default:
    }
    next = after(event);
  }
  provider.destroy();
  return next;
}
