// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IExits } from "../../../contracts/interfaces/IExits.sol";
import { IForcedQueue } from "../../../contracts/interfaces/IForcedQueue.sol";
import { IMigration } from "../../../contracts/interfaces/IMigration.sol";
import { IRollup } from "../../../contracts/interfaces/IRollup.sol";
import { MockToken } from "../../../contracts/mocks/MockToken.sol";
import { NativeToken } from "../../../contracts/token/NativeToken.sol";
import { LeafVerifyingKey } from "../../../contracts/verification/keys/LeafVerifyingKey.sol";
import { Deploy } from "../helpers/Deploy.sol";
import { Test } from "../helpers/Test.sol";
import { ExitBook } from "./ExitBook.sol";
import { SystemFreeze } from "./system/SystemFreeze.sol";

/**
 * @notice Two cores whose consensus it is, without all that a consensus brings along: so more of its calls are about
 *         queues and migrations than in `SystemInvariants.t.sol`, with which it shares them.
 * @dev In this file because the runner knows as targets only the contracts of the test files it was given.
 */
contract MigrationHandler is SystemFreeze {
    uint256 private constant PURSE = 1e8 ether;

    constructor() {
        plain = new MockToken();
        token = Deploy.nativeToken(4 * PURSE, address(this));
        address[2] memory tokens = [address(plain), address(token)];
        vm.deal(address(this), 1 ether);
        for (uint256 i = 0; i < 2; ++i) {
            Core storage core = _cores[i];
            IRollup.CoreParameters memory params = coreParameters();
            params.tokenFee = 0;
            core.rollup = Deploy.rollup(LeafVerifyingKey.GENESIS_STATE_ROOT, SLOTS, params);
            core.root = LeafVerifyingKey.GENESIS_STATE_ROOT;
            core.accounts.push();
            core.exits = new ExitBook();
            core.rollup.registerToken(tokens[i]);
            core.rollup.registerToken(tokens[1 - i]);
        }
        for (uint256 i = 0; i < 4; ++i) {
            actors[i] = vm.addr(i + 1);
            vm.deal(actors[i], PURSE);
            plain.mint(actors[i], PURSE);
            token.transfer(actors[i], PURSE);
            for (uint256 asset = 0; asset < ASSETS; ++asset) issue(asset, wallet(actors[i]), PURSE);
        }
    }

    /// @dev Executes the next operations in one leaf; an account may pay fees.
    function advance(uint256 which, uint256 who, uint256 executes, uint256 seed) external acts {
        which %= 2;
        (Core storage core, address actor) = (_cores[which], actors[who % 4]);
        uint256 waiting = core.operations.length - core.executed;
        executes = bound(executes, 0, waiting < SLOTS ? waiting : SLOTS);
        IRollup.Transition memory transition;
        transition.newStateRoot = uint256(keccak256(abi.encode(core.root, "advanced"))) % PRIME;
        transition.forcedCount = executes;
        bytes memory refusal = standstill(core);
        if (refusal.length == 0) executeTransition(which, actor, seed, transition);
        attempt(address(this), address(core.rollup), 0, abi.encodeCall(IRollup.advance, (transition)), refusal);
        if (refusal.length == 0) core.root = transition.newStateRoot;
    }

    function executeTransition(
        uint256 which,
        address actor,
        uint256 seed,
        IRollup.Transition memory transition
    ) private {
        Core storage core = _cores[which];
        uint16 feeToken = uint16(seed % 3);
        transition.payments = new IRollup.Payment[](2);
        transition.payments[0].recipient = actor;
        for (uint256 i = 0; i < transition.forcedCount; ++i) {
            transition.payments[0].amount += core.operations[core.executed + i].fee;
        }
        (, uint256 fees) = executeLeaf(which, transition.forcedCount, feeToken, seed, actor);
        transition.payments[1] = IRollup.Payment(actor, feeToken, fees);
        (transition.exitsRoot, transition.exitCount) = core.exits.settle();
    }

    function wait(uint256 time) external acts {
        vm.warp(this.clock() + bound(time, 0, 1 days));
    }

    // ─── For the invariants ──────────────────────────────────────────────────────────────────────────────────────────

    function watch() internal override {}

    function onDeparted(uint256, uint256) internal override {}

    /// @return selectors Of all actions.
    function actionSelectors() external pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](15);
        selectors[0] = this.deposit.selector;
        selectors[1] = this.force.selector;
        selectors[2] = this.requestDeparture.selector;
        selectors[3] = this.arrive.selector;
        selectors[4] = this.advance.selector;
        selectors[5] = this.depart.selector;
        selectors[6] = this.deliver.selector;
        selectors[7] = this.reclaim.selector;
        selectors[8] = this.freeze.selector;
        selectors[9] = this.escape.selector;
        selectors[10] = this.refund.selector;
        selectors[11] = this.refundArrival.selector;
        selectors[12] = this.claim.selector;
        selectors[13] = this.withdrawCredit.selector;
        selectors[14] = this.wait.selector;
    }

    function coreAt(uint256 which) external view returns (IRollup) {
        return _cores[which].rollup;
    }

    /// @return queued Of the books, as all that follows.
    function counters(
        uint256 which
    ) external view returns (uint256 queued, uint256 executed, uint256 accounts, uint256 root, bool isFrozen) {
        Core storage core = _cores[which];
        return (core.operations.length, core.executed, core.accounts.length, core.root, core.isFrozen);
    }

    /// @return id Of the departure that is due; 0 if none is.
    function dueDeparture(uint256 which) external view returns (uint256 id) {
        Core storage core = _cores[which];
        return isDue(core) ? core.departures[core.happened] : 0;
    }

    function exitBook(uint256 which) external view returns (ExitBook) {
        return _cores[which].exits;
    }

    function hasLeft(uint256 which, uint256 account) external view returns (bool) {
        return _cores[which].hasLeft[account];
    }

    /// @param id Of a token in the core.
    /// @return The core's true balance of it, its balance by the books, and an actor's amount in the books.
    function moneyOf(uint256 which, uint16 id, uint256 who) external view returns (uint256, uint256, uint256) {
        uint256 asset = assetOf(which, id);
        address core = address(_cores[which].rollup);
        uint256 has = asset == ETH ? core.balance : NativeToken(tokenAt(asset)).balanceOf(core);
        return (has, booked[asset][core], bookedFor(asset, core, purposeOf(actors[who])));
    }
}

/// @notice Checks the invariants after any sequence of calls; the ids are listed in test/invariant/README.md.
contract MigrationInvariantsTest is Test {
    uint256 private constant SLOTS = 4;

    MigrationHandler private handler;

    function setUp() public {
        vm.warp(1_800_000_000);
        handler = new MigrationHandler();
        targetContract(address(handler));
        targetSelectors(address(handler), handler.actionSelectors());
    }

    function invariant_allHold() public view {
        checkAll();
    }

    /// @dev Every settled exit is paid, whatever was settled later, and in any order.
    function afterInvariant() public {
        claimAll();
        checkAll();
    }

    /// @dev More settlements than the core keeps of any height: the first ones need paths to higher nodes.
    function test_paysOldExitsAfterManySettlements() public {
        for (uint256 which = 0; which < 2; ++which) {
            handler.deposit(which, 0, 0, 1e18, 1, 0);
            handler.advance(which, 0, 1, 0);
            for (uint256 i = 0; i < 150; ++i) {
                uint256 count = 1 + (i % SLOTS);
                for (uint256 k = 0; k < count; ++k) handler.force(which, 1, 1, 0, 1, 0);
                handler.advance(which, 0, count, 0);
                if (i % 50 == 49) handler.claim(which, 0);
            }
            (uint256 settlements, uint256 exits) = handler.coreAt(which).settledExits();
            assertEq(settlements, 150);
            assertEq(exits, 373); // 37 times 1 + 2 + 3 + 4, and 1 + 2
        }
        checkAll();
        claimAll();
        checkAll();
    }

    function claimAll() private {
        for (uint256 which = 0; which < 2; ++which) {
            ExitBook book = handler.exitBook(which);
            for (uint256 i = 0; book.openCount() > 0; ++i) handler.claim(which, 7 * i);
            address core = address(handler.coreAt(which));
            for (uint256 asset = 0; asset < 3; ++asset) {
                assertEq(handler.bookedFor(asset, core, "exits"), 0, "INV-EXIT-01: all exits are paid");
            }
        }
    }

    /// @dev Random calls may miss an action. This walk misses no action, and so shows that each can be reached.
    function test_handlerReachesEveryAction() public {
        for (uint256 round = 0; round < 8; ++round) {
            for (uint256 which = 0; which < 2; ++which) {
                for (uint16 id = 0; id < 3; ++id) {
                    handler.deposit(which, round + id, id, uint128(1e18 * (round + 1)), 1, 0);
                }
                handler.deposit(which, round, 1, 1e18, 3, 0);
                handler.arrive(which, round, round, 0);
                for (uint256 i = 0; i < 3; ++i) handler.advance(which, i, SLOTS, round + i);
                handler.force(which, round * 7 + 1, uint32(round + 1), 0, uint128(1e15 * round), 0);
                handler.force(which, round * 7 + 1, uint32(round + 1), uint32(2 * round + 1), uint128(1e15 * round), 0);
                handler.requestDeparture(which, round, round, round % 4 == 3, 0);
                handler.requestDeparture(which, round, round + 100, false, 0);
                handler.advance(which, round, SLOTS, round);
                handler.advance(which, round, 1, round);
                for (uint256 i = 0; i < 2; ++i) handler.depart(which, round + i, round);
                handler.claim(which, round);
                handler.freeze(which, 1);
                handler.escape(which, round, 0);
                handler.refund(which, round);
                handler.refundArrival(which, 1, 0);
            }
            for (uint256 index = 0; index < 2 * round; ++index) handler.deliver(index, round, 0);
            checkAll();
        }
        freezeBoth();
        checkAll();
        checkReached();
    }

    /// @dev Leaves one departure executed and not proven, one arrival queued, and some departures undelivered.
    function freezeBoth() private {
        for (uint256 which = 0; which < 2; ++which) {
            for (uint256 i = 0; i < 2; ++i) handler.requestDeparture(which, i, i, false, 0);
            for (uint256 i = 0; i < 4; ++i) handler.advance(which, 0, SLOTS, i);
            handler.arrive(which, 1, 7, 0);
            handler.deposit(which, 1, 1, 5e17, 1, 0);
            handler.deposit(which, 1, 0, 5e17, 3, 0);
        }
        for (uint256 i = 0; i < 9; ++i) handler.wait(1 days - i);
        for (uint256 i = 0; i < 8; ++i) handler.reclaim(i, i);
        checkAll();
        for (uint256 which = 0; which < 2; ++which) {
            handler.freeze(which, 1);
            handler.freeze(which, 1);
            handler.advance(which, 0, 0, 0);
            handler.deposit(which, 1, 1, 1, 1, 0);
            handler.force(which, 1, 1, 0, 1, 0);
            handler.requestDeparture(which, 1, 1, false, 0);
            handler.arrive(which, 1, 1, 0);
            for (uint256 i = 0; i < 6; ++i) handler.depart(which, i, i);
            for (uint256 i = 1; i < 40; ++i) {
                handler.escape(which, i, 0);
                handler.refund(which, 3 * i);
                handler.refundArrival(which, 3 * i, i);
            }
            (uint256 queued, , , , ) = handler.counters(which);
            for (uint256 id = 1; id <= queued; ++id) handler.refund(which, id);
            for (uint256 i = 0; i < 4; ++i) handler.refundArrival(which, queued - 3, i);
            handler.refund(which, 1);
        }
        for (uint256 i = 0; i < 8; ++i) handler.wait(1 days - i);
        for (uint256 i = 0; i < 200; ++i) {
            handler.reclaim(i / 4, i % 4);
            handler.deliver(i / 4, i, 0);
        }
        for (uint256 i = 0; i < 24; ++i) handler.withdrawCredit(i / 12, i / 3, uint16(i));
    }

    /// @dev For both cores: their functions, and what no function stands for.
    function checkReached() private view {
        string[5] memory names = [
            "transfer",
            "arrival executed",
            "departure",
            "departure from a frozen core",
            "refund of a second fee"
        ];
        for (uint256 i = 0; i < names.length; ++i) assertGt(handler.happened(names[i]), 0, names[i]);
        bytes4[8] memory both = [
            IRollup.advance.selector,
            IMigration.depart.selector,
            IMigration.deliver.selector,
            IMigration.reclaim.selector,
            IMigration.arrive.selector,
            IMigration.refundArrival.selector,
            IMigration.requestDeparture.selector,
            IExits.claim.selector
        ];
        for (uint256 which = 0; which < 2; ++which) {
            address core = address(handler.coreAt(which));
            for (uint256 i = 0; i < both.length; ++i) {
                assertGt(handler.accepted(core, both[i]), 0, "accepted");
                assertGt(handler.refused(core, both[i]), 0, "refused");
            }
            assertGt(handler.refusedWith(core, IForcedQueue.DepartureDue.selector), 0, "departure due");
            assertGt(handler.refusedWith(core, IForcedQueue.RollupFrozen.selector), 0, "frozen");
        }
    }

    function checkAll() private view {
        for (uint256 which = 0; which < 2; ++which) {
            for (uint16 id = 0; id < 3; ++id) checkMoney(which, id);
            checkState(which);
        }
    }

    /// @dev Each core holds what it owes, to the unit, and owes each to whom the books say.
    function checkMoney(uint256 which, uint16 id) private view {
        for (uint256 i = 0; i < 4; ++i) {
            (uint256 has, uint256 owes, uint256 credit) = handler.moneyOf(which, id, i);
            assertEq(has, owes, "INV-CUSTODY-01, INV-ESCAPE-03, INV-MIGRATION-01");
            assertEq(handler.coreAt(which).credits(id, handler.actors(i)), credit, "INV-CUSTODY-02");
        }
    }

    function checkState(uint256 which) private view {
        IRollup core = handler.coreAt(which);
        (uint256 queued, uint256 executed, uint256 accounts, uint256 root, bool isFrozen) = handler.counters(which);
        // In the books nothing of this changes after a freeze.
        assertEq(core.isFrozen(), isFrozen, "INV-ESCAPE-01");
        assertEq(core.queuedOperations(), queued, "INV-ESCAPE-01, INV-QUEUE-02");
        assertEq(core.executedOperations(), executed, "INV-ESCAPE-01, INV-QUEUE-02");
        assertEq(core.stateRoot(), root, "INV-ESCAPE-01, INV-STATE-01");
        handler.exitBook(which).check(core);
        for (uint256 account = 0; account < accounts; ++account) {
            assertEq(core.hasLeft(account), handler.hasLeft(which, account), "INV-ESCAPE-02");
        }
        if (isFrozen) return;
        // While a departure is due there is nothing to start from.
        uint256 due = handler.dueDeparture(which);
        try core.base() returns (uint256 base, uint256, uint256) {
            assertEq(due, 0, "INV-MIGRATION-02");
            assertEq(base, root, "INV-MIGRATION-02");
        } catch (bytes memory reason) {
            assertEq(reason, abi.encodeWithSelector(IForcedQueue.DepartureDue.selector, due), "INV-MIGRATION-02");
        }
    }
}
