// SPDX-License-Identifier: MIT
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import type { L1Rules } from "../../src/l1Rules.ts";
import { fixedStart, fixTimestamps } from "../../tools/bench/timestamps.ts";
import type { Moment } from "../model/elections/slotElection.ts";

const SECONDS_PER_BLOCK = 12;

/** An embedded network whose blocks are 12 seconds apart. A transaction is a block. */
export class ElectionNetwork {
  readonly connection: NetworkConnection;

  private constructor(connection: NetworkConnection) {
    this.connection = connection;
  }

  static async open(rules: L1Rules = "osaka"): Promise<ElectionNetwork> {
    const { network: name, override } = fixedStart(rules);
    const connection = await network.create({ network: name, override });
    fixTimestamps(connection);
    return new ElectionNetwork(connection);
  }

  /** The last block. Views see it. */
  async latest(): Promise<Moment> {
    const block = await this.connection.ethers.provider.getBlock("latest");
    return { block: block!.number, time: block!.timestamp };
  }

  /** The block of the next transaction. */
  async next(): Promise<Moment> {
    const { block, time } = await this.latest();
    return { block: block + 1, time: time + SECONDS_PER_BLOCK };
  }

  /** Mines empty blocks until the next transaction is in `block`. */
  async moveTo(block: number): Promise<void> {
    const { block: latest } = await this.latest();
    if (block <= latest) throw new Error(`block ${block} is in the past: ${latest}`);
    const count = block - 1 - latest;
    if (count > 0) await this.connection.networkHelpers.mine(count, { interval: SECONDS_PER_BLOCK });
  }

  /** Chooses the `mixHash` of the next block. */
  async setRandom(random: bigint): Promise<void> {
    await this.connection.networkHelpers.setPrevRandao(random);
  }
}
