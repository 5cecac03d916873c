// SPDX-License-Identifier: MIT
import { hexlify, parseEther, solidityPackedKeccak256, ZeroHash, type Signer as L1Signer } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";

import type { Rollup } from "../../typechain-types/index.ts";
import { addressToUint, departureFee } from "../../src/agents/index.ts";
import { minedTransaction } from "../../src/chain/index.ts";
import { createSigner } from "../../src/crypto/index.ts";
import { ETH, State } from "../../src/ledger/index.ts";
import {
  applyMigration,
  migrationPublicSignals,
  orderedMigrationSignals,
  packPair,
  signMove,
} from "../../src/migration/index.ts";
import { DEVELOPMENT } from "../../src/profile.ts";
import { UNUSED_ACCOUNT } from "./age.ts";
import { gasOf, type CallGas } from "./calldata.ts";

/** Cost on L1 of each step of a migration of `users` accounts. */
export interface MigrationGas {
  readonly requestDeparture: CallGas;
  readonly depart: CallGas;
  readonly "depart after a freeze": CallGas;
  readonly deliver: CallGas;
}

/** Most gas that each further user of a migration may cost, all in, whatever the rules. */
export const FURTHER_USER = 10_000;

const MIGRATION_CIRCUIT = 1n;
const DELAY = 200n;
/**
 * Gas of migrations of 1 … `most` users between two cores. The verifier is a stand-in that looks at the public signals
 * only: a real one costs the same whatever the number of users, so differences are exact, and the rest is not.
 */
export async function measureMigrationGas(connection: NetworkConnection, most: number): Promise<MigrationGas[]> {
  const rows: MigrationGas[] = [];
  for (let users = 1; users <= most; users++) {
    const live = await (await MigrationPair.deploy(connection)).migrate(users);
    const frozen = await (await MigrationPair.deploy(connection)).migrate(users, true);
    rows.push({
      requestDeparture: live.requestDeparture,
      depart: live.depart,
      "depart after a freeze": frozen.depart,
      deliver: live.deliver,
    });
  }
  return rows;
}

type Steps = Pick<MigrationGas, "requestDeparture" | "depart" | "deliver">;

/** Two cores between which users migrate, again and again. The signer is the consensus of both. */
export class MigrationPair {
  readonly #connection: NetworkConnection;
  readonly #signer: L1Signer;
  readonly #source: Rollup;
  readonly #target: Rollup;
  /** Of the source. */
  #state = State.genesis(DEVELOPMENT);
  /** Operations that the source's queue has had. */
  #operations = 0;
  #migrations = 0;

  private constructor(connection: NetworkConnection, signer: L1Signer, source: Rollup, target: Rollup) {
    this.#connection = connection;
    this.#signer = signer;
    this.#source = source;
    this.#target = target;
  }

  static async deploy(connection: NetworkConnection): Promise<MigrationPair> {
    const { ethers } = connection;
    const [signer] = (await ethers.getSigners()) as unknown as [L1Signer];
    const { root } = State.genesis(DEVELOPMENT);
    return new MigrationPair(connection, signer, await deployCore(ethers, root), await deployCore(ethers, root));
  }

  /**
   * New users deposit, and depart together; their arrival is executed.
   *
   * @param users number of them
   * @param freezes whether the source is frozen before; nothing is possible on it afterwards
   */
  async migrate(users: number, freezes = false): Promise<Steps> {
    const [connection, source, target] = [this.#connection, this.#source, this.#target];
    const amount = parseEther("1");
    const domain = await source.DOMAIN();
    const owner = await this.#signer.getAddress();
    const first = this.#state.nextIndex;
    const keys = Array.from({ length: users }, (_, i) => createSigner(Buffer.from(`migrant ${first - 1 + i}`)));
    for (const key of keys) {
      const { x, y } = key.publicKey;
      const value = amount + (await source.forcedFee());
      await minedTransaction(source.deposit(ETH, amount, x, y, owner, { value }));
      const account = { ax: x, ay: y, nonce: 0n, token: ETH, balance: amount, owner: addressToUint(owner) };
      this.#state = this.#state.withNewAccount(account);
    }
    this.#operations += users;
    await this.#advance(source, users);

    const targetAddress = addressToUint(await target.getAddress());
    const moves = Buffer.concat(
      keys.map((key, i) =>
        signMove(key, { from: first + i, token: ETH, targetToken: ETH, nonce: 0n, domain, target: targetAddress }),
      ),
    );
    const tokens = packPair({ source: ETH, target: ETH });
    const request = await minedTransaction(
      source.requestDeparture(target, tokens, moves, { value: await departureFee(source) }),
    );
    this.#operations++;
    // Under Amsterdam the transfer of the fee is logged, too (EIP-7708).
    const [requested] = await source.queryFilter(source.filters.ForcedOperationQueued(), request.blockNumber);
    const slot = requested?.args.slot ?? "";
    if (freezes) {
      await connection.networkHelpers.time.increase(Number(DELAY) + 1);
      await minedTransaction(source.freeze());
    } else {
      await this.#advance(source, 1);
    }

    const result = applyMigration(DEVELOPMENT, this.#state, { moves, domain, target: targetAddress, tokens });
    const signals = orderedMigrationSignals(migrationPublicSignals(result, { worker: addressToUint(owner) }));
    const values = [...signals] as Parameters<Rollup["depart"]>[3];
    const hash = solidityPackedKeccak256(["uint256", "uint256[]"], [MIGRATION_CIRCUIT, signals]);
    const proof = [BigInt(hash), 0n, 0n, 0n, 0n, 0n, 0n, 0n] as Parameters<Rollup["depart"]>[2];
    const arrivals = hexlify(result.arrivalsData);
    const id = freezes ? 0 : this.#operations;
    const depart = await minedTransaction(source.depart(id, freezes ? "0x" : slot, proof, values, moves, arrivals));
    const deliver = await minedTransaction(
      source.deliver(++this.#migrations, proof, values, arrivals, { value: await target.forcedFee() }),
    );
    this.#state = result.state;
    // Its root is of no interest: nobody proves anything about the target.
    await this.#advance(target, 1);
    return {
      requestDeparture: await gasOf(connection, request),
      depart: await gasOf(connection, depart),
      deliver: await gasOf(connection, deliver),
    };
  }

  /** Queues forced operations in both cores, and executes them. They change nothing. */
  async age(operations: number): Promise<void> {
    for (const core of [this.#source, this.#target]) {
      for (let i = 0; i < operations; i++) {
        await minedTransaction(core.forceExit(UNUSED_ACCOUNT, ETH, 1n, { value: await core.forcedFee() }));
      }
      await this.#advance(core, operations);
    }
    this.#operations += operations;
  }

  /** Executes forced operations of a core, after which its state is the source's. */
  async #advance(core: Rollup, forcedCount: number): Promise<void> {
    const nothing = { exitsRoot: ZeroHash, exitCount: 0, payments: [] };
    await minedTransaction(core.advance({ newStateRoot: this.#state.root, forcedCount, ...nothing }));
  }
}

async function deployCore(ethers: NetworkConnection["ethers"], genesisStateRoot: bigint): Promise<Rollup> {
  const libraries = { MigrationVerification: await ethers.deployContract("MigrationVerification") };
  const enforcementVerifier = await ethers.deployContract("MockEnforcementVerifier");
  const parameters = {
    tokenFee: 0n,
    forcedDeadline: DELAY - 1n,
    escapeDelay: DELAY,
    forcedFeeBase: 1_000n,
    forcedFeeStep: 1n,
    enforcementVerifier,
  };
  return ethers.deployContract("Rollup", [genesisStateRoot, DEVELOPMENT.slots, parameters], { libraries });
}
