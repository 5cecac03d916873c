// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IProofOfEfficiency } from "../../../contracts/interfaces/IProofOfEfficiency.sol";
import { IRollup } from "../../../contracts/interfaces/IRollup.sol";
import { NativeToken } from "../../../contracts/token/NativeToken.sol";
import { Test } from "../helpers/Test.sol";
import { PoeHandler } from "./PoeHandler.sol";

/// @notice What holds after any sequence of calls; the ids are listed in test/invariant/README.md.
contract PoeInvariantsTest is Test {
    PoeHandler private handler;
    IProofOfEfficiency private poe;
    IRollup private rollup;
    NativeToken private token;

    function setUp() public {
        handler = new PoeHandler();
        (address poe_, address rollup_, address token_) = handler.system();
        (poe, rollup, token) = (IProofOfEfficiency(poe_), IRollup(rollup_), NativeToken(token_));
        targetContract(address(handler));
        bytes4[] memory selectors = new bytes4[](10);
        selectors[0] = PoeHandler.deposit.selector;
        selectors[1] = PoeHandler.forceTransfer.selector;
        selectors[2] = PoeHandler.forceExit.selector;
        selectors[3] = PoeHandler.sequence.selector;
        selectors[4] = PoeHandler.verify.selector;
        selectors[5] = PoeHandler.claim.selector;
        selectors[6] = PoeHandler.withdrawCredit.selector;
        selectors[7] = PoeHandler.withdrawNative.selector;
        selectors[8] = PoeHandler.depositNative.selector;
        selectors[9] = PoeHandler.wait.selector;
        targetSelectors(address(handler), selectors);
    }

    /// forge-config: default.invariant.runs = 12
    /// forge-config: default.invariant.depth = 60
    /// forge-config: default.invariant.fail-on-revert = true
    function invariant_allHold() public view {
        checkAll();
    }

    /// @dev The random calls may miss an action; these do not, and so show that none of them is dead.
    function test_handlerReachesEveryAction() public {
        for (uint256 i = 0; i < 3; ++i) {
            handler.deposit(i, true, 1 ether, true);
            handler.deposit(i, false, 1 ether, false);
            handler.forceTransfer(i, 1, 2, 0, 5);
            handler.forceExit(i, 3, 0, 5);
            handler.wait(12 hours);
            handler.wait(12 hours);
            handler.wait(1);
            handler.sequence(i, 0, 3, false, 0); // bypasses the gate
            handler.sequence(i, 4, 0, i == 1, uint16(i));
            handler.sequence(i + 1, 0, 5, false, 0);
            for (uint256 seed = 0; seed < 2; ++seed) handler.verify(i, 1, i, seed);
            checkAll();
        }
        for (uint256 i = 0; i < 6; ++i) {
            handler.sequence(i, 0, 1, false, 0);
            handler.claim();
        }
        for (uint256 i = 0; i < 6; ++i) handler.verify(i, 1, 0, i);
        for (uint256 i = 0; i < 4; ++i) {
            handler.withdrawCredit(i, true);
            handler.withdrawNative(i, 7);
            handler.depositNative(i, 7);
            handler.claim();
        }
        checkAll();
        assertReached("deposit");
        assertReached("forceTransfer");
        assertReached("forceExit");
        assertReached("gate");
        assertReached("ring full");
        assertReached("sequence");
        assertReached("verify");
        assertReached("overlap");
        assertReached("late");
        assertReached("claim");
        assertReached("withdrawCredit");
        assertReached("withdrawNative");
        assertReached("depositNative");
    }

    function assertReached(string memory action) private view {
        assertGt(handler.count(action), 0, action);
    }

    function checkAll() private view {
        // INV-CUSTODY-01: the core holds what it owes, to the unit.
        for (uint16 id = 0; id < 2; ++id) {
            uint256 owed = handler.onL2(id) + handler.unclaimed(id);
            if (id == 0) owed += handler.pendingForcedFees();
            for (uint256 i = 0; i < 4; ++i) owed += rollup.credits(id, handler.actors(i));
            assertEq(handler.held(id, address(rollup)), owed, "INV-CUSTODY-01");
        }
        // INV-BALANCE-01: so does the consensus.
        uint256 native = handler.escrow();
        for (uint256 i = 0; i < 4; ++i) native += poe.balances(handler.actors(i));
        assertEq(token.balanceOf(address(poe)), native, "INV-BALANCE-01");

        // INV-POE-01: counters are those of the books, which only grow.
        uint256 sequenced = poe.sequencedBatches();
        uint256 verified = poe.verifiedBatches();
        assertEq(sequenced, handler.sequenced(), "INV-POE-01");
        assertEq(verified, handler.verified(), "INV-POE-01");
        assertLe(sequenced, verified + poe.MAX_PENDING_BATCHES(), "INV-POE-01");

        // INV-QUEUE-02: executed ≤ taken ≤ queued.
        assertEq(rollup.queuedOperations(), handler.queuedForced(), "INV-QUEUE-02");
        assertEq(poe.sequencedForced(), handler.takenForced(), "INV-QUEUE-02");
        assertEq(rollup.executedOperations(), handler.executedForced(), "INV-QUEUE-02");
        assertLe(handler.executedForced(), handler.takenForced(), "INV-QUEUE-02");
        assertLe(handler.takenForced(), handler.queuedForced(), "INV-QUEUE-02");

        // INV-POE-03, INV-STATE-01: the state is that of the last proven batch.
        assertEq(rollup.stateRoot(), handler.expectedRoot(), "INV-STATE-01");

        // INV-POE-04: the fee stays within its limits.
        assertGe(poe.batchFee(), poe.MIN_FEE(), "INV-POE-04");
        assertLe(poe.batchFee(), poe.MAX_FEE(), "INV-POE-04");
    }
}
