// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { parseEther, type Signer } from "ethers";
import { network } from "hardhat";

import { RollupNode, Sequencer, Wallet } from "../../src/agents/index.ts";
import { after, events, waitFor, type EventPlace } from "../../src/client/index.ts";
import { createSigner } from "../../src/crypto/index.ts";
import { ETH } from "../../src/ledger/index.ts";
import { deployB52 } from "../../tools/deployment/b52.ts";
import { deployProofOfEfficiency } from "../../tools/deployment/proofOfEfficiency.ts";
import { expectRejection } from "../helpers/expectRejection.ts";

const FAST = { pollingInterval: 5 };

async function deploy() {
  const connection = await network.create();
  const system = await deployProofOfEfficiency(connection);
  const [operator, user] = (await connection.ethers.getSigners()) as unknown as [Signer, Signer];
  await system.token.approve(system.consensus, parseEther("1000"));
  await system.consensus.deposit(parseEther("1000"));
  const node = await RollupNode.open(system);
  const wallet = new Wallet(node, user, createSigner(Buffer.from("user")));
  const sequencer = new Sequencer(node, operator, { feeAccount: 0, feeToken: ETH });
  return { connection, system, wallet, sequencer };
}

describe("events", () => {
  it("gives what has happened and what happens, in the order of L1, until it is ended", async () => {
    const { system, wallet, sequencer } = await deploy();
    await wallet.deposit(ETH, parseEther("1"));
    const end = new AbortController();
    const names: string[] = [];
    for await (const event of events(system, { ...FAST, signal: end.signal })) {
      names.push(`${event.source}.${event.name}`);
      if (event.name === "ForcedOperationQueued") {
        expect(event.args.id).to.equal(1n);
        expect(event.args.sender).to.equal(await wallet.l1.getAddress());
        await sequencer.post({});
      }
      if (event.name === "BatchSequenced") {
        expect(event.args.batch).to.equal(1n);
        expect(event.args.record.sequencer).to.equal(await sequencer.signer.getAddress());
        end.abort();
      }
    }
    expect(names).to.deep.equal([
      "consensus.ConsensusDeployed",
      "consensus.BatchFeeUpdated",
      "consensus.CoreDeployed",
      "consensus.Deposited",
      "core.ForcedOperationQueued",
      "consensus.BatchSequenced",
    ]);
  });

  it("has those of B52 and of its registry", async () => {
    const connection = await network.create();
    const system = await deployB52(connection);
    const [prover] = (await connection.ethers.getSigners()) as unknown as [Signer];
    const { x, y } = createSigner(Buffer.from("prover")).publicKey;
    await system.token.approve(system.registry, await system.registry.STAKE());
    await system.registry.join(7, x, y, prover);
    const event = await waitFor(events(system, FAST), (candidate) => candidate.name === "TicketJoined");
    expect(event.source).to.equal("registry");
    expect([event.args.ticket, event.args.owner, event.args.keyX]).to.deep.equal([7n, await prover.getAddress(), x]);
    const round = await waitFor(events(system, FAST), (candidate) => candidate.name === "RoundOpened");
    expect(round.args.round).to.equal(1n);
  });

  it("goes on after any event, also within a block", async () => {
    const { connection, system, wallet } = await deploy();
    const { networkHelpers, ethers } = connection;
    await ethers.provider.send("evm_setAutomine", [false]);
    const { x, y } = wallet.l2.publicKey;
    const owner = await wallet.l1.getAddress();
    const rollup = system.rollup.connect(wallet.l1);
    for (let i = 0; i < 3; i++) {
      await rollup.deposit(ETH, 1n, x, y, owner, { value: parseEther("1"), gasLimit: 500_000 });
    }
    await networkHelpers.mine();
    await ethers.provider.send("evm_setAutomine", [true]);

    const ids: bigint[] = [];
    let from: EventPlace | undefined;
    const blocks = new Set<number>();
    while (ids.length < 3) {
      const source = events(system, from === undefined ? FAST : { ...FAST, from });
      const event = await waitFor(source, (candidate) => candidate.name === "ForcedOperationQueued");
      ids.push(event.args.id);
      blocks.add(event.place.block);
      from = after(event);
    }
    expect(ids).to.deep.equal([1n, 2n, 3n]);
    expect(blocks.size).to.equal(1);
  });

  it("says that L1 was reorganised, and that a wait was ended", async () => {
    const { connection, system, wallet } = await deploy();
    const before = await connection.networkHelpers.takeSnapshot();
    await wallet.deposit(ETH, parseEther("1"));
    const reader = events(system, FAST);
    for (let i = 0; i < 5; i++) await reader.next();
    await before.restore();
    await wallet.deposit(ETH, parseEther("2"));
    await expectRejection(reader.next(), "REORGANISED");
    const ended = events(system, { ...FAST, signal: AbortSignal.abort() });
    await expectRejection(
      waitFor(ended, (event) => event.name === "Frozen"),
      "ABORTED",
    );
  });
});
