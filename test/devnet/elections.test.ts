// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { NonceManager, Wallet as Key, type JsonRpcProvider } from "ethers";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import { revertOf } from "../../demo/revertOf.ts";
import { Aggregator, Sequencer, type RollupNode } from "../../src/agents/index.ts";
import { ELECTION_NAMES, officeOf, readElections } from "../../src/deployment/index.ts";
import { ETH } from "../../src/ledger/index.ts";
import { mockProver, putMock } from "../../tools/bench/mockProofs.ts";
import { readParameters } from "../../tools/deployment/parameters.ts";
import { electedPace, electionParameters } from "../../tools/devnet/elections.ts";
import { POE_PARAMETERS, startProofOfEfficiency, type PoeDevnet } from "../../tools/devnet/rollups.ts";
import { DEVNET_PACE, keyOf, type Party } from "../../tools/devnet/topology.ts";

const PAIR = "StakeRotation/GovernedSlashing+OutsourcedProving";
/** Each election, alone or in a pair. */
const CHOICES = [
  ...ELECTION_NAMES.filter((name) => officeOf(name) !== "slasher" && !readElections(PAIR).includes(name)),
  ...["DelegatedStake/GovernedSlashing", "SlotAuction+RandomPriority", PAIR],
];

const ROLES = { sequencer: 0, aggregator: 1 } as const;
type Role = keyof typeof ROLES;
const PARTIES: Readonly<Record<Role, readonly [Party, Party]>> = {
  sequencer: ["sequencer-1", "sequencer-2"],
  aggregator: ["aggregator", "boot"],
};
const PENDING = { blockTag: "pending" } as const;
/** In blocks. */
const [SLOT, EPOCH] = [60, 480];

describe("Elections of a devnet", () => {
  let connection: NetworkConnection;

  before(async () => {
    connection = await network.create();
  });

  after(() => connection.close());

  // One by one: of many at once Hardhat leaves those in the middle without a RANDAO.
  const mine = async (blocks: number): Promise<void> => {
    for (let i = 0; i < blocks; i++) await connection.provider.request({ method: "evm_mine", params: [] });
  };

  const start = (election: string): Promise<PoeDevnet> => {
    // Of it only what all providers have is used.
    const provider = connection.ethers.provider as unknown as JsonRpcProvider;
    const deployer = new NonceManager(new Key(keyOf("deployer"), provider));
    return startProofOfEfficiency(provider, deployer, [], { election, mine });
  };

  const rolesOf = (election: string): readonly Role[] =>
    readElections(election).flatMap((name): readonly Role[] => {
      const office = officeOf(name);
      return office === "slasher" ? [] : [office];
    });

  /** Those who have a role in one of the next blocks: only one, as soon as no slot is open because of silence. */
  const electedOf = async ({ observer, elections }: PoeDevnet, role: Role): Promise<readonly Party[]> => {
    const { node } = observer;
    let elected = await allowedOf(node, role);
    for (let mined = 0; elected.length !== 1 && mined < SLOT; mined += 5) {
      await elections!.step();
      await mine(5);
      elected = await allowedOf(node, role);
    }
    return elected;
  };

  const allowedOf = async (node: RollupNode, role: Role): Promise<readonly Party[]> => {
    const { consensus } = node.system;
    const candidates: readonly Party[] = [...PARTIES[role], "mallory"];
    const are = await Promise.all(
      candidates.map((party) => consensus.isAllowed(new Key(keyOf(party)).address, ROLES[role], PENDING)),
    );
    return candidates.filter((_, i) => are[i]);
  };

  it("has parameters for every choice, also for each pair", () => {
    const sequencers = CHOICES.filter((choice) => rolesOf(choice).join() === "sequencer");
    const aggregators = ["OutsourcedProving", "RandomPriority"];
    const pairs = sequencers.flatMap((first) => aggregators.map((second) => `${first}+${second}`));
    for (const election of [...CHOICES, ...aggregators, ...pairs]) {
      const overrides = { ...POE_PARAMETERS, ...electionParameters(election) };
      const read = readParameters("ProofOfEfficiency", { election, overrides });
      for (const name of readElections(election)) expect(read[name], `${name} of ${election}`).to.not.equal(undefined);
    }
    expect(electionParameters(undefined)).to.deep.equal({});
  });

  it("of aggregators have the boot aggregator prove in its own turns at once", () => {
    expect(electedPace(undefined, DEVNET_PACE)).to.deep.equal(DEVNET_PACE);
    expect(electedPace("SlotAuction", DEVNET_PACE)).to.deep.equal(DEVNET_PACE);
    expect(electedPace(PAIR, DEVNET_PACE).patience).to.equal(DEVNET_PACE.maxAge);
  });

  for (const election of CHOICES) {
    it(`${election}: the devnet's parties are elected, also in the next epoch, and nobody else is`, async () => {
      const devnet = await start(election);
      const { elections } = devnet;
      // Claims are taken for fifteen blocks.
      const stride = election.includes("RandomPriority") ? 10 : 40;
      for (const epoch of ["the first epoch", "the next one"]) {
        // A committee of aggregators is convened in its own epoch.
        for (let mined = 0; mined < SLOT && !(await elections!.areBegun()); mined += 5) {
          await elections!.step();
          await mine(5);
        }
        expect(await elections!.areBegun(), epoch).to.equal(true);
        for (const role of rolesOf(election)) {
          const elected = await electedOf(devnet, role);
          expect(elected.length, `${role} of ${epoch}`).to.equal(1);
          expect(PARTIES[role]).to.include(elected[0]);
        }
        for (let mined = 0; mined < EPOCH; mined += stride) {
          await elections!.step();
          await mine(stride);
        }
      }
    });
  }

  it(`${PAIR}: a batch is posted and proven by the elected alone`, async () => {
    const devnet = await start(PAIR);
    const { deployed, elections, observer } = devnet;
    await putMock(connection, deployed.verifier, "MockVerifier");
    const node = await observer.sync();
    const prover = await mockProver();
    const keyOfParty = (party: Party) => new Key(keyOf(party), connection.ethers.provider);

    const [sequencer] = await electedOf(devnet, "sequencer");
    const fees = { feeAccount: 0, feeToken: ETH };
    const stranger = keyOfParty("mallory");
    expect(await revertOf(new Sequencer(node, stranger, fees).post({}))).to.equal(`NotAllowed(${stranger.address}, 0)`);
    await new Sequencer(node, keyOfParty(sequencer!), fees).post({});
    await node.sync();

    const strange = new Aggregator(node, stranger, prover);
    expect(await revertOf(strange.submit(await strange.prove()))).to.equal(`NotAllowed(${stranger.address}, 1)`);
    const [aggregator] = await electedOf(devnet, "aggregator");
    await new Aggregator(node, keyOfParty(aggregator!), prover).step();
    await node.sync();
    expect([node.batches.length, node.verifiedBatches]).to.deep.equal([1, 1]);
    expect(await elections!.areBegun()).to.equal(true);
    await prover.dispose();
  });
});
