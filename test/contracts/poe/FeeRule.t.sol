// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IProofOfEfficiency } from "../../../contracts/interfaces/IProofOfEfficiency.sol";
import { ISelector } from "../../../contracts/interfaces/ISelector.sol";
import { PoeTest } from "./PoeTest.sol";

/// @notice How the batch fee follows lateness in real time.
contract FeeRuleTest is PoeTest {
    // ─── Late ────────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_growsFromTheSecondAfterTheTarget() public {
        vm.warp(START + 1000);
        sequence(alice, inputOf(1, 1));
        uint256 due = START + 1000 + TARGET;
        vm.warp(due);
        assertEq(poe.batchFee(), FEE);
        vm.warp(due + 1);
        assertGt(poe.batchFee(), FEE);
        vm.warp(due + DOUBLING);
        assertEq(poe.batchFee(), 2 * uint256(FEE));
        vm.warp(due + 3 * DOUBLING);
        assertEq(poe.batchFee(), 8 * uint256(FEE));
    }

    function test_doesNotGrowWhileNothingIsPending() public {
        vm.warp(START + 365 days);
        assertEq(poe.batchFee(), FEE);
        sequence(alice, inputOf(1, 1));
        assertEq(poe.batchFee(), FEE);
    }

    function test_oldestUnprovenBatchCounts() public {
        sequence(alice, inputOf(1, 1));
        vm.warp(START + TARGET);
        sequence(alice, inputOf(1, 2));
        vm.warp(START + TARGET + DOUBLING);
        assertEq(poe.batchFee(), 2 * uint256(FEE));
        verify(carol, 1, 1);
        assertEq(poe.batchFee(), 2 * uint256(FEE), "settled");
        // The second one is due at START + 2·TARGET, and late by half an hour already: that time is settled, too.
        vm.warp(START + TARGET + 2 * DOUBLING);
        assertEq(poe.batchFee(), 4 * uint256(FEE));
    }

    function test_sequencerPaysTheFeeOfTheMoment() public {
        sequence(alice, inputOf(1, 1));
        vm.warp(START + TARGET + DOUBLING);
        vm.expectEmit(address(poe));
        emit IProofOfEfficiency.BatchFeeUpdated(2 * uint256(FEE));
        vm.prank(bob, bob);
        poe.sequence(one(inputOf(1, 2)), 2 * uint256(FEE), 0);
        assertEq(poe.balances(bob), 10_000_000 ether - 2 * uint256(FEE) - BOND);
    }

    function testFuzz_sequencingDoesNotSpeedItUp(uint256[4] memory times) public {
        sequence(alice, inputOf(1, 1));
        uint256 time = START + TARGET;
        for (uint256 i = 0; i < 4; ++i) {
            time += bound(times[i], 0, DOUBLING);
            vm.warp(time);
            sequence(bob, inputOf(1, i));
        }
        uint256 split = poe.batchFee();
        deploy(ISelector(address(0)));
        fund(alice, 100 ether);
        postedCount = 0;
        vm.warp(START);
        sequence(alice, inputOf(1, 1));
        vm.warp(time);
        uint256 once = poe.batchFee();
        assertLe(split, once + once / 1e16);
        assertGe(split + 100, once - once / 1e16);
    }

    // ─── Early ───────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_fallsByTheSecondsThatWereLeft() public {
        vm.warp(START + 1 days);
        sequence(alice, inputOf(1, 1));
        vm.warp(START + 1 days + TARGET / 2);
        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 1);
        // Half the target, 15 minutes: a factor of 2^(1/4), rounded up.
        vm.expectEmit(address(poe));
        emit IProofOfEfficiency.BatchFeeUpdated(840896415253714544);
        vm.prank(carol);
        poe.verify(1, proofs);
        assertEq(poe.batchFee(), 840896415253714544);
    }

    function test_atTheTargetNothingMoves() public {
        sequence(alice, inputOf(1, 1));
        vm.warp(START + TARGET);
        verify(carol, 1, 1);
        assertEq(poe.batchFee(), FEE);
    }

    /// @dev A second proof in the same block, or soon after, cannot take the fee down further than the time that has
    ///      passed.
    function test_splittingProofsDoesNotSpeedItUp() public {
        vm.warp(START + 1 days);
        for (uint256 i = 1; i <= 3; ++i) sequence(alice, inputOf(1, i));
        verify(carol, 1, 1);
        uint256 fee = poe.batchFee();
        assertEq(fee, 707106781186547525); // the whole target at once: 2^(-1/2)
        verify(carol, 2, 2);
        assertEq(poe.batchFee(), fee);
        vm.warp(START + 1 days + 36);
        verify(carol, 3, 3);
        // 36 seconds have passed, one hundredth of the doubling time, although the batch was early by nearly half an
        // hour.
        assertEq(poe.batchFee(), 702222437868998593);
    }

    /// @dev Sequencing must not reset the clock of the fall, or a flood of batches would keep the fee up.
    function test_sequencingDoesNotPreventTheFall() public {
        vm.warp(START + 1 days);
        sequence(alice, inputOf(1, 1));
        vm.warp(START + 1 days + 60);
        sequence(bob, inputOf(1, 2));
        verify(carol, 1, 2);
        assertEq(poe.batchFee(), 715322966217629180); // 29 minutes: 2^(-29/60)
    }

    // ─── Limits ──────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_staysWithinItsLimits() public {
        sequence(alice, inputOf(1, 1));
        vm.warp(START + 100 * 365 days);
        assertEq(poe.batchFee(), MAX_FEE);
        sequence(alice, inputOf(1, 2));
        verify(carol, 1, 2);
        assertEq(poe.batchFee(), MAX_FEE);
        uint256 time = this.clock();
        for (uint256 i = 3; i < 60; ++i) {
            time += TARGET;
            vm.warp(time);
            sequence(alice, inputOf(1, i));
            verify(carol, i, i);
        }
        assertEq(poe.batchFee(), MIN_FEE);
    }

    /**
     * @dev Whatever is done, in any t seconds the fee grows by a factor of at most 2^(t / DOUBLING), and falls by one
     *      of at most 2^((t + TARGET) / DOUBLING): a proof may bring in up to TARGET seconds that passed before.
     *      Checked for every pair of moments. The bound is a product of one-second factors, a little too large:
     *      2^(1/3600) is 1.00019256…, here 1.0001926; 2^(TARGET / DOUBLING) is √2.
     */
    function testFuzz_boundedPerUnitOfTime(uint256 seed) public {
        uint256[] memory fees = new uint256[](25);
        uint256[] memory factors = new uint256[](25);
        (fees[0], factors[0]) = (poe.batchFee(), 1e18);
        uint256 time = START;
        for (uint256 step = 1; step < 25; ++step) {
            uint256 random = uint256(keccak256(abi.encode(seed, step)));
            uint256 wait = random % 4 == 0 ? 0 : (random >> 8) % 400;
            time += wait;
            vm.warp(time);
            act(random >> 64);
            fees[step] = poe.batchFee();
            factors[step] = factors[step - 1];
            for (uint256 i = 0; i < wait; ++i) factors[step] = (factors[step] * 1_0001926) / 1e7;
        }
        for (uint256 j = 1; j < 25; ++j) {
            for (uint256 i = 0; i < j; ++i) {
                assertLe(fees[j] * factors[i], fees[i] * factors[j], "up");
                assertLe(fees[i] * factors[i], (fees[j] * factors[j] * 1_41421357) / 1e8, "down");
            }
        }
    }

    /// @dev Sequences or proves something.
    function act(uint256 random) private {
        uint256 next = poe.verifiedBatches() + 1;
        if (random % 2 == 0 && postedCount - poe.verifiedBatches() < MAX_PENDING) {
            sequence(alice, inputOf(1, random));
        } else if (next <= postedCount) {
            verify(carol, next, next + ((random >> 8) % (postedCount - next + 1)));
        }
    }
}
