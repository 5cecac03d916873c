// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { id, keccak256, parseEther, type Provider, type Signer } from "ethers";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import {
  B52Node,
  EscrowClient,
  hashOfLock,
  hiddenContentOf,
  lockOfOffer,
  Proposer,
  type B52System,
  type OrderedContent,
  type ProposedBlock,
} from "../../../src/agents/index.ts";
import { contentHash } from "../../../src/b52/index.ts";
import { minedTransaction as mined } from "../../../src/chain/index.ts";
import { batchDataHash } from "../../../src/ledger/index.ts";
import { deployBuilderEscrow } from "../../../src/deployment/index.ts";
import { FIXED_START, fixTimestamps } from "../../../tools/bench/timestamps.ts";
import { deployB52 } from "../../../tools/deployment/b52.ts";
import { expectRejection } from "../../helpers/expectRejection.ts";
import { liar, without } from "../../helpers/liar.ts";

const [PAYMENT, COVER] = [parseEther("20"), parseEther("2")];
const MONEY = parseEther("100");

const BLOCK: OrderedContent = (() => {
  const [data, includeList] = [new Uint8Array(), new Uint8Array()];
  const content = {
    ...{ salt: id("salt"), dataHash: batchDataHash(data), forcedCount: 0 },
    ...{ includeListHash: keccak256(includeList), feeAccount: 3, feeToken: 0n },
  };
  return { content, data, includeList };
})();

describe("The client of an escrow", function () {
  this.timeout(120_000);
  let connection: NetworkConnection;
  let system: B52System;
  let node: B52Node;
  let proposer: Proposer;
  let builder: Signer;
  let deployed: Awaited<ReturnType<typeof deployBuilderEscrow>>;
  let client: EscrowClient;

  before(async () => {
    connection = await network.create(FIXED_START);
    fixTimestamps(connection);
    system = await deployB52(connection);
    const signers = (await connection.ethers.getSigners()) as unknown as Signer[];
    const [deployer, proposing] = [signers[0]!, signers[4]!];
    builder = signers[5]!;
    deployed = await deployBuilderEscrow(deployer, {
      consensus: await system.consensus.getAddress(),
      deploymentBlock: system.deploymentBlock,
    });
    const escrow = await connection.ethers.getContractAt("BuilderEscrow", deployed.escrow);
    for (const signer of [proposing, builder]) {
      await mined(system.token.transfer(signer, 2n * MONEY));
      await mined(system.token.connect(signer).approve(escrow, MONEY));
      await mined(escrow.connect(signer).deposit(signer, MONEY));
    }
    await mined(system.token.connect(proposing).approve(system.consensus, MONEY));
    await mined(system.consensus.connect(proposing).deposit(MONEY));
    node = await B52Node.open(system);
    proposer = new Proposer(node, proposing, { feeAccount: 0, feeToken: 0n });
    client = await open();
  });

  /** A client, as the endpoint shows L1. */
  async function open(
    provider: Provider = system.provider,
    { accounts = [] as string[], maxRange = 10_000 } = {},
  ): Promise<EscrowClient> {
    const reading = { attempts: 1, maxRange };
    const seen = await B52Node.open({ ...system, provider, reading });
    return EscrowClient.open(seen, deployed.escrow, deployed.deploymentBlock, { accounts });
  }

  async function propose(): Promise<ProposedBlock> {
    await node.sync();
    return proposer.propose(
      await proposer.draftFor(hiddenContentOf(node, BLOCK), { bid: parseEther("10"), share: 4_000n }),
      [],
    );
  }

  async function lock(): Promise<ProposedBlock> {
    const proposed = await propose();
    const deadline = BigInt(await connection.networkHelpers.time.latest()) + 600n;
    const offer = { builder: await builder.getAddress(), payment: PAYMENT, cover: COVER, deadline };
    await client.lock(proposer.signer, proposed, await client.sign(builder, proposed.id, offer));
    return proposed;
  }

  /** Undoes everything that a test does to L1. */
  async function undone(work: () => Promise<void>): Promise<void> {
    const before = await connection.networkHelpers.takeSnapshot();
    try {
      await work();
    } finally {
      await before.restore();
      node = await B52Node.open(system);
      proposer = new Proposer(node, proposer.signer, { feeAccount: 0, feeToken: 0n });
      client = await open();
    }
  }

  it("knows the locks that L1 has, each with the hash that L1 keeps", () =>
    undone(async () => {
      expect(await client.locks()).to.deep.equal([]);
      const proposed = await lock();
      const [found, ...others] = await client.locks();
      expect(others).to.deep.equal([]);
      const { proposer: address, height, id: hash, deadline, builder: paying } = found!;
      expect(await client.escrow.placeOf(address, height & 1n)).to.equal(found!.hash);
      expect(hash).to.equal(proposed.id);
      // The hash is known before L1 has it.
      const offer = { builder: paying, payment: PAYMENT, cover: COVER, deadline };
      expect(lockOfOffer(proposed.proposal, proposed.id, offer)).to.deep.equal(found);
      expect(hashOfLock(found!.struct)).to.equal(found!.hash);
    }));

  it("reads each block of L1 once", () =>
    undone(async () => {
      const asked: (readonly [number, number])[] = [];
      const provider = liar(system.provider, {
        getLogs: (logs, filter) => {
          const { address, fromBlock, toBlock } = filter;
          if (JSON.stringify(address).toLowerCase().includes(deployed.escrow.toLowerCase())) {
            asked.push([Number(fromBlock), Number(toBlock)]);
          }
          return logs;
        },
      });
      const other = await open(provider);
      expect(asked[0]).to.deep.equal([deployed.deploymentBlock, await system.provider.getBlockNumber()]);
      await other.locks();
      await other.locks();
      expect(asked, "nothing is new").to.have.length(1);
      await lock();
      await connection.networkHelpers.mine(3);
      expect(await other.locks()).to.have.length(1);
      expect(asked[1]).to.deep.equal([asked[0]![1] + 1, await system.provider.getBlockNumber()]);
    }));

  it("does not believe in a lock that a reorganisation has taken back, and says so", () =>
    undone(async () => {
      const before = await connection.networkHelpers.takeSnapshot();
      await lock();
      expect(await client.locks()).to.have.length(1);
      await before.restore();
      await connection.networkHelpers.mine(5);
      await expectRejection(client.sync(), "REORGANISED");
      await expectRejection(client.locks(), "REORGANISED");
      expect(await (await open()).locks()).to.deep.equal([]);
    }));

  const lying = (name: "OfferLocked" | "LockResolved" | "Deposited"): Provider =>
    liar(system.provider, { getLogs: without(client.escrow.interface.getEvent(name).topicHash) });

  it("misses no lock that takes of the own money, if the endpoint leaves it out", () =>
    undone(async () => {
      await lock();
      for (const account of [await builder.getAddress(), await proposer.signer.getAddress()]) {
        await expectRejection(open(lying("OfferLocked"), { accounts: [account] }), "EVENTS_MISSING");
      }
      const honest = await open(system.provider, { accounts: [await builder.getAddress()], maxRange: 1 });
      expect(honest.open).to.have.length(1);
    }));

  it("misses no payment of its own, and no end of a lock that it knows", () =>
    undone(async () => {
      await expectRejection(open(lying("Deposited"), { accounts: [await builder.getAddress()] }), "EVENTS_MISSING");
      await lock();
      await connection.networkHelpers.time.increase(1_000);
      const [open_] = await client.locks();
      await client.resolve(builder, open_!);
      await expectRejection(open(lying("LockResolved")), "EVENTS_MISSING");
      await expectRejection(open(lying("OfferLocked")), "EVENTS_MISSING");
      expect((await open()).open).to.deep.equal([]);
    }));

  for (const [how, viaContract] of [
    ["in the calldata of its transaction", false],
    ["in a log, if a contract answered", true],
  ] as const) {
    it(`finds the content of an answer ${how}`, () =>
      undone(async () => {
        const proposed = await lock();
        await proposer.commitTo(proposed);
        await node.sync();
        await connection.networkHelpers.time.increaseTo(node.proofWindowOf(proposed.proposal.round).opensAt);
        await client.demand(proposer.signer, (await client.locks())[0]!);
        const [demanded] = await client.locks();
        expect(demanded).to.include({ stage: "demanded", shown: undefined });
        if (viaContract) {
          const caller = await connection.ethers.deployContract("Caller");
          const { data } = await client.answerCall(demanded!, BLOCK);
          await mined(caller.execute(deployed.escrow, data));
        } else {
          await client.answer(builder, demanded!, BLOCK);
        }
        const [answered] = await client.locks();
        expect(answered).to.include({ stage: "answered" });
        expect(answered!.shown).to.deep.equal(BLOCK);
        expect(contentHash(answered!.shown!.content)).to.equal(proposed.proposal.contentHash);
      }));
  }
});
