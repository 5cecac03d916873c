// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { getIcapAddress, id, Wallet as L1Wallet, ZeroAddress } from "ethers";
import { artifacts, network } from "hardhat";

import { readAddresses } from "../../src/chain/index.ts";
import { deployB52, deployProofOfEfficiency, type DeployedRollup } from "../../src/deployment/index.ts";
import { readArtifact } from "../../src/deployment/artifacts.ts";
import { findRollup, openRollup } from "../../src/escape/index.ts";
import { expectError } from "../helpers/expectError.ts";
import { expectRejection } from "../helpers/expectRejection.ts";

const { ethers } = await network.create();
const [signer] = await ethers.getSigners();

describe("A deployment by the library, with ethers alone", () => {
  const systems = [
    ["Proof of Efficiency", deployProofOfEfficiency, 6],
    ["B52", deployB52, 9],
  ] as const;

  for (const [consensus, deploy, transactions] of systems) {
    describe(`of ${consensus}`, () => {
      let deployed: DeployedRollup;
      const steps: string[] = [];

      before(async () => {
        const sent = await signer!.getNonce();
        deployed = await deploy(signer!, {
          parameters: { forcedDeadline: 80_000 },
          progress: (name) => steps.push(name),
        });
        expect((await signer!.getNonce()) - sent).to.equal(transactions);
        expect(steps).to.have.lengthOf(transactions);
      });

      it("is opened from its first block on, with the parameters and the profile", async () => {
        const opened = await openRollup(ethers.provider, deployed.rollup, {
          deploymentBlock: deployed.deploymentBlock,
        });
        expect(opened.consensus).to.equal(consensus);
        expect(opened.node.system.profile).to.deep.equal(deployed.profile);
        expect(await opened.node.system.rollup.FORCED_DEADLINE()).to.equal(80_000n);
        expect(await opened.node.system.token.balanceOf(signer!)).to.equal(10n ** 24n);
      });

      it("has the addresses that the library reads back, from the core and from the consensus", async () => {
        const { rollup, consensus: consensusContract, token, verifier, enforcementVerifier, registry } = deployed;
        const expected = { consensus, rollup, consensusContract, token, verifier, enforcementVerifier, registry };
        expect(await readAddresses(ethers.provider, rollup)).to.deep.equal(expected);
        expect(await readAddresses(ethers.provider, consensusContract)).to.deep.equal(expected);
      });

      it("refuses parameters that no constructor takes, before it sends anything", async () => {
        const sent = await signer!.getNonce();
        await expectRejection(deploy(signer!, { parameters: { escapeDelay: 1n } }), "BAD_PARAMETER");
        await expectRejection(deploy(signer!, { parameters: { noSuch: 1n } }), "UNKNOWN_PARAMETER");
        const bad = { tokenSupply: { supply: 1n }, forcedDeadline: undefined };
        const { message } = await expectRejection(deploy(signer!, { parameters: bad }), "BAD_PARAMETER");
        expect(message).to.include('Shared.tokenSupply = {"supply":"1"}: must be ');
        expect(await signer!.getNonce()).to.equal(sent);
      });
    });
  }

  it("refuses public keys on a chain that is not local, unless they are allowed, and a signer without a chain", async () => {
    const other = await network.create({ override: { chainId: 17_000 } });
    const [foreign] = await other.ethers.getSigners();
    await expectRejection(deployProofOfEfficiency(foreign!), "DEVELOPMENT_KEY");
    const { message } = await expectRejection(deployB52(foreign!), "DEVELOPMENT_KEY");
    expect(message).to.include("chain 17000 is not local");
    expect(await foreign!.getNonce()).to.equal(0);
    const { rollup } = await deployProofOfEfficiency(foreign!, { allowDevelopmentKeys: true });
    expect(await other.ethers.provider.getCode(rollup)).not.to.equal("0x");
    await other.close();
    await expectRejection(deployProofOfEfficiency(L1Wallet.createRandom()), "NO_PROVIDER");
  });

  const DRAWN = { electedTickets: 15, seedRounds: 4 };

  it("of a B52 that draws tickets is opened with its parameters", async () => {
    const deployed = await deployB52(signer!, { parameters: DRAWN });
    const { consensus, node } = await openRollup(ethers.provider, deployed.rollup, {
      deploymentBlock: deployed.deploymentBlock,
    });
    if (consensus !== "B52") throw new Error(consensus);
    expect([node.staking.electedTickets, node.staking.seedRounds]).to.deep.equal([15n, 4n]);
    expect(await node.system.verifier.DRAWS()).to.equal(1n);
  });

  it("of a B52 that draws tickets and takes joint proofs is refused before anything is sent", async () => {
    const sent = await signer!.getNonce();
    const joint = { honkCode: "0x00", nodeKeyHash: 1n };
    const { message } = await expectRejection(deployB52(signer!, { parameters: DRAWN, joint }), "BAD_PARAMETER");
    expect(message).to.equal(
      "electedTickets = 15: must be 0 with joint proofs, which know no merges of drawn tickets (ADR 0074)",
    );
    expect(await signer!.getNonce()).to.equal(sent);
  });

  // Its parameters had two fields less, so that its event has another topic, and its calls have other selectors.
  it("of a B52 of a version before drawn tickets is refused by its name, and not as an unknown rollup", async () => {
    const { rollup, consensus, verifier, deploymentBlock } = await deployB52(signer!);
    // A verifier of that version answers everything but DRAWS.
    await ethers.provider.send("hardhat_setCode", [
      verifier,
      (await artifacts.readArtifact("LeafVerifier")).deployedBytecode,
    ]);
    for (const opening of [
      openRollup(ethers.provider, rollup),
      openRollup(ethers.provider, consensus, { deploymentBlock }),
      findRollup(ethers.provider, rollup, deploymentBlock),
    ]) {
      const { message, data } = await expectRejection(opening, "UNSUPPORTED_CONSENSUS");
      expect(data).to.deep.equal({ consensus });
      expect(message).to.equal(
        `${consensus} is a B52 of an earlier version, whose verifier has no DRAWS: open it with the client of that version`,
      );
    }
  });

  it("is not read from an address without a rollup, of another contract, or from no address", async () => {
    const { token } = await deployProofOfEfficiency(signer!);
    for (const address of [ZeroAddress, token, signer!.address, "0x12", ""]) {
      await expectRejection(readAddresses(ethers.provider, address), "UNKNOWN_DEPLOYMENT");
    }
  });

  it("is not read from a stranger's core that names the consensus of another", async () => {
    const { rollup, consensus } = await deployProofOfEfficiency(signer!);
    // Answers CONSENSUS() alone, with the true consensus.
    const liar = `0x${"11".repeat(20)}`;
    const code = `0x5f3560e01c63${id("CONSENSUS()").slice(2, 10)}146011575f5ffd5b73${consensus.slice(2)}5f5260205ff3`;
    await ethers.provider.send("hardhat_setCode", [liar, code]);
    const core = await ethers.getContractAt("Rollup", liar);
    expect(await core.CONSENSUS()).to.equal(consensus);
    for (const read of [readAddresses, openRollup]) {
      const { message } = await expectRejection(read(ethers.provider, liar), "UNKNOWN_DEPLOYMENT");
      expect(message).to.equal(`${consensus} is not the consensus of ${liar}`);
    }
    expect((await readAddresses(ethers.provider, consensus)).rollup).to.equal(rollup);
  });

  it("is read with checksums, in whatever form its address is given", async () => {
    const { rollup, consensus } = await deployProofOfEfficiency(signer!);
    const expected = await readAddresses(ethers.provider, rollup);
    for (const address of [rollup, consensus]) {
      const forms = [address.toLowerCase(), address.slice(2), `0x${address.slice(2).toUpperCase()}`];
      for (const form of [...forms, getIcapAddress(address)]) {
        expect(await readAddresses(ethers.provider, form), form).to.deep.equal(expected);
      }
    }
  });

  for (const [what, answer] of [
    ["32 bytes that are no address", "5f195f5260205ff3"],
    ["no bytes", "00"],
    ["a revert", "5f5ffd"],
  ] as const) {
    it(`is not read from a stranger's pair of contracts that answers ${what} where ours name a contract`, async () => {
      const [core, consensus] = ["22", "33"].map((byte) => byte.repeat(20)) as [string, string];
      // Answers one view with an address, and all others alike.
      const codeOf = (view: string, named: string): string => {
        const selector = id(view).slice(2, 10);
        const place = (14 + answer.length / 2).toString(16).padStart(2, "0");
        return `0x5f3560e01c63${selector}1460${place}57${answer}5b73${named}5f5260205ff3`;
      };
      await ethers.provider.send("hardhat_setCode", [`0x${core}`, codeOf("CONSENSUS()", consensus)]);
      await ethers.provider.send("hardhat_setCode", [`0x${consensus}`, codeOf("ROLLUP()", core)]);
      const { message } = await expectRejection(readAddresses(ethers.provider, `0x${core}`), "UNKNOWN_DEPLOYMENT");
      expect(message).to.match(/has no address that it calls (TOKEN|VERIFIER|ENFORCEMENT_VERIFIER)$/u);
    });
  }

  it("links no contract without the address of a library", () => {
    expectError(() => readArtifact("Rollup"), "MISSING_LIBRARY");
    expectError(() => readArtifact("BlockRecords", { Poseidon: signer!.address }), "MISSING_LIBRARY");
  });
});
