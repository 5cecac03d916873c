// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IProofOfEfficiency } from "../../../contracts/interfaces/IProofOfEfficiency.sol";
import { Role, RoleTerms } from "../../../contracts/interfaces/ISelector.sol";
import { MockSelector } from "../../../contracts/mocks/MockSelector.sol";
import { PoeModel } from "./PoeModel.sol";

contract Audit18Test is PoeModel {
    address private alice = makeAddr("alice"); // elected sequencer
    address private bob = makeAddr("bob"); // outsider who acts in the first second he may
    address private evil = makeAddr("evil"); // elected aggregator
    MockSelector private mock;

    function setUp() public {
        mock = new MockSelector();
        mock.choose(Role.Sequencer, alice);
        mock.choose(Role.Aggregator, evil);
    }

    function begin() private {
        deploy(mock);
        fund(alice, 1_000_000 ether);
        fund(bob, 1_000_000 ether);
    }

    /// Finding 1: the aggregator's silence counts twice.
    function test_silentAggregatorFreezesWithinTheMargin() public {
        uint32 agg = ESCAPE_DELAY - DEADLINE - 2 * TARGET - DOUBLING - 30 minutes;
        mock.setTerms(Role.Sequencer, RoleTerms(30 minutes, false));
        mock.setTerms(Role.Aggregator, RoleTerms(agg, false));
        begin();
        queueExit(bob, 5);
        vm.warp(START + DEADLINE); // last second in which the operation may be left out
        sequence(alice, inputOf(6 * LEAF_BYTES, 1));
        sequence(alice, inputOf(6 * LEAF_BYTES, 2));
        assertEq(poe.pendingLeaves(), MAX_PENDING);
        vm.warp(START + DEADLINE + agg);
        IProofOfEfficiency.BatchProof[] memory proofs = prove(bob, 1, 2);
        vm.prank(bob);
        poe.verify(1, proofs);
        sequence(bob, forcedInput(1, 1, 0));
        vm.warp(START + ESCAPE_DELAY + 1);
        assertFalse(poe.isAllowed(bob, Role.Aggregator));
        rollup.freeze();
        assertTrue(rollup.isFrozen());
    }

    /// Finding 2: one leaf just before the role would open.
    function test_tricklingSequencerFreezes() public {
        begin(); // both roles: 1 day
        for (uint32 i = 1; i <= 28; ++i) queueExit(bob, i);
        uint256 done;
        uint256 t = START + 12 hours; // a batch before anything is due
        vm.warp(t);
        sequence(alice, inputOf(1, 1));
        while (t + 1 days - 1 <= START + ESCAPE_DELAY) {
            t += 1 days - 1;
            vm.warp(t);
            assertFalse(poe.isAllowed(bob, Role.Sequencer));
            sequence(alice, forcedInput(done + 1, 4, 0));
            done += 4;
            IProofOfEfficiency.BatchProof[] memory proofs = prove(evil, poe.verifiedBatches() + 1, postedCount);
            uint256 from = poe.verifiedBatches() + 1;
            vm.prank(evil);
            poe.verify(from, proofs);
        }
        vm.warp(START + ESCAPE_DELAY + 1);
        rollup.freeze();
        assertEq(done, 24);
    }

    /// Finding 4: an honest holder that posts and proves; the role opens at once.
    function test_oldHeaderOpensTheRole() public {
        mock.setTerms(Role.Sequencer, RoleTerms(30 minutes, false));
        mock.setTerms(Role.Aggregator, RoleTerms(0, false));
        begin();
        vm.warp(START + 29 minutes);
        sequence(alice, inputOf(1, 1));
        vm.warp(START + 59 minutes);
        IProofOfEfficiency.BatchInput[] memory inputs = one(inputOf(1, 2));
        recordAt(alice, inputs[0], 0, 0, START + 29 minutes);
        IProofOfEfficiency.BatchProof[] memory proofs = prove(alice, 1, 2);
        vm.prank(alice, alice);
        poe.sequenceAndVerify(inputs, START + 29 minutes, 0, 1, proofs);
        assertTrue(poe.isAllowed(bob, Role.Sequencer)); // in the same block
    }
}
