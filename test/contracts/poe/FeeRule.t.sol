// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IProofOfEfficiency } from "../../../contracts/interfaces/IProofOfEfficiency.sol";
import { ISelector } from "../../../contracts/interfaces/ISelector.sol";
import { PoeTest } from "./PoeTest.sol";

/// @notice How the batch fee follows lateness in real time.
contract FeeRuleTest is PoeTest {
    // ─── Late ────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev The batch is due one halving after the deployment, so the fee has fallen to a half until then.
    function test_growsFromTheSecondAfterTheTarget() public {
        vm.warp(START + HALVING - TARGET);
        sequence(alice, inputOf(1, 1));
        uint256 due = START + HALVING;
        vm.warp(due);
        assertEq(poe.batchFee(), FEE / 2);
        vm.warp(due + 1);
        assertGt(poe.batchFee(), FEE / 2);
        vm.warp(due + DOUBLING);
        assertEq(poe.batchFee(), FEE);
        vm.warp(due + 3 * DOUBLING);
        assertEq(poe.batchFee(), 4 * uint256(FEE));
    }

    function test_oldestUnprovenBatchCounts() public {
        vm.warp(START + HALVING - TARGET);
        sequence(alice, inputOf(1, 1));
        vm.warp(START + HALVING);
        sequence(alice, inputOf(1, 2));
        vm.warp(START + HALVING + DOUBLING);
        assertEq(poe.batchFee(), FEE);
        verify(carol, 1, 1);
        assertEq(poe.batchFee(), FEE, "settled");
        // The second one is due at START + HALVING + TARGET, and late by half an hour already: that time is settled.
        vm.warp(START + HALVING + 2 * DOUBLING);
        assertEq(poe.batchFee(), 2 * uint256(FEE));
        verify(carol, 2, 2);
        vm.warp(START + HALVING + 2 * DOUBLING + HALVING);
        assertEq(poe.batchFee(), FEE, "nothing is late any more");
    }

    function test_sequencerPaysTheFeeOfTheMoment() public {
        vm.warp(START + HALVING - TARGET);
        sequence(alice, inputOf(1, 1));
        vm.warp(START + HALVING + 2 * DOUBLING);
        vm.prank(bob, bob);
        poe.sequence(one(inputOf(1, 2)), 2 * uint256(FEE), 0);
        assertEq(poe.balances(bob), 10_000_000 ether - 2 * uint256(FEE) - BOND);
    }

    // ─── Not late ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev The fee of a late hour is forgotten without anybody paying it: two idle days are twelve halvings here.
    function test_fallsWhileNothingIsPending() public {
        sequence(alice, inputOf(1, 1));
        vm.warp(START + 30 days);
        verify(carol, 1, 1);
        assertEq(poe.batchFee(), MAX_FEE);
        vm.warp(START + 30 days + HALVING);
        assertEq(poe.batchFee(), MAX_FEE / 2);
        vm.warp(START + 32 days);
        assertEq(poe.batchFee(), MAX_FEE / 4096);
        uint256 fee = poe.batchFee();
        sequence(alice, inputOf(1, 2));
        assertEq(posted[2].record.fee, fee);
        vm.warp(START + 90 days);
        verify(carol, 2, 2);
        vm.warp(START + 365 days);
        assertEq(poe.batchFee(), MIN_FEE);
    }

    /// @dev Batches that are proven in time do not keep it up, and do not push it down.
    function test_fallsAsFastWithBatchesAsWithout() public {
        for (uint256 i = 1; i <= 8; ++i) {
            vm.warp(START + i * TARGET);
            if (i > 1) verify(carol, i - 1, i - 1);
            sequence(alice, inputOf(1, i));
        }
        uint256 fee = poe.batchFee();
        assertGe(fee, FEE / 2);
        assertLe(fee, FEE / 2 + 10, "rounded up at each of seven proofs");
    }

    function test_provingEarlyGainsNothing() public {
        vm.warp(START + HALVING);
        for (uint256 i = 1; i <= 3; ++i) sequence(alice, inputOf(1, i));
        IProofOfEfficiency.BatchProof[] memory proofs = prove(carol, 1, 1);
        vm.expectEmit(address(poe));
        emit IProofOfEfficiency.BatchFeeUpdated(FEE / 2);
        vm.prank(carol);
        poe.verify(1, proofs);
        verify(carol, 2, 3);
        assertEq(poe.batchFee(), FEE / 2);
    }

    /// @dev Sequencing settles nothing: however often, and by whomever, the fee is that of the time.
    function testFuzz_sequencingChangesNothing(uint256[4] memory times) public {
        sequence(alice, inputOf(1, 1));
        uint256 time = START;
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
        assertEq(split, poe.batchFee());
    }

    // ─── Limits ──────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_staysWithinItsLimits() public {
        sequence(alice, inputOf(1, 1));
        vm.warp(START + 100 * 365 days);
        assertEq(poe.batchFee(), MAX_FEE);
        sequence(alice, inputOf(1, 2));
        verify(carol, 1, 2);
        assertEq(poe.batchFee(), MAX_FEE);
        vm.warp(START + 200 * 365 days);
        assertEq(poe.batchFee(), MIN_FEE);
        sequence(alice, inputOf(1, 3));
        verify(carol, 3, 3);
        assertEq(poe.batchFee(), MIN_FEE);
        vm.warp(START + 200 * 365 days + TARGET);
        assertEq(poe.batchFee(), MIN_FEE);
    }

    /**
     * @dev Whatever is done, in any t seconds the fee grows by a factor of at most 2^(t / DOUBLING), and falls by one
     *      of at most 2^(t / HALVING). Checked for every pair of moments. The bounds are products of one-second
     *      factors, a little too large: 2^(1/3600) is 1.00019256…, here 1.0001926; 2^(1/14400) is 1.0000481…, here
     *      1.0000482.
     */
    function testFuzz_boundedPerUnitOfTime(uint256 seed) public {
        uint256[] memory fees = new uint256[](25);
        uint256[] memory up = new uint256[](25);
        uint256[] memory down = new uint256[](25);
        (fees[0], up[0], down[0]) = (poe.batchFee(), 1e18, 1e18);
        uint256 time = START;
        for (uint256 step = 1; step < 25; ++step) {
            uint256 random = uint256(keccak256(abi.encode(seed, step)));
            uint256 wait = random % 4 == 0 ? 0 : (random >> 8) % 400;
            time += wait;
            vm.warp(time);
            act(random >> 64);
            fees[step] = poe.batchFee();
            (up[step], down[step]) = (up[step - 1], down[step - 1]);
            for (uint256 i = 0; i < wait; ++i) {
                up[step] = (up[step] * 1_0001926) / 1e7;
                down[step] = (down[step] * 1_0000482) / 1e7;
            }
        }
        for (uint256 j = 1; j < 25; ++j) {
            for (uint256 i = 0; i < j; ++i) {
                assertLe(fees[j] * up[i], fees[i] * up[j], "up");
                assertLe(fees[i] * down[i], fees[j] * down[j], "down");
            }
        }
    }

    /// @dev Sequences or proves something.
    function act(uint256 random) private {
        uint256 next = poe.verifiedBatches() + 1;
        if (random % 2 == 0 && poe.pendingLeaves() < MAX_PENDING) {
            sequence(alice, inputOf(1, random));
        } else if (next <= postedCount) {
            verify(carol, next, next + ((random >> 8) % (postedCount - next + 1)));
        }
    }
}
