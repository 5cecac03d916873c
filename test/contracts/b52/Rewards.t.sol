// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Rewards } from "../../../contracts/libraries/Rewards.sol";
import { Test } from "../helpers/Test.sol";

/// @notice Computes rewards and bids at examples. SMTChecker proves their properties: docs/security.md, Evidence.
contract RewardsTest is Test {
    function test_splitRoundsTheProversPartDown() public pure {
        expectSplit(1_000_000, 2_500, 750_000, 250_000);
        expectSplit(1_000_003, 2_500, 750_003, 250_000);
        expectSplit(1_000_000, 0, 1_000_000, 0);
        expectSplit(1_000_000, Rewards.RATE_UNIT, 0, 1_000_000);
    }

    function test_aBlocksPartIsByItsScoreRoundedDown() public pure {
        assertEq(Rewards.blocksPart(13_000, 9, 14), 8_357);
        assertEq(Rewards.blocksPart(13_000, 14, 14), 13_000);
        assertEq(Rewards.blocksPart(13_000, 0, 14), 0);
        assertEq(Rewards.blocksPart(13_000, 0, 0), 0);
        // Beyond 256 bits on the way.
        assertEq(Rewards.blocksPart(2 ** 96 - 1, 2 ** 215, 2 ** 216), 2 ** 95 - 1);
    }

    function test_unclesEarnAsFarAsThereIsSomething() public pure {
        assertEq(Rewards.uncleNode(1_500, 15, 2, 3_000), 100);
        assertEq(Rewards.uncleNode(1_500, 15, 2, 2_999), 99);
        assertEq(Rewards.uncleNode(1_514, 15, 2, 1e18), 100);
        assertEq(Rewards.uncleNode(1_500, 15, 2, 29), 0);
        assertEq(Rewards.uncleNode(1_500, 15, 0, 1e18), 0);
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

    function expectSplit(uint256 blockReward, uint256 share, uint256 proposer, uint256 provers) private pure {
        (uint256 toProposer, uint256 toProvers) = Rewards.split(blockReward, share);
        assertEq(toProposer, proposer);
        assertEq(toProvers, provers);
    }

    function expectDivision(uint256 bid, uint256 rate, uint256 expectedBurned, uint256 expectedReturned) private pure {
        (uint256 burned, uint256 returned) = Rewards.divideBid(bid, rate);
        assertEq(burned, expectedBurned);
        assertEq(returned, expectedReturned);
    }
}
