// SPDX-License-Identifier: MIT
import { ContractFactory } from "ethers";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import { fixedStart } from "../../tools/bench/timestamps.ts";
import type { L1Rules } from "../../src/l1Rules.ts";
import { tryCalls } from "./triedCalls.ts";

/** An embedded network on which time only moves when a test says so, and libraries that are the same for all. */
export interface TestNetwork {
  readonly connection: NetworkConnection;
  readonly libraries: Record<string, string>;
  /** Those of the core. */
  readonly coreLibraries: Record<string, string>;
  readonly clock: Clock;
}

class Clock {
  readonly #connection: NetworkConnection;
  #next: bigint | undefined;

  constructor(connection: NetworkConnection) {
    this.#connection = connection;
    const { provider } = connection;
    const request = provider.request.bind(provider);
    provider.request = async (args) => {
      if (args.method === "eth_sendTransaction" || args.method === "eth_sendRawTransaction") {
        await request({ method: "evm_setNextBlockTimestamp", params: [Number(this.#next ?? (await this.now()))] });
        this.#next = undefined;
      }
      return (await request(args)) as unknown;
    };
  }

  /** Time of the last block, and of the next one unless `at` was called. */
  async now(): Promise<bigint> {
    return BigInt(await this.#connection.networkHelpers.time.latest());
  }

  at(time: bigint): void {
    this.#next = time;
  }

  /** Forgets a time that was chosen. */
  reset(): void {
    this.#next = undefined;
  }

  /** Mines a block at `time`, so that views, too, see it. */
  async moveTo(time: bigint): Promise<void> {
    this.#next = undefined;
    if (time > (await this.now())) await this.#connection.networkHelpers.time.increaseTo(time);
  }
}

/** Deploys a library without its ABI: that may have types of Solidity, which ethers warns of. */
async function deployLibrary(
  { ethers }: NetworkConnection,
  name: string,
  libraries: Readonly<Record<string, string>> = {},
): Promise<string> {
  const factory = await ethers.getContractFactory(name, { libraries });
  const [deployer] = await ethers.getSigners();
  const deployed = await new ContractFactory([], factory.bytecode, deployer).deploy();
  return deployed.getAddress();
}

let shared: Promise<TestNetwork> | undefined;

/** Made once: a contract of its own is all that a test needs. */
export const sharedNetwork = (): Promise<TestNetwork> => (shared ??= openNetwork());

export async function openNetwork(rules: L1Rules = "osaka"): Promise<TestNetwork> {
  const { network: name, override } = fixedStart(rules);
  const connection = await network.create({
    network: name,
    override: { ...override, allowBlocksWithSameTimestamp: true },
  });
  const clock = new Clock(connection);
  tryCalls(connection, rules);
  const Poseidon = await deployLibrary(connection, "Poseidon");
  const BlockVerification = await deployLibrary(connection, "BlockVerification");
  const libraries = {
    Poseidon,
    BlockVerification,
    BlockRecords: await deployLibrary(connection, "BlockRecords", { Poseidon, BlockVerification }),
  };
  const MigrationVerification = await deployLibrary(connection, "MigrationVerification");
  return { connection, libraries, coreLibraries: { MigrationVerification }, clock };
}
