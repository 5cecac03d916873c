// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { AbiCoder, dataSlice, keccak256, ZeroAddress, ZeroHash, type BaseContract } from "ethers";

import { revertOf } from "../../../demo/revertOf.ts";
import { minedTransaction as mined } from "../../../src/chain/index.ts";
import {
  ELECTION_NAMES,
  electionArguments,
  linksOf,
  officeOf,
  type ElectionName,
} from "../../../src/deployment/index.ts";
import { readParameters } from "../../../tools/deployment/parameters.ts";
import { ElectionWorld } from "../../helpers/electionWorld.ts";

/*
 * Anybody may bind an election that nobody has bound, so it takes no money before. Every function that changes something
 * is called before the bind. One that is not listed here fails the test.
 */

const FUNDS = 10n ** 24n;

/** An election that nobody has bound, and a party with tokens. */
interface Unbound {
  readonly party: string;
  readonly address: string;
  readonly slasher: string;
  /** Value of a constant of the election. */
  readonly of: (constant: string) => Promise<bigint>;
}

/** A call that begins with a payment: its arguments, and what it takes from the balance. */
interface Payment {
  readonly args: readonly unknown[];
  readonly needed: bigint;
}

/** A call that has no effect before the bind: its arguments, and the error. A `*` is any number. */
type Refusal = readonly [args: readonly unknown[], error: string];

/** Every function of an election that is no view. */
interface Functions {
  readonly payments: Readonly<Record<string, Payment>>;
  readonly refusals: Readonly<Record<string, Refusal>>;
  /** Functions that may be called: they take no money, and their effect is the same after the bind. */
  readonly free: readonly string[];
}

const PERMIT = [1n, 0n, 27, ZeroHash, ZeroHash] as const;

/** Of every election: `Election`, `NativeBalances`. */
const shared = ({ party, address }: Unbound): Functions => ({
  payments: {},
  refusals: {
    deposit: [[1n], `NotBound(${address})`],
    depositWithPermit: [PERMIT, `NotBound(${address})`],
    withdraw: [[1n], `InsufficientBalance(${party}, 0, 1)`],
    admit: [[party, 0, 1n, 1n, 1n], `NotBinder(${party}, ${ZeroAddress})`],
  },
  free: ["bind"],
});

/** Of `Seed`: the seed of an epoch is that of its block, whoever seals it. */
const SEED: Functions = { payments: {}, refusals: {}, free: ["seal", "sealByHeader"] };

/** Of `Proceeds`. */
const proceeds = ({ address }: Unbound): Functions => ({
  payments: {},
  refusals: { burn: [[], `NotBound(${address})`] },
  free: [],
});

/** Of `SeatElection`. */
const seats = ({ party, slasher }: Unbound): Functions => ({
  payments: {},
  refusals: {
    reportMiss: [[0n], "NotMissed(0, 0)"],
    slash: [[1n, 1n], `NotSlasher(${party}, ${slasher})`],
    drawSeats: [[], "NotSealed(1)"],
  },
  free: [],
});

/** Of `StakeRotation`. */
const rotation = async ({ party, of }: Unbound): Promise<Functions> => {
  const lowest = await of("MIN_STAKE");
  const notOwner: Refusal = [[1n], `NotOwner(1, ${party}, ${ZeroAddress})`];
  return {
    payments: { join: { args: [1n, lowest], needed: lowest } },
    refusals: {
      outbid: [[1n, lowest], "IdsLeft(0, 1023)"],
      addStake: [[1n, 1n], notOwner[1]],
      ...{ takeOut: notOwner, bringBack: notOwner, exit: notOwner },
      leakAbsence: [[1n], "IsIn(1)"],
      withdrawStake: [[1n], "StakeLocked(1, 0, 0)"],
    },
    free: [],
  };
};

const RECORD = [ZeroAddress, 0n, ZeroHash, 0n, 0n, 0n] as const;

const FUNCTIONS: Readonly<Record<ElectionName, (unbound: Unbound) => Promise<readonly Functions[]>>> = {
  SlotAuction: async (unbound) => {
    const bid = await unbound.of("MIN_BID");
    const bond = (bid * (await unbound.of("BOND_RATE"))) / 10_000n;
    const own: Functions = {
      payments: {
        bid: { args: [10n, bid], needed: bid + bond },
        bidRange: { args: [10n, 10n, bid], needed: bid + bond },
      },
      refusals: {
        passSlot: [[10n, unbound.party], `NotSlotHolder(10, ${unbound.party}, ${ZeroAddress})`],
        settle: [[10n], "NothingToSettle(10)"],
      },
      free: [],
    };
    return [shared(unbound), proceeds(unbound), own];
  },
  MultiWinnerAuction: async (unbound) => {
    const bid = await unbound.of("MIN_BID");
    const own: Functions = {
      payments: { bid: { args: [bid, 0n], needed: bid + (await unbound.of("BOND")) } },
      refusals: {
        raise: [[0n, bid, 0n], `NotBidder(0, ${unbound.party}, ${ZeroAddress})`],
        countMiss: [[0n], "NotMissed(0, 2)"],
        settleEpoch: [[1n], "NothingToSettle(1)"],
      },
      free: [],
    };
    return [shared(unbound), proceeds(unbound), own];
  },
  Authority: async (unbound) => {
    const { party, address } = unbound;
    const bond = await unbound.of("BOND");
    const operation = [0, 0, party, 0n] as const;
    const coder = AbiCoder.defaultAbiCoder();
    const hash = dataSlice(keccak256(coder.encode(["tuple(uint8,uint8,address,uint96)"], [operation])), 0, 27);
    const own: Functions = {
      payments: { takeSeat: { args: [0n], needed: bond } },
      refusals: {
        resign: [[], `NoSeat(${party})`],
        queue: [[0n, operation], `NotBound(${address})`],
        cancel: [[0n], "NothingQueued(0)"],
        execute: [[0n, operation], `WrongOperation(0, ${hash}, 0x${"00".repeat(27)})`],
      },
      // It gives back nothing.
      free: ["returnBond"],
    };
    return [shared(unbound), own];
  },
  StakeRotation: async (unbound) => [shared(unbound), SEED, seats(unbound), await rotation(unbound)],
  PerformanceRotation: async (unbound) => {
    const own: Functions = {
      payments: {},
      refusals: {
        creditSlot: [[0n, 1n, 1n, RECORD, ZeroHash], "NothingPosted(0)"],
        countSlot: [[0n], "EvidenceOpen(0, 4, 0)"],
        refresh: [[1n], "NotWeighed(1)"],
      },
      free: [],
    };
    return [shared(unbound), SEED, seats(unbound), await rotation(unbound), own];
  },
  ProposerSale: async (unbound) => {
    const { party } = unbound;
    const own: Functions = {
      payments: {},
      refusals: {
        sell: [[[40n, party, 1n, 1n, 1n], "0x"], `NotSeller(40, ${party}, ${ZeroAddress})`],
        settle: [[40n], "NotSold(40)"],
      },
      free: [],
    };
    return [shared(unbound), SEED, proceeds(unbound), seats(unbound), await rotation(unbound), own];
  },
  DelegatedStake: async (unbound) => {
    const { party } = unbound;
    const lowest = await unbound.of("MIN_STAKE");
    const notOpen = "NotOpen(1)";
    const own: Functions = {
      payments: { open: { args: [1n, lowest, 0], needed: lowest } },
      refusals: {
        outbid: [[1n, lowest, 0], "IdsLeft(0, 1023)"],
        close: [[1n], notOpen],
        free: [[1n], "NotOver(1, 0, 0)"],
        announceCommission: [[1n, 0], notOpen],
        delegate: [[1n, 1n, 1n], notOpen],
        undelegate: [[1n, 1n], `SharesMissing(1, ${party}, 0, 1)`],
        collect: [[1n, party], `StakeLocked(1, ${party}, 0, 0)`],
        switchTo: [[1n, 2n, 1n], `StakeLocked(1, ${party}, 0, 0)`],
        transferShares: [[1n, party, 1n], `SharesMissing(1, ${party}, 0, 1)`],
        reward: [[1n, 1n], notOpen],
        weigh: [[1n], notOpen],
      },
      free: [],
    };
    return [shared(unbound), SEED, seats(unbound), own];
  },
  RandomPriority: async (unbound) => {
    const { party } = unbound;
    const ticket = await unbound.of("TICKET");
    const link = `0x${"11".repeat(25)}`;
    const own: Functions = {
      payments: { join: { args: [link, 1], needed: ticket } },
      refusals: {
        claim: [[5n, 0n, link], "NotClaimable(5, 1, *, *)"],
        report: [[0n], "SlotNotOver(0, 0)"],
        leaveElection: [[], `NotJoined(${party})`],
        release: [[], `DepositLocked(${party}, 0, 0)`],
      },
      free: [],
    };
    return [shared(unbound), SEED, own];
  },
  OutsourcedProving: async (unbound) => {
    const { party, address } = unbound;
    const lowest = await unbound.of("MIN_DEPOSIT");
    const notRoller = `NotRoller(1, ${party}, ${ZeroAddress})`;
    const own: Functions = {
      payments: { join: { args: [1n, lowest], needed: lowest } },
      refusals: {
        raise: [[1n, 1n], notRoller],
        exit: [[1n], notRoller],
        outbid: [[1n, lowest], "PlacesFree(0, 1023)"],
        withdrawDeposit: [[1n], "DepositLocked(1, 0, *)"],
        convene: [[], "NoSeed(0)"],
        report: [[], `NotBound(${address})`],
        postpone: [[], `NotBound(${address})`],
      },
      free: [],
    };
    return [shared(unbound), SEED, proceeds(unbound), own];
  },
  // It holds no money. Its stakes bound it, and their election is not bound.
  GovernedSlashing: ({ slasher: stakes }) => {
    const own: Functions = {
      payments: {},
      refusals: {
        bindStakes: [[], `StakesAlreadyBound(${stakes})`],
        charge: [[1n, 2n, 1n, ZeroHash], `StakesNotBound(${stakes})`],
        convict: [[1n, 1n, 1n], "WrongStage(1, 0, 0)"],
        acquit: [[1n, 1n, 1n], "WrongStage(1, 0, 0)"],
        execute: [[1n, 1n], "WrongStage(1, 0, 0)"],
      },
      free: [],
    };
    return Promise.resolve([own]);
  },
};

describe("Before an election is bound", () => {
  for (const name of ELECTION_NAMES) {
    it(`${name} takes no money, and no function has an effect`, async () => {
      const world = await ElectionWorld.open();
      try {
        const { election, unbound } = await deploy(world, name);
        const functions = await FUNCTIONS[name](unbound);
        const payments = functions.flatMap((each) => Object.entries(each.payments));
        const refusals = functions.flatMap((each) => Object.entries(each.refusals));
        const free = functions.flatMap((each) => each.free);
        expect(
          [...payments.map(([each]) => each), ...refusals.map(([each]) => each), ...free].sort(),
          "functions that are listed, and those of the contract",
        ).to.deep.equal(changing(election).sort());

        for (const [called, [args, error]] of refusals) {
          const pattern = new RegExp(`^${error.replaceAll(/[()]/gu, "\\$&").replaceAll("*", "\\d+")}$`, "u");
          expect(await outcomeOf(election, called, args), called).to.match(pattern);
        }
        for (const [called, { args, needed }] of payments) {
          const error = `InsufficientBalance(${unbound.party}, 0, ${needed})`;
          expect(await outcomeOf(election, called, args), called).to.equal(error);
        }
        expect(await world.token.balanceOf(unbound.address)).to.equal(0n);
        if (officeOf(name) === "slasher") return;

        // Only the money was missing.
        await mined(world.consensus.bindTo(unbound.address));
        const bound = `AlreadyBound(${await world.consensus.getAddress()})`;
        expect(await outcomeOf(election, "bind", [unbound.party]), "a second bind").to.equal(bound);
        await mined(election.getFunction("deposit").send(FUNDS));
        for (const [called, { args }] of payments) {
          expect(await outcomeOf(election, called, args), `${called} after the bind`).to.equal("no revert");
        }
      } finally {
        await world.connection.close();
      }
    });
  }

  it("GovernedSlashing has no lock without stakes", async () => {
    const world = await ElectionWorld.open();
    try {
      const slashing = await deployAlone(world, "GovernedSlashing", {});
      const nobody = `StakesNotBound(${ZeroAddress})`;
      expect(await outcomeOf(slashing, "lockTime", [])).to.equal(nobody);
      expect(await outcomeOf(slashing, "charge", [1n, 2n, 1n, ZeroHash])).to.equal(nobody);
    } finally {
      await world.connection.close();
    }
  });
});

/** Names of the functions that are no view. */
function changing({ interface: { fragments } }: BaseContract): string[] {
  return fragments.flatMap((fragment) =>
    "stateMutability" in fragment &&
    fragment.type === "function" &&
    !/view|pure/u.test(String(fragment.stateMutability))
      ? [(fragment as unknown as { readonly name: string }).name]
      : [],
  );
}

/** The error of a call, with its arguments; `no revert` if there is none. */
async function outcomeOf(contract: BaseContract, called: string, args: readonly unknown[]): Promise<string> {
  const outcome = await revertOf(contract.getFunction(called).staticCall(...args));
  // Errors of elections are in no ABI that the library knows.
  const parsed = outcome.startsWith("0x") ? contract.interface.parseError(outcome) : null;
  return parsed === null ? outcome : `${parsed.name}(${[...parsed.args].join(", ")})`;
}

/** Deploys an election that nobody has bound. The first signer has tokens, and is named for the first seat. */
async function deploy(world: ElectionWorld, name: ElectionName) {
  const isSlasher = officeOf(name) === "slasher";
  const deployed: Record<string, string> = {};
  if (isSlasher) deployed[name] = await (await deployAlone(world, name, deployed)).getAddress();
  const contract = await deployAlone(world, isSlasher ? "StakeRotation" : name, deployed);
  const address = await contract.getAddress();
  await mined(world.token.approve(address, FUNDS));
  if (name === "MultiWinnerAuction") {
    // Views see the last block.
    await world.mineBefore(((await contract.getFunction("changesFrom").staticCall(1n)) as bigint) + 1n);
  }
  const election = isSlasher ? await world.connection.ethers.getContractAt(name, deployed[name]!) : contract;
  const unbound: Unbound = {
    ...{ party: world.signer(0).address, address, slasher: isSlasher ? address : ZeroAddress },
    of: async (constant) => (await contract.getFunction(constant).staticCall()) as bigint,
  };
  return { election: election, unbound };
}

async function deployAlone(
  { connection: { ethers }, token, signers }: ElectionWorld,
  name: ElectionName,
  deployed: Readonly<Record<string, string>>,
): Promise<BaseContract> {
  const first = signers[0]!.address;
  const overrides = name === "Authority" ? { firstCouncil: first, parties: [first] } : {};
  const choice = officeOf(name) === "slasher" ? `StakeRotation/${name}` : name;
  const values = readParameters("ProofOfEfficiency", { election: choice, overrides })[name] ?? {};
  const given: Readonly<Record<string, unknown>> = { ...values, ...linksOf(name, await token.getAddress(), deployed) };
  const { interface: abi } = await ethers.getContractFactory(name);
  return ethers.deployContract(
    name as string,
    electionArguments(abi.deploy.inputs, (field) => given[field]),
  );
}
