// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { FallbackProvider, getBytes, hexlify, parseEther, Wallet, type Provider } from "ethers";
import { network } from "hardhat";

import { EndpointProvider, findByNonce, findCall } from "../../src/chain/index.ts";
import { RollupNode } from "../../src/agents/index.ts";
import { deployProofOfEfficiency } from "../../tools/deployment/proofOfEfficiency.ts";
import { commitToData } from "../../src/ledger/index.ts";
import { expectRejection } from "../helpers/expectRejection.ts";
import { startEndpoint } from "../../tools/testing/endpoint.ts";
import { expectUnreadable, JUNK_PARITIES, signJunk } from "../helpers/junkAuthorization.ts";

const HASH = `0x${"ab".repeat(32)}`;
const FROM = "0x52908400098527886E0F7030069857D2E4169EE7";
const TO = "0x8617E340B3D01FA5F11F306F4090FD50E238070D";

/** As an endpoint may tell of a transaction of a type that nobody knows yet. */
const UNKNOWN = {
  ...{ hash: HASH, from: FROM.toLowerCase(), to: TO.toLowerCase(), input: "0x0102", type: "0x7f" },
  ...{ nonce: "0x5", value: "0x7", gas: "0x5208", authorizationList: "?", accessList: 3, v: null, r: "no", s: {} },
};

/** A provider that gives an answer as it is. */
const answering = (answer: unknown): Provider => ({ send: () => Promise.resolve(answer) }) as unknown as Provider;

describe("Transactions that ethers does not read", () => {
  for (const yParity of JUNK_PARITIES) {
    it(`a batch in a transaction whose authorisation has parity ${yParity} is read by nodes`, async () => {
      const connection = await network.create();
      const system = await deployProofOfEfficiency(connection);
      const { consensus, token, profile } = system;
      const node = await RollupNode.open(system);
      const account = new Wallet(Wallet.createRandom().privateKey, system.provider);
      await connection.networkHelpers.setBalance(account.address, parseEther("10"));
      await token.transfer(account.address, parseEther("1000"));
      await (await token.connect(account).approve(consensus, parseEther("1000"))).wait();
      await (await consensus.connect(account).deposit(parseEther("1000"))).wait();
      const input = { data: "0x010203", forcedCount: 0, feeAccount: 1, feeToken: 0n };
      const data = consensus.interface.encodeFunctionData("sequence", [
        [{ ...input, commitments: commitToData(profile, getBytes(input.data)) }],
        parseEther("100"),
        `0x${"00".repeat(27)}`,
      ]);
      const call = { to: await consensus.getAddress(), data };
      const junk = await signJunk(account, system.provider, call, yParity);
      const hash = (await connection.ethers.provider.send("eth_sendRawTransaction", [junk])) as string;
      expect((await system.provider.getTransactionReceipt(hash))?.status).to.equal(1);
      await expectUnreadable(system.provider.getTransaction(hash));

      const endpoint = await startEndpoint(connection);
      const single = new EndpointProvider(endpoint.url);
      const several = new FallbackProvider([single], undefined, { cacheTimeout: -1 });
      try {
        await node.sync();
        for (const provider of [system.provider, single, several]) {
          const reader = await RollupNode.open({ ...system, provider });
          expect(hexlify(reader.batch(1).data)).to.equal("0x010203");
          expect(reader.batch(1).truthful).to.equal(true);
        }
        expect(node.batches.length).to.equal(1);
      } finally {
        await several.destroy();
        single.destroy();
        await endpoint.stop();
      }
    });
  }

  it("is read as far as it is needed, of whatever type it is", async () => {
    expect(await findCall(answering(UNKNOWN), HASH)).to.deep.equal({ from: FROM, to: TO, data: "0x0102" });
    const { to: _, ...creation } = UNKNOWN;
    expect(await findCall(answering(creation), HASH.toUpperCase().replace("X", "x"))).to.include({ to: null });
    expect(await findCall(answering(null), HASH)).to.equal(undefined);
    const others = [{}, { ...UNKNOWN, from: TO }, { ...UNKNOWN, nonce: "0x4", input: 3 }, { from: 7, nonce: null }];
    const block = answering({ transactions: [...others, UNKNOWN] });
    expect(await findByNonce(block, 1, { from: FROM, nonce: 5 })).to.deep.equal({
      ...{ hash: HASH, from: FROM, to: TO, data: "0x0102", nonce: 5, value: 7n, gasLimit: 21_000n },
    });
    expect(await findByNonce(block, 1, { from: FROM, nonce: 6 })).to.equal(undefined);
    expect(await findByNonce(answering(null), 1, { from: FROM, nonce: 5 })).to.equal(null);
  });

  for (const [field, value] of [
    ["hash", `0x${"cd".repeat(32)}`],
    ["from", "0x12"],
    ["to", 5],
    ["input", "0x123"],
    ["input", "12"],
  ] as const) {
    it(`is refused if ${field} is ${value}`, async () => {
      await expectRejection(findCall(answering({ ...UNKNOWN, [field]: value }), HASH), "BAD_ANSWER");
    });
  }

  for (const [field, value] of [
    ["hash", "0x"],
    ["value", "-0x1"],
    ["value", 7],
    ["gas", "0x"],
  ] as const) {
    it(`is refused if ${field} of one in a block is ${value}`, async () => {
      const block = answering({ transactions: [{ ...UNKNOWN, [field]: value }] });
      await expectRejection(findByNonce(block, 1, { from: FROM, nonce: 5 }), "BAD_ANSWER");
    });
  }

  it("is refused if it is no transaction, or the block has none", async () => {
    await expectRejection(findCall(answering("0x"), HASH), "BAD_ANSWER");
    await expectRejection(findByNonce(answering({}), 1, { from: FROM, nonce: 5 }), "BAD_ANSWER");
    await expectRejection(findByNonce(answering({ transactions: [HASH] }), 1, { from: FROM, nonce: 5 }), "BAD_ANSWER");
  });

  it("of a provider that gives no answer as it is, what the provider reads is taken", async () => {
    const connection = await network.create();
    const { provider } = connection.ethers;
    const [signer] = await connection.ethers.getSigners();
    const sent = await signer!.sendTransaction({ to: TO, value: 3n, data: "0x01" });
    const plain = {
      getTransaction: (hash: string) => provider.getTransaction(hash),
      getBlock: (block: number, full: boolean) => provider.getBlock(block, full),
    } as unknown as Provider;
    expect(await findCall(plain, sent.hash)).to.include({ from: sent.from, to: TO, data: "0x01" });
    expect(await findCall(plain, HASH)).to.equal(undefined);
    expect(await findByNonce(plain, 1, sent)).to.include({ hash: sent.hash, value: 3n });
    expect(await findByNonce(plain, 9, sent)).to.equal(null);
  });
});
