import { setTimeout as sleep } from "node:timers/promises";

import type { BaseContract, Interface, Log } from "ethers";

import type { B52, ProofOfEfficiency, ProverRegistry, Rollup } from "../../typechain-types/index.ts";
import type { TypedContractEvent } from "../../typechain-types/common.ts";
import {
  fetchLogs,
  L1Cursor,
  type B52System,
  type ProofOfEfficiencySystem,
  type ReadingOptions,
} from "../agents/index.ts";
import { ProtocolError } from "../errors.ts";

/** Where an event is in the history of L1, by which a reader goes on. */
export interface EventPlace {
  /** L1 block. */
  readonly block: number;
  /** Of the log in its block. */
  readonly index: number;
}

interface EventOf<Source, Name, Args> {
  readonly source: Source;
  readonly name: Name;
  /** The event's arguments by name, as in the contract's interface. */
  readonly args: Args;
  readonly place: EventPlace;
  /** Hash of the L1 transaction. */
  readonly transaction: string;
}

/** All events of a contract; TypeChain has each under its name and under its signature. */
type EventsOf<Source, Filters> = {
  [Name in keyof Filters & string]: Name extends `${string}(${string}`
    ? never
    : Filters[Name] extends TypedContractEvent<infer _Input, infer _Output, infer Args>
      ? EventOf<Source, Name, Args>
      : never;
}[keyof Filters & string];

/** An event of the core, under any consensus. */
export type CoreEvent = EventsOf<"core", Rollup["filters"]>;
/** An event of Proof of Efficiency. */
export type ProofOfEfficiencyEvent = EventsOf<"consensus", ProofOfEfficiency["filters"]>;
/** An event of B52 or of its provers' registry. */
export type B52Event = EventsOf<"consensus", B52["filters"]> | EventsOf<"registry", ProverRegistry["filters"]>;

/** The events of a rollup, by its consensus. */
export type RollupEvent<System> =
  | CoreEvent
  | (System extends B52System ? B52Event : System extends ProofOfEfficiencySystem ? ProofOfEfficiencyEvent : never);

export interface EventOptions extends ReadingOptions {
  /** The first place to be read, to go on where an earlier reader stopped. Default: the deployment. */
  readonly from?: EventPlace;
  /** Ends the iteration, also while it waits. */
  readonly signal?: AbortSignal;
  /** Milliseconds between two questions for new blocks. Default 1,000. */
  readonly pollingInterval?: number;
}

/**
 * The place after an event: `events(system, { from: after(last) })` goes on with the next one.
 *
 * @param event the last one that was handled
 */
export const after = ({ place: { block, index } }: { readonly place: EventPlace }): EventPlace => ({
  block,
  index: index + 1,
});

/**
 * Every event of a rollup's contracts, each once and in the order of L1: those that have happened, then those that
 * happen, until `signal` ends it. What comes after the last one is found by asking, not by filters that an endpoint may
 * forget.
 *
 * @param system a deployed rollup: `node.system`
 * @param options where to begin, and when to end
 * @throws {ProtocolError} `REORGANISED` if L1 has replaced a block that was read: what was told before it may not have
 *   happened
 */
export async function* events<System extends ProofOfEfficiencySystem | B52System>(
  system: System,
  { from, signal, pollingInterval = 1_000, ...reading }: EventOptions = {},
): AsyncGenerator<RollupEvent<System>, void, undefined> {
  const { provider } = system;
  const contracts = await contractsOf(system);
  const cursor = new L1Cursor(from?.block ?? system.deploymentBlock, { ...system.reading, ...reading });
  while (signal?.aborted !== true) {
    const found: Log[] = [];
    await cursor.advance(provider, async ({ from: fromBlock, to: toBlock }) => {
      found.push(...(await fetchLogs(provider, { address: [...contracts.keys()], fromBlock, toBlock })));
    });
    for (const log of found) {
      if (from !== undefined && log.blockNumber === from.block && log.index < from.index) continue;
      const event = parse(log, contracts);
      if (event === undefined) continue;
      yield event as unknown as RollupEvent<System>;
      if (isAborted(signal)) return;
    }
    await sleep(pollingInterval, undefined, signal && { signal }).catch(() => undefined);
  }
}

/** The signal may have been given while the consumer had the event. */
const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

/**
 * The first event that a condition holds for.
 *
 * @throws {ProtocolError} `ABORTED` if the signal ends the wait
 */
export async function waitFor<Event, Wanted extends Event>(
  source: AsyncIterable<Event>,
  isWanted: (event: Event) => event is Wanted,
): Promise<Wanted> {
  for await (const event of source) if (isWanted(event)) return event;
  throw new ProtocolError("ABORTED", "the events ended before the one that was waited for");
}

type Source = "core" | "consensus" | "registry";
type Contracts = ReadonlyMap<string, { readonly source: Source; readonly parser: Interface }>;

async function contractsOf(system: ProofOfEfficiencySystem | B52System): Promise<Contracts> {
  const list: (readonly [Source, BaseContract])[] = [
    ["core", system.rollup],
    ["consensus", system.consensus],
  ];
  if ("registry" in system) list.push(["registry", system.registry]);
  return new Map(
    await Promise.all(
      list.map(
        async ([source, contract]) =>
          [(await contract.getAddress()).toLowerCase(), { source, parser: contract.interface }] as const,
      ),
    ),
  );
}

function parse(log: Log, contracts: Contracts): EventOf<Source, string, Record<string, unknown>> | undefined {
  const contract = contracts.get(log.address.toLowerCase());
  const parsed = contract?.parser.parseLog(log);
  if (contract === undefined || !parsed) return undefined;
  return {
    source: contract.source,
    name: parsed.name,
    args: parsed.args.toObject() as Record<string, unknown>,
    place: { block: log.blockNumber, index: log.index },
    transaction: log.transactionHash,
  };
}
