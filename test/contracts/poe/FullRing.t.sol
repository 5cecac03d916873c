// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IEscapeHatch } from "../../../contracts/interfaces/IEscapeHatch.sol";
import { IForcedQueue } from "../../../contracts/interfaces/IForcedQueue.sol";
import { IProofOfEfficiency } from "../../../contracts/interfaces/IProofOfEfficiency.sol";
import { PoeTest } from "./PoeTest.sol";

/// @notice Bob keeps the ring full, and carol proves. The numbers are in docs/parameters.md.
contract FullRingTest is PoeTest {
    /// @dev Of a ring full of leaves at the fee of the beginning.
    uint256 private constant RING = MAX_PENDING * uint256(FEE);

    /// @dev Provers keep the target. Each leaf they prove has to be paid for again, and the fee falls a little.
    function test_costOfABlockedHour() public {
        uint256 before = poe.balances(bob);
        fill();
        for (uint256 i = 1; i <= 2; ++i) {
            expectBlocked();
            vm.warp(START + i * TARGET);
            verify(carol, poe.verifiedBatches() + 1, postedCount);
            fill();
        }
        expectBlocked();
        // 1 + 2^(−1/8) + 2^(−2/8) times the ring: 2.757.
        uint256 paid = before - poe.balances(bob) - poe.pendingLeaves() * BOND;
        assertGe(paid, (RING * 2757) / 1000);
        assertLe(paid, (RING * 2758) / 1000);
        // It is paid to those who prove.
        assertEq(poe.balances(carol), paid - feesOf(poe.verifiedBatches() + 1));
    }

    /// @dev Provers are four times too slow: a leaf every ten minutes. Each leaf that becomes free costs more than the
    ///      one before.
    function test_costOfBlockedHoursRisesWithLateness() public {
        fill();
        uint256 before = poe.balances(bob);
        uint256 time = START;
        uint256 last = poe.batchFee();
        uint256[2] memory paid;
        for (uint256 i = 1; i <= 12; ++i) {
            time += 10 minutes;
            vm.warp(time);
            verify(carol, poe.verifiedBatches() + 1, poe.verifiedBatches() + 1);
            assertGe(i <= 3 ? last : poe.batchFee(), last, "rises from the target on");
            last = poe.batchFee();
            fill();
            if (i == 6) paid[0] = before - poe.balances(bob);
        }
        paid[1] = before - poe.balances(bob) - paid[0];
        // Six leaves each hour; their bonds came back as those before were proven.
        assertGe(paid[0], 6 * uint256(FEE));
        assertGe(paid[1], (18 * paid[0]) / 10, "nearly twice as much in the next hour");
    }

    /// @dev A full ring keeps an overdue operation waiting until a batch is proven; the next batch has to take it.
    function test_fullRingKeepsNothingOutForLong() public {
        fill();
        queueExit(dave, 1);
        vm.warp(START + DEADLINE + 1);
        expectBlocked();
        verify(carol, 1, 1);
        IProofOfEfficiency.BatchInput memory input = inputOf(1, 9);
        vm.expectRevert(
            abi.encodeWithSelector(
                IForcedQueue.ForcedOperationOverdue.selector,
                1,
                START + DEADLINE,
                START + DEADLINE + 1
            )
        );
        vm.prank(bob, bob);
        poe.sequence(one(input), MAX_FEE, 0);
        // Also a sequencer who keeps the ring full has to take the operation.
        sequence(bob, forcedInput(1, 1, 0));
        expectBlocked();
    }

    /// @dev To freeze, the provers would have to be unable to prove one ring and one batch in the time between deadline
    ///      and freeze; and whoever filled the ring has paid for all of it.
    function test_healthyProversPreventAFreeze() public {
        queueExit(dave, 1);
        vm.warp(START + DEADLINE);
        uint256 before = poe.balances(bob);
        fill(); // as late as it can be done without the operation
        vm.warp(START + ESCAPE_DELAY - 2);
        verify(carol, 1, 1);
        sequence(bob, forcedInput(1, 1, 0));
        vm.warp(START + ESCAPE_DELAY);
        verify(carol, 2, postedCount);
        vm.warp(START + ESCAPE_DELAY + 1);
        vm.expectRevert(abi.encodeWithSelector(IEscapeHatch.NothingQueued.selector));
        rollup.freeze();
        assertGe(before - poe.balances(bob), MAX_PENDING * uint256(MIN_FEE));
    }

    /// @dev Batches of one leaf, until no leaf more is taken.
    function fill() private {
        while (poe.pendingLeaves() < MAX_PENDING) sequence(bob, inputOf(1, postedCount));
    }

    function expectBlocked() private {
        IProofOfEfficiency.BatchInput memory input = inputOf(0, 1);
        vm.expectRevert(
            abi.encodeWithSelector(IProofOfEfficiency.TooManyPendingLeaves.selector, MAX_PENDING + 1, MAX_PENDING)
        );
        vm.prank(alice, alice);
        poe.sequence(one(input), MAX_FEE, 0);
    }

    function feesOf(uint256 first) private view returns (uint256 fees) {
        for (uint256 i = first; i <= postedCount; ++i) fees += posted[i].record.fee;
    }
}
