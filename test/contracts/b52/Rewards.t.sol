// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Rewards } from "../../../contracts/libraries/Rewards.sol";
import { Test } from "../helpers/Test.sol";

/// @notice What rewards and bids come to at examples. What SMTChecker proves of them: docs/security.md, Evidence.
contract RewardsTest is Test {
    function test_splitRoundsTheProversPartDown() public pure {
        expectSplit(1_000_000, 2_500, 7, 750_000, 35_714);
        expectSplit(1_000_003, 2_500, 1, 750_003, 250_000);
        expectSplit(1_000_000, 0, 3, 1_000_000, 0);
        expectSplit(1_000_000, Rewards.RATE_UNIT, 4, 0, 250_000);
    }

    function test_proposersPartIsRoundedDown() public pure {
        assertEq(Rewards.proposersPart(750_001, 2, 3), 500_000);
        assertEq(Rewards.proposersPart(750_001, 3, 3), 750_001);
        assertEq(Rewards.proposersPart(750_001, 0, 3), 0);
        assertEq(Rewards.proposersPart(750_001, 0, 0), 0);
    }

    function test_whatIsBurnedOfABidIsRoundedUp() public pure {
        expectDivision(10_001, 500, 501, 9_500);
        expectDivision(10_000, 500, 500, 9_500);
        expectDivision(10_001, 0, 0, 10_001);
        expectDivision(10_001, Rewards.RATE_UNIT, 10_001, 0);
    }

    function expectSplit(
        uint256 blockReward,
        uint256 share,
        uint256 nodes,
        uint256 proposer,
        uint256 node
    ) private pure {
        (uint256 toProposer, uint256 toNode) = Rewards.split(blockReward, share, nodes);
        assertEq(toProposer, proposer);
        assertEq(toNode, node);
    }

    function expectDivision(uint256 bid, uint256 rate, uint256 expectedBurned, uint256 expectedReturned) private pure {
        (uint256 burned, uint256 returned) = Rewards.divideBid(bid, rate);
        assertEq(burned, expectedBurned);
        assertEq(returned, expectedReturned);
    }
}
