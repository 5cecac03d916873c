// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// solhint-disable no-console

import { CoreCode } from "../helpers/CoreCode.sol";
import { Deploy } from "../helpers/Deploy.sol";
import { console } from "hardhat/console.sol";

import { B52 } from "../../../contracts/consensus/b52/B52.sol";
import { ProofOfEfficiency } from "../../../contracts/consensus/poe/ProofOfEfficiency.sol";
import { IForcedQueue } from "../../../contracts/interfaces/IForcedQueue.sol";
import { IProverRegistry } from "../../../contracts/interfaces/IProverRegistry.sol";
import { IRollup } from "../../../contracts/interfaces/IRollup.sol";
import { ISelector } from "../../../contracts/interfaces/ISelector.sol";
import { MockToken } from "../../../contracts/mocks/MockToken.sol";
import { MockVerifier } from "../../../contracts/mocks/MockVerifier.sol";
import { NativeToken } from "../../../contracts/token/NativeToken.sol";
import { B52Parameters } from "../../../contracts/types/B52Parameters.sol";
import { LeafVerifyingKey } from "../../../contracts/verification/keys/LeafVerifyingKey.sol";
import { PoeModel } from "../poe/PoeModel.sol";
import { ExitBook } from "./ExitBook.sol";
import { PoseidonHasher } from "./PoseidonHasher.sol";
import { SystemClosing } from "./system/SystemClosing.sol";
import { SystemFunctions } from "./system/SystemFunctions.sol";

/**
 * @notice The whole system: Proof of Efficiency and B52, each with its own core, B52's registry, one native token, and
 *         migrations between the two. Calls every function in random order, valid and not, and keeps the books.
 * @dev In this file because the runner knows as targets only the contracts of the test files it was given.
 */
contract SystemHandler is SystemClosing {
    /// @dev Values that must never go back, and after a freeze not change.
    struct Seen {
        uint256 queued;
        uint256 executed;
        uint256 tokens;
        uint256 departures;
        uint256 blocks; // batches proven, or height
        uint256 root;
        bool isFrozen;
    }

    uint256 private constant PURSE = 1e8 ether;

    Seen[2] private _seen;
    uint256 private _sequencedSeen;

    constructor(ProofOfEfficiency poe_, B52 b52_, NativeToken token_, MockVerifier verifier_) {
        adopt(poe_, token_, verifier_);
        (b52, registry) = (b52_, b52_.REGISTRY());
        (poseidon, plain) = (new PoseidonHasher(), new MockToken());
        for (uint256 i = 0; i < 4; ++i) actors[i] = vm.addr(i + 1);
        producer = actors[3];
        head = keccak256(abi.encode(b52_.ROLLUP().DOMAIN()));
        adoptCore(_cores[0], poe_.ROLLUP());
        adoptCore(_cores[1], b52_.ROLLUP());
    }

    function adoptCore(Core storage core, IRollup rollup_) private {
        (core.rollup, core.root, core.tokenCount) = (rollup_, LeafVerifyingKey.GENESIS_STATE_ROOT, 1);
        core.accounts.push();
        core.exits = new ExitBook();
    }

    /// @notice Gives the actors money and registers the tokens. The handler has the native token by now, and no time
    ///         has passed since the deployment.
    function start() external {
        openRound();
        for (uint256 i = 0; i < 4; ++i) {
            vm.deal(actors[i], PURSE);
            plain.mint(actors[i], PURSE);
            token.transfer(actors[i], PURSE);
            for (uint256 asset = 0; asset < ASSETS; ++asset) issue(asset, wallet(actors[i]), PURSE);
        }
        register(_cores[0], actors[0], address(plain), 0, "");
        register(_cores[0], actors[0], address(token), 0, "");
        register(_cores[1], actors[0], address(token), 0, "");
        register(_cores[1], actors[0], address(plain), 0, "");
        for (uint256 i = 0; i < 4; ++i) {
            this.depositBalance(0, i, 1e22, false);
            this.depositBalance(1, i, 1e22, false);
        }
        this.fundPool(0, 60_000, false);
        for (uint256 ticket = 0; ticket < TICKETS; ++ticket) this.join(ticket, 13 + ticket, false);
    }

    // ─── Time ────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Mostly minutes, as B52's windows are.
    function wait(uint256 time) external acts {
        vm.warp(this.clock() + bound(time >> 2, 0, time % 4 == 0 ? DEADLINE / 2 : PROOF_WINDOW));
    }

    /// @dev To the last second at which a batch, or a block of a round that begins then, may leave out the operation
    ///      that is next, or to the one after it.
    function waitForTheGate(uint256 which, bool isOver) external acts {
        Core storage core = _cores[which % 2];
        uint256 next = which % 2 == 0 ? taken : core.executed;
        if (next == core.operations.length) return;
        uint256 last = core.operations[next].queuedAt + DEADLINE;
        if (which % 2 == 1) last -= PROPOSAL_WINDOW + PROOF_WINDOW;
        if (this.clock() <= last) vm.warp(isOver ? last + 1 : last);
    }

    // ─── SYS-02 ──────────────────────────────────────────────────────────────────────────────────────────────────────

    function watch() internal override {
        for (uint256 which = 0; which < 2; ++which) {
            (Seen memory before, Seen memory now_) = (_seen[which], look(which));
            assertGe(now_.queued, before.queued, "SYS-02: queued");
            assertGe(now_.executed, before.executed, "SYS-02: executed");
            assertGe(now_.tokens, before.tokens, "SYS-02: tokens");
            assertGe(now_.departures, before.departures, "SYS-02: departures");
            assertGe(now_.blocks, before.blocks, "SYS-02: batches, height");
            if (before.isFrozen) {
                assertTrue(now_.isFrozen, "SYS-02: frozen for good");
                assertEq(now_.root, before.root, "SYS-02: root of a frozen core");
                assertEq(now_.queued, before.queued, "SYS-02: queue of a frozen core");
                assertEq(now_.executed, before.executed, "SYS-02: executed in a frozen core");
                assertEq(now_.blocks, before.blocks, "SYS-02: batches, height of a frozen core");
            } else if (now_.blocks == before.blocks && now_.departures == before.departures && before.root != 0) {
                assertEq(now_.root, before.root, "SYS-02: root without a proof");
            }
            _seen[which] = now_;
        }
        uint256 sequenced_ = poe.sequencedBatches();
        assertGe(sequenced_, _sequencedSeen, "SYS-02: sequenced");
        _sequencedSeen = sequenced_;
    }

    function look(uint256 which) private view returns (Seen memory) {
        IRollup core = _cores[which].rollup;
        return
            Seen(
                core.queuedOperations(),
                core.executedOperations(),
                core.tokenCount(),
                core.departureCount(),
                which == 0 ? poe.verifiedBatches() : b52.height(),
                core.stateRoot(),
                core.isFrozen()
            );
    }

    function onDeparted(uint256 which, uint256 root) internal override {
        if (which == 0) departedRoots[verified] = root;
    }

    // ─── For the runner ──────────────────────────────────────────────────────────────────────────────────────────────

    /// @return selectors Of all actions.
    function actionSelectors() external pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](41);
        selectors[0] = this.deposit.selector;
        selectors[1] = this.force.selector;
        selectors[2] = this.requestDeparture.selector;
        selectors[3] = this.arrive.selector;
        selectors[4] = this.depart.selector;
        selectors[5] = this.deliver.selector;
        selectors[6] = this.reclaim.selector;
        selectors[7] = this.freeze.selector;
        selectors[8] = this.escape.selector;
        selectors[9] = this.refund.selector;
        selectors[10] = this.refundArrival.selector;
        selectors[11] = this.claim.selector;
        selectors[12] = this.withdrawCredit.selector;
        selectors[13] = this.advanceDirectly.selector;
        selectors[14] = this.sequence.selector;
        selectors[15] = this.verify.selector;
        selectors[16] = this.refundBatch.selector;
        selectors[17] = this.join.selector;
        selectors[18] = this.leaveRegistry.selector;
        selectors[19] = this.withdrawStake.selector;
        selectors[20] = this.slashDirectly.selector;
        selectors[21] = this.commit.selector;
        selectors[22] = this.settleBid.selector;
        selectors[23] = this.submit.selector;
        selectors[24] = this.advanceState.selector;
        selectors[25] = this.payRewards.selector;
        selectors[26] = this.defend.selector;
        selectors[27] = this.slash.selector;
        selectors[28] = this.fundPool.selector;
        selectors[29] = this.burn.selector;
        selectors[30] = this.depositBalance.selector;
        selectors[31] = this.depositWithPermit.selector;
        selectors[32] = this.withdrawBalance.selector;
        selectors[33] = this.registerToken.selector;
        selectors[34] = this.useToken.selector;
        selectors[35] = this.wait.selector;
        selectors[36] = this.waitForTheGate.selector;
        selectors[37] = this.demandVotes.selector;
        selectors[38] = this.showVotes.selector;
        selectors[39] = this.closeDemand.selector;
        selectors[40] = this.sequenceAndVerify.selector;
    }

    // ─── For the invariants ──────────────────────────────────────────────────────────────────────────────────────────

    function coreAt(uint256 which) external view returns (IRollup) {
        return _cores[which].rollup;
    }

    /// @return The books' id of an asset, by the id that a core gives it, and the other way round.
    function assetAt(uint256 which, uint256 id) external pure returns (uint256) {
        return assetOf(which, id);
    }

    /// @return Balance of `holder` in an asset, by the asset itself.
    function heldOf(uint256 asset, address holder) external view returns (uint256) {
        return asset == ETH ? holder.balance : NativeToken(tokenAt(asset)).balanceOf(holder);
    }

    function plainToken() external view returns (MockToken) {
        return plain;
    }

    /// @return queued Of the books, as all that follows.
    function counters(
        uint256 which
    ) external view returns (uint256 queued, uint256 executed, uint256 departures, uint256 root, bool isFrozen) {
        Core storage core = _cores[which];
        return (core.operations.length, core.executed, core.departedCount, core.root, core.isFrozen);
    }

    function exitBook(uint256 which) external view returns (ExitBook) {
        return _cores[which].exits;
    }

    function hasLeft(uint256 which, uint256 account) external view returns (bool) {
        return _cores[which].hasLeft[account];
    }

    function accountCount(uint256 which) external view returns (uint256) {
        return _cores[which].accounts.length;
    }
}

/// @notice Checks the invariants after any sequence of calls; the ids are listed in test/invariant/README.md.
contract SystemInvariantsTest is PoeModel, SystemFunctions {
    uint256 private constant SUPPLY = 4e8 ether;

    /// @dev Seed of a proposal whose nodes are promised by the tickets 1, 2 and 3.
    uint256 private constant PROMISES = 1 + 2 ** 24 + 2 * 2 ** 32 + 3 * 2 ** 40;

    SystemHandler private handler;
    B52 private b52;
    address[] private holders;

    function setUp() public {
        // A test that asks for the time is not executed again when it fails; the trace of so long a one takes 20 GB.
        vm.unixTime();
        vm.warp(START);
        token = Deploy.nativeToken(SUPPLY, address(this));
        verifier = new MockVerifier();
        IRollup.CoreParameters memory core = coreParameters();
        poe = Deploy.proofOfEfficiency(core, parameters(ISelector(address(0))), CoreCode.hash());
        CoreCode.deploy(poe, core);
        b52 = Deploy.b52(core, b52Parameters(), stakingParameters(), CoreCode.hash());
        CoreCode.deploy(b52, core);
        handler = new SystemHandler(poe, b52, token, verifier);
        token.transfer(address(handler), SUPPLY);
        vm.deal(address(0), 0);
        handler.start();
        for (uint256 i = 0; i < 4; ++i) holders.push(handler.actors(i));
        holders.push(address(0));
        for (uint256 i = 0; i < 5; ++i) holders.push(contractAt(i));
        targetContract(address(handler));
        targetSelectors(address(handler), handler.actionSelectors());
    }

    function b52Parameters() private view returns (B52Parameters memory) {
        return
            B52Parameters({
                token: token,
                verifier: verifier,
                proposalWindow: 10 minutes,
                proofWindow: 10 minutes,
                defenceWindow: 20 minutes,
                pipelined: false,
                fairPay: false,
                maxUncles: 1,
                maxLeaves: 2,
                baseFee: BASE_FEE,
                minBid: 10,
                blockReward: 10_007,
                uncleReward: 333,
                tip: 2_000,
                voteDeposit: 17,
                bounty: 30,
                lostBurnRate: 3_333,
                unprovenBurnRate: 6_667,
                maxShare: 5_000,
                targetProvers: 1,
                minSlope: 1e18,
                maxSlope: 2e18
            });
    }

    function stakingParameters() private pure returns (IProverRegistry.StakingParameters memory) {
        return IProverRegistry.StakingParameters(1001, 90 minutes, 701, 4001, 1 hours, 0, 0);
    }

    function invariant_allHold() public view {
        checkAll();
    }

    /// @dev SYS-05: whatever happened, everybody is paid to the unit, and nothing is left.
    function afterInvariant() public {
        handler.close();
        checkClosed();
    }

    /// @dev Random calls may miss a function. This walk misses no function, and so shows that each can be reached.
    function test_handlerReachesEveryFunction() public {
        for (uint256 round = 0; round < 6; ++round) {
            walkQueues(round);
            walkPoe(round);
            walkB52(round);
            walkMigration(round);
            walkMoney(round);
            checkAll();
        }
        walkAroundTheRing();
        walkToTheGate();
        walkToTheFreeze();
        checkAll();
        handler.close();
        walkAfterTheFreeze();
        checkClosed();
        printCounts();
        checkReached();
    }

    /// @dev Every function both ways, and what is rare.
    function checkReached() private view {
        assertGt(handler.refusedWith(address(poe), IForcedQueue.ForcedOperationOverdue.selector), 0, "gate of PoE");
        assertGt(handler.refusedWith(address(b52), IForcedQueue.ForcedOperationOverdue.selector), 0, "gate of B52");
        assertGt(handler.refusedWith(address(poe), IForcedQueue.DepartureDue.selector), 0, "due in PoE");
        assertGt(handler.refusedWith(address(b52), IForcedQueue.DepartureDue.selector), 0, "due in B52");
        assertGt(handler.refusedWith(address(poe), IForcedQueue.RollupFrozen.selector), 0, "frozen PoE");
        assertGt(handler.refusedWith(address(b52), IForcedQueue.RollupFrozen.selector), 0, "frozen B52");
        string[7] memory names = [
            "transfer",
            "arrival executed",
            "departure",
            "departure from a frozen core",
            "refund of a second fee",
            "rewards lapsed",
            "settled without the result"
        ];
        for (uint256 i = 0; i < names.length; ++i) assertGt(handler.happened(names[i]), 0, names[i]);
        for (uint256 i = 0; i < functions.length; ++i) {
            Function memory f = functions[i];
            for (uint256 which = 0; which < 2; ++which) {
                address at_ = addressOf(f.contractName, which);
                assertGt(handler.accepted(at_, f.selector), 0, string.concat(f.contractName, ".", f.name, " accepted"));
                assertGt(handler.refused(at_, f.selector), 0, string.concat(f.contractName, ".", f.name, " refused"));
            }
        }
    }

    // ─── Walk ────────────────────────────────────────────────────────────────────────────────────────────────────────

    function walkQueues(uint256 round) private {
        for (uint256 which = 0; which < 2; ++which) {
            for (uint16 id = 0; id < 3; ++id) handler.deposit(which, round + id, id, uint128(1e18 * (round + 1)), 1, 0);
            handler.deposit(which, round, 1, 1e18, 3, 0);
            for (uint256 twist = 1; twist < 4; ++twist) {
                handler.deposit(which, round, 0, 1, uint32(round % 2 == 0 ? 1 : 3), twist);
                handler.force(which, round, 1, uint32(1 + (round % 2)), 1, twist);
                handler.requestDeparture(which, round, round, false, twist);
                handler.arrive(which, round, round, twist);
            }
            handler.arrive(which, round, round, 0);
            handler.force(which, 1, uint32(round + 1), 0, uint128(1e15 * round), 0);
            handler.force(which, 1, uint32(round + 1), uint32(2 * round + 1), uint128(1e15 * round), 0);
        }
    }

    function walkPoe(uint256 round) private {
        for (uint256 i = 0; i < 3; ++i) {
            handler.sequence(i, 1, 8, 1 + i + 256 * i);
            handler.sequence(i, 1, 2, 4 * i);
            handler.verify(i, 1 + (round % 2), round, i + 1);
            handler.depart(0, i, round);
            handler.sequenceAndVerify(i, 1, 2, 4 * i + round, 10 minutes); // of now, if nothing stands in its way
        }
        handler.sequence(1, 1, 1, 5);
        handler.refundBatch(round);
        handler.advanceDirectly(round, round, 1);
    }

    function walkB52(uint256 round) private {
        for (uint256 i = 0; i < 3; ++i) handler.commit(i, seedOf(round, i), i);
        handler.commit(0, seedOf(round, 0), 0);
        handler.advanceState(0, 0);
        // Nobody delivers anything, the root included. A better version of the block follows.
        handler.submit(9, 3);
        for (uint256 i = 0; i < 4 * (round + 1); ++i) handler.demandVotes(8 * i + 1, i, false);
        if (round % 2 == 1) for (uint256 i = 0; i < 4 * (round + 1); ++i) handler.showVotes(8 * i + 1, i);
        for (uint256 i = 0; i < 8; ++i) handler.submit(9 + 256 * i, seedOf(round, i) | 3);
        handler.settleBid(3 * round);
        handler.advanceState(round, 1);
        handler.depart(1, round, round);
        for (uint256 i = 0; i < 3; ++i) {
            handler.settleBid(3 * round + i);
            handler.payRewards(3 * round + i);
        }
        handler.demandVotes(1, 0, true);
        handler.closeDemand(1, 0);
        for (uint256 i = 0; i < 2; ++i) handler.showVotes(8 * round + 1, round + i);
        handler.defend(1, round);
        for (uint256 i = 0; i < 6; ++i) handler.slash(8 * i + 1, i);
        handler.slash(0, 0);
        handler.closeDemand(8 * round + 1, round);
        handler.defend(1, 0);
        handler.slashDirectly(round, round);
        handler.burn(round);
        handler.burn(round);
        handler.fundPool(round, 20_000, false);
        handler.fundPool(3, 0, true);
    }

    function walkMigration(uint256 round) private {
        for (uint256 which = 0; which < 2; ++which) {
            handler.requestDeparture(which, round, round, round % 4 == 3, 0);
            handler.freeze(which, 1);
            handler.escape(which, round, 0);
            handler.refund(which, round);
            handler.refundArrival(which, 1, 0);
            handler.claim(which, round);
            for (uint256 i = 0; i < 12; ++i) handler.withdrawCredit(which, i, uint16(i / 4));
        }
        for (uint256 i = 0; i < 4 * round; ++i) {
            handler.deliver(i, round, 2);
            if (i % 3 > 0) handler.deliver(i, round, 0);
            handler.reclaim(i, i);
        }
    }

    function walkMoney(uint256 round) private {
        for (uint256 which = 0; which < 2; ++which) {
            handler.depositBalance(which, round, 7, false);
            handler.depositBalance(which, 3, 7, true);
            handler.depositWithPermit(which, round, 7, false);
            handler.depositWithPermit(which, 3, 7, true);
            handler.withdrawBalance(which, round, 9);
            handler.withdrawBalance(which, round, 8);
            handler.registerToken(which, round, round % 2 == 0);
        }
        for (uint256 kind = 0; kind < 6; ++kind) handler.useToken(kind, round, 100, round % 2 == 0);
        handler.join(round, round, false);
        handler.leaveRegistry(round, round);
        handler.withdrawStake(round);
        handler.wait(4 * (round % 2) * 3 hours);
        handler.withdrawStake(round);
    }

    /// @dev Rounds fail with their bids, one after the other, until one has the place of the first. Its proposer has
    ///      not settled until then.
    function walkAroundTheRing() private {
        handler.advanceState(0, 1);
        for (uint256 k = 0; k < 48; ++k) handler.settleBid(k);
        uint256 left = 0;
        for (uint256 i = 0; i < 10; ++i) {
            handler.commit(i == 0 ? 3 : 0, PROMISES, 0);
            uint256 last = handler.proposalCount() - 1;
            if (i == 0) left = last;
            for (uint256 k = 0; k < 2; ++k) handler.wait(4 * 10 minutes);
            if (i > 0) handler.settleBid(last);
        }
        handler.settleBid(left);
    }

    /// @dev Operations wait for more than a day, and are left out; departures are due, and nobody proves them at once.
    function walkToTheGate() private {
        for (uint256 which = 0; which < 2; ++which) {
            handler.requestDeparture(which, 0, 3, false, 0);
            handler.force(which, 1, 1, 0, 1, 0);
        }
        for (uint256 i = 0; i < 4; ++i) {
            handler.verify(i, 9, 0, 1);
            handler.depart(0, i, i);
        }
        for (uint256 i = 0; i < 2; ++i) {
            handler.waitForTheGate(0, i == 1);
            handler.sequence(i, 0, 1, 1); // takes nothing
        }
        for (uint256 i = 0; i < 4; ++i) handler.wait(4 * 12 hours);
        for (uint256 i = 0; i < 4; ++i) {
            handler.sequence(i, 0, 1, 1); // takes nothing
            for (uint256 k = 0; k < 4; ++k) handler.sequence(k, 1, 1, 1);
            for (uint256 k = 0; k < 2; ++k) handler.verify(k, 9, 0, 1);
            handler.depart(0, i, i);
        }
        for (uint256 i = 0; i < 3; ++i) handler.join(0, 13 + i, false);
        for (uint256 i = 0; i < 4; ++i) {
            handler.advanceState(0, 1);
            for (uint256 k = 0; k < 48; ++k) handler.settleBid(k);
            handler.wait(4 * 20 minutes);
            handler.commit(0, 4, 8); // takes nothing
            handler.commit(1, PROMISES, 0);
            for (uint256 k = 0; k < 2; ++k) handler.submit(9 + 256 * k, 7); // nobody delivers
            uint256 last = handler.proposalCount() - 1;
            handler.defend(8 * last + 1, 0);
            handler.advanceState(0, 1);
            handler.slash(8 * last + 1, 1);
            handler.commit(2, 1, 0);
            handler.submit(9, 7);
            handler.depart(1, i, i);
        }
    }

    /// @dev Leaves some batches and bids open, one departure executed and not proven, and some undelivered.
    function walkToTheFreeze() private {
        handler.requestDeparture(0, 0, 3, false, 0);
        for (uint256 i = 0; i < 4; ++i) {
            handler.sequence(i, 1, 0, 1);
            handler.verify(i, 9, 0, 1);
        }
        for (uint256 which = 0; which < 2; ++which) {
            handler.requestDeparture(which, 1, 1, false, 0);
            handler.arrive(which, 1, 7, 0);
            handler.deposit(which, 1, 1, 5e17, 3, 0);
        }
        handler.sequence(1, 1, 0, 1);
        handler.commit(1, seedOf(9, 1), 1);
        handler.submit(9, seedOf(9, 1) | 3);
        for (uint256 which = 0; which < 2; ++which) {
            handler.freeze(which, 0);
            handler.freeze(which, 0);
            for (uint256 i = 0; i < 3; ++i) handler.depart(which, i, i);
            handler.escape(which, 2, 1);
        }
        handler.verify(1, 1, 0, 1);
        handler.sequence(1, 1, 1, 1);
        handler.advanceState(1, 1);
        for (uint256 i = 0; i < 12; ++i) handler.reclaim(i / 4, i);
    }

    /// @dev Everything was paid: nothing is paid again.
    function walkAfterTheFreeze() private {
        for (uint256 i = 0; i < 12; ++i) {
            for (uint256 which = 0; which < 2; ++which) {
                handler.escape(which, i, 0);
                handler.refund(which, 8 * i);
                handler.refundArrival(which, 8 * i, i);
                handler.depart(which, i, i);
            }
            handler.refundBatch(1000 - i);
            handler.settleBid(i);
            handler.payRewards(i);
            handler.reclaim(i, i);
            handler.deliver(i, i, 0);
            handler.withdrawStake(i);
        }
        handler.burn(0);
    }

    function seedOf(uint256 round, uint256 i) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(round, i))) | 1;
    }

    function printCounts() private view {
        console.log("function: accepted, refused (Proof of Efficiency), accepted, refused (B52)");
        for (uint256 i = 0; i < functions.length; ++i) {
            Function memory f = functions[i];
            (address p, address b) = (addressOf(f.contractName, 0), addressOf(f.contractName, 1));
            string memory line = string.concat(
                f.contractName,
                ".",
                f.name,
                ": ",
                vm.toString(handler.accepted(p, f.selector)),
                ", ",
                vm.toString(handler.refused(p, f.selector))
            );
            if (p != b) {
                line = string.concat(line, ", ", vm.toString(handler.accepted(b, f.selector)));
                line = string.concat(line, ", ", vm.toString(handler.refused(b, f.selector)));
            }
            console.log(line);
        }
    }

    /// @dev Contracts other than the cores there is one of.
    function addressOf(string memory contractName, uint256 which) private view returns (address) {
        bytes32 hash = keccak256(bytes(contractName));
        if (hash == keccak256("Rollup")) return contractAt(which);
        if (hash == keccak256("ProofOfEfficiency")) return contractAt(2);
        if (hash == keccak256("B52")) return contractAt(3);
        if (hash == keccak256("ProverRegistry")) return contractAt(4);
        return address(token);
    }

    function contractAt(uint256 i) private view returns (address) {
        if (i == 0) return address(poe.ROLLUP());
        if (i == 1) return address(b52.ROLLUP());
        if (i == 2) return address(poe);
        return i == 3 ? address(b52) : address(b52.REGISTRY());
    }

    // ─── Checks ──────────────────────────────────────────────────────────────────────────────────────────────────────

    function checkAll() private view {
        for (uint256 asset = 0; asset < 3; ++asset) checkAsset(asset);
        for (uint256 which = 0; which < 2; ++which) checkCore(which);
        checkConsensus();
        checkStakes();
    }

    /// @dev SYS-01: each holder has what the books say, and together they have all that there is.
    function checkAsset(uint256 asset) private view {
        uint256 sum;
        for (uint256 i = 0; i < holders.length; ++i) {
            address holder = holders[i];
            uint256 has = handler.booked(asset, holder);
            sum += has;
            if (asset == 0 || holder != address(0)) {
                assertEq(handler.heldOf(asset, holder), has, string.concat("SYS-01: holder ", vm.toString(i)));
            }
        }
        assertEq(sum, handler.issued(asset), "SYS-01: all that there is");
        if (asset == 1) assertEq(handler.plainToken().totalSupply(), sum, "SYS-01: supply");
        if (asset == 2) assertEq(token.totalSupply() + handler.booked(2, address(0)), SUPPLY, "SYS-01: supply");
    }

    /// @dev SYS-02, and SYS-03 for credits and for the accounts that left.
    function checkCore(uint256 which) private view {
        IRollup core = handler.coreAt(which);
        (uint256 queued, uint256 executed, uint256 departures, uint256 root, bool isFrozen) = handler.counters(which);
        assertEq(core.isFrozen(), isFrozen, "SYS-02: frozen");
        assertEq(core.queuedOperations(), queued, "SYS-02: queued");
        assertEq(core.executedOperations(), executed, "SYS-02: executed");
        assertEq(core.departureCount(), departures, "SYS-02: departures");
        assertEq(core.stateRoot(), root, "SYS-02: root");
        handler.exitBook(which).check(core);
        for (uint16 id = 0; id < 3; ++id) {
            for (uint256 i = 0; i < 4; ++i) {
                uint256 owed = owedTo(handler.assetAt(which, id), address(core), i);
                assertEq(core.credits(id, holders[i]), owed, "SYS-03: credits");
            }
        }
        for (uint256 account = 0; account < handler.accountCount(which); ++account) {
            assertEq(core.hasLeft(account), handler.hasLeft(which, account), "SYS-03: left");
        }
    }

    function checkConsensus() private view {
        for (uint256 i = 0; i < 4; ++i) {
            assertEq(poe.balances(holders[i]), owedTo(2, address(poe), i), "SYS-03: balances of PoE");
            assertEq(b52.balances(holders[i]), owedTo(2, address(b52), i), "SYS-03: balances of B52");
        }
        assertEq(poe.sequencedBatches(), handler.sequenced(), "SYS-02: sequenced");
        assertEq(poe.verifiedBatches(), handler.verified(), "SYS-02: verified");
        assertEq(poe.sequencedForced(), handler.taken(), "SYS-02: taken");
        assertEq(b52.height(), handler.height(), "SYS-02: height");
        assertEq(b52.head(), handler.head(), "SYS-02: head");
        (uint256 pool, uint256 toBurn, ) = b52.treasury();
        assertEq(pool, handler.bookedFor(2, address(b52), "pool"), "SYS-01: pool");
        assertEq(toBurn, handler.bookedFor(2, address(b52), "to be burned"), "SYS-01: to be burned");
    }

    /// @dev SYS-06: each stake is there, was slashed, or was paid back; SYS-07: a stake loses as much as its misses
    ///      cost.
    function checkStakes() private view {
        IProverRegistry registry = b52.REGISTRY();
        uint256 sum;
        for (uint256 ticket = 1; ticket <= 3; ++ticket) {
            IProverRegistry.Ticket memory entry = registry.getTicket(ticket);
            (address owner, uint256 stake, uint256 withdrawableAt) = handler.ticketStake(ticket);
            assertEq(entry.owner, owner, "SYS-06: owner");
            assertEq(entry.stake, stake, "SYS-07: stake");
            assertEq(entry.stake, handler.bookedFor(2, address(registry), bytes32(ticket)), "SYS-06: stake");
            assertEq(entry.withdrawableAt, withdrawableAt, "SYS-06: locked");
            sum += stake;
        }
        assertEq(handler.staked(), sum + handler.slashed() + handler.unstaked(), "SYS-06: conservation");
        assertEq(token.balanceOf(address(registry)), sum, "SYS-06: holding");
    }

    /// @dev SYS-05: the five contracts hold nothing any more, except the fees of void batches, and rewards that nobody
    ///      collected in time.
    function checkClosed() private view {
        checkAll();
        for (uint256 i = 0; i < 5; ++i) {
            for (uint256 asset = 0; asset < 3; ++asset) {
                string memory message = string.concat("SYS-05: contract ", vm.toString(i));
                uint256 void = asset == 2 ? handler.bookedFor(2, contractAt(i), "fees of void batches") : 0;
                if (asset == 2 && i == 3) void += handler.uncollected();
                assertEq(handler.heldOf(asset, contractAt(i)), void, message);
            }
        }
    }

    function owedTo(uint256 asset, address holder, uint256 i) private view returns (uint256) {
        return handler.bookedFor(asset, holder, bytes32(uint256(uint160(holders[i]))));
    }
}
