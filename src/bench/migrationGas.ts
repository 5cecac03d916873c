import { hexlify, parseEther, solidityPackedKeccak256, type Signer as L1Signer } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";

import type { Rollup } from "../../typechain-types/index.ts";
import { addressToUint, departureFee, minedTransaction } from "../agents/index.ts";
import { createSigner } from "../crypto/index.ts";
import { State } from "../ledger/index.ts";
import {
  applyMigration,
  migrationPublicSignals,
  orderedMigrationSignals,
  packPair,
  signMove,
} from "../migration/index.ts";
import { DEVELOPMENT } from "../profile.ts";
import { gasOf, type CallGas } from "./calldata.ts";

/** What each step of a migration of `users` accounts costs on L1. */
export interface MigrationGas {
  readonly requestDeparture: CallGas;
  readonly depart: CallGas;
  readonly "depart after a freeze": CallGas;
  readonly deliver: CallGas;
}

const MIGRATION_CIRCUIT = 1n;
const DELAY = 200n;
const ETH = 0n;

/**
 * Gas of migrations of 1 … `most` users between two cores. The verifier is a stand-in that looks at the public signals
 * only: a real one costs the same whatever the number of users, so differences are exact, and the rest is not.
 */
export async function measureMigrationGas(connection: NetworkConnection, most: number): Promise<MigrationGas[]> {
  const rows: MigrationGas[] = [];
  for (let users = 1; users <= most; users++) {
    const live = await migrate(connection, users, false);
    const frozen = await migrate(connection, users, true);
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

async function migrate(
  { ethers, networkHelpers }: NetworkConnection,
  users: number,
  isFrozen: boolean,
): Promise<Steps> {
  const { provider } = ethers;
  // The signer is the consensus of both cores.
  const [signer] = (await ethers.getSigners()) as unknown as [L1Signer];
  const genesis = State.genesis(DEVELOPMENT);
  const source = await deployCore(ethers, genesis.root);
  const target = await deployCore(ethers, genesis.root);
  const amount = parseEther("1");
  const domain = await source.DOMAIN();

  let state = genesis;
  const keys = Array.from({ length: users }, (_, i) => createSigner(Buffer.from(`migrant ${i}`)));
  for (const key of keys) {
    const { x, y } = key.publicKey;
    const owner = await signer.getAddress();
    const value = amount + (await source.forcedFee());
    await minedTransaction(source.deposit(ETH, amount, x, y, owner, { value }));
    state = state.withNewAccount({ ax: x, ay: y, nonce: 0n, token: ETH, balance: amount, owner: addressToUint(owner) });
  }
  await minedTransaction(source.advance({ newStateRoot: state.root, forcedCount: users, exits: [], payments: [] }));

  const targetAddress = addressToUint(await target.getAddress());
  const moves = Buffer.concat(
    keys.map((key, i) =>
      signMove(key, { from: i + 1, token: ETH, targetToken: ETH, nonce: 0n, domain, target: targetAddress }),
    ),
  );
  const tokens = packPair({ source: ETH, target: ETH });
  const request = await minedTransaction(
    source.requestDeparture(target, tokens, moves, { value: await departureFee(source) }),
  );
  const requested = source.interface.parseLog(request.logs[0] ?? { topics: [], data: "0x" });
  const slot = requested?.args["slot"] as string;
  if (isFrozen) {
    await networkHelpers.time.increase(Number(DELAY) + 1);
    await minedTransaction(source.freeze());
  } else {
    await minedTransaction(source.advance({ newStateRoot: state.root, forcedCount: 1, exits: [], payments: [] }));
  }

  const result = applyMigration(DEVELOPMENT, state, { moves, domain, target: targetAddress, tokens });
  const signals = orderedMigrationSignals(
    migrationPublicSignals(result, { worker: addressToUint(await signer.getAddress()) }),
  );
  const values = [...signals] as Parameters<Rollup["depart"]>[3];
  const first = solidityPackedKeccak256(["uint256", "uint256[]"], [MIGRATION_CIRCUIT, signals]);
  const proof = [BigInt(first), 0n, 0n, 0n, 0n, 0n, 0n, 0n] as Parameters<Rollup["depart"]>[2];
  const arrivals = hexlify(result.arrivalsData);
  const id = isFrozen ? 0 : users + 1;
  const depart = await minedTransaction(source.depart(id, isFrozen ? "0x" : slot, proof, values, moves, arrivals));
  const deliver = await minedTransaction(
    source.deliver(1, proof, values, arrivals, { value: await target.forcedFee() }),
  );
  return {
    requestDeparture: await gasOf(provider, request),
    depart: await gasOf(provider, depart),
    deliver: await gasOf(provider, deliver),
  };
}

async function deployCore(ethers: NetworkConnection["ethers"], genesisStateRoot: bigint): Promise<Rollup> {
  const libraries = {
    PoseidonT3: await ethers.deployContract("PoseidonT3"),
    MigrationVerification: await ethers.deployContract("MigrationVerification"),
  };
  const enforcementVerifier = await ethers.deployContract("MockEnforcementVerifier");
  const parameters = {
    tokenFee: 0n,
    forcedDeadline: DELAY - 1n,
    escapeDelay: DELAY,
    forcedFeeBase: 1_000n,
    forcedFeeStep: 1n,
    enforcementVerifier,
  };
  return ethers.deployContract("Rollup", [genesisStateRoot, DEVELOPMENT.slots, parameters], {
    libraries,
  });
}
