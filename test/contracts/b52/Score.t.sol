// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Score } from "../../../contracts/libraries/Score.sol";
import { Test } from "../helpers/Test.sol";

contract ScoreTest is Test {
    uint256 private constant MAX_PROVERS = 247;
    uint256 private constant MAX_BID = type(uint96).max;
    uint256 private constant MAX_SLOPE = type(uint64).max;
    uint256 private constant MIN_SLOPE = 1e9;

    // ─── Score ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev The article's numbers: 51 votes and a bid of 1 against 49 votes (B52, "A 51% attack").
    function test_articlesNumbers() public pure {
        assertEq(Score.compute(51, 1000, 0, 1), 132_651 * 1e6);
        assertLt(Score.compute(49, 1061, 0, 1), Score.compute(51, 1000, 0, 1));
        assertEq(Score.compute(49, 1062, 0, 1), 132_689_718_756);
    }

    function test_limits() public pure {
        uint256 greatest = Score.compute(MAX_PROVERS, MAX_BID, MAX_SLOPE, MAX_PROVERS);
        assertEq(greatest, MAX_PROVERS ** 3 * MAX_BID ** 2);
        assertLt(greatest, 2 ** 216);
        assertEq(Score.compute(0, MAX_BID, MIN_SLOPE, 1), 0);
        // One prover of 247 at the greatest slope: the bid counts for a nineteenth.
        assertEq(Score.compute(1, 1e18, MAX_SLOPE, MAX_PROVERS), uint256(51_620_733_859_813_313) ** 2);
    }

    function testFuzz_isBidOverHandicapToThePowersOfTheArticle(
        uint256 provers,
        uint256 bid,
        uint256 slope,
        uint256 target
    ) public pure {
        (provers, bid, slope, target) = boundAll(provers, bid, slope, target);
        // bid / (1 + slope · (target − provers) / target), as one fraction; no product is above 2^96 · 2^60 · 2^8.
        uint256 handicap = target * 1e18 + (provers < target ? slope * (target - provers) : 0);
        uint256 counted = (bid * target * 1e18) / handicap;
        uint256 score = Score.compute(provers, bid, slope, target);
        assertEq(score, provers ** 3 * counted ** 2);
        assertLt(score, 2 ** 216);
        if (provers >= target) assertEq(counted, bid);
    }

    function testFuzz_neverFallsWithTheBid(
        uint256 provers,
        uint256 bid,
        uint256 slope,
        uint256 target,
        uint256 more
    ) public pure {
        (provers, bid, slope, target) = boundAll(provers, bid, slope, target);
        more = bound(more, bid, MAX_BID);
        assertGe(Score.compute(provers, more, slope, target), Score.compute(provers, bid, slope, target));
    }

    function testFuzz_growsWithTheProvers(
        uint256 provers,
        uint256 bid,
        uint256 slope,
        uint256 target,
        uint256 more
    ) public pure {
        (provers, bid, slope, target) = boundAll(provers, bid, slope, target);
        more = bound(more, provers, MAX_PROVERS);
        uint256 less = Score.compute(provers, bid, slope, target);
        assertGe(Score.compute(more, bid, slope, target), less);
        if (more > provers && less > 0) assertGt(Score.compute(more, bid, slope, target), less, "strictly");
    }

    function testFuzz_neverGrowsWithTheSlope(
        uint256 provers,
        uint256 bid,
        uint256 slope,
        uint256 target,
        uint256 steeper
    ) public pure {
        (provers, bid, slope, target) = boundAll(provers, bid, slope, target);
        steeper = bound(steeper, slope, MAX_SLOPE);
        assertLe(Score.compute(provers, bid, steeper, target), Score.compute(provers, bid, slope, target));
    }

    // ─── Slope ───────────────────────────────────────────────────────────────────────────────────────────────────────

    function test_slopeChangesByAnEighthAtMost() public pure {
        assertEq(Score.nextSlope(8e17, 0, 10, 1e9, 1e19), 9e17);
        assertEq(Score.nextSlope(8e17, 5, 10, 1e9, 1e19), 85e16);
        assertEq(Score.nextSlope(8e17, 10, 10, 1e9, 1e19), 8e17);
        assertEq(Score.nextSlope(8e17, 15, 10, 1e9, 1e19), 75e16);
        assertEq(Score.nextSlope(8e17, 20, 10, 1e9, 1e19), 7e17);
        assertEq(Score.nextSlope(8e17, 247, 10, 1e9, 1e19), 7e17);
    }

    function testFuzz_slopeFollowsTheTarget(
        uint256 slope,
        uint256 provers,
        uint256 target,
        uint256 minimum,
        uint256 maximum
    ) public pure {
        minimum = bound(minimum, MIN_SLOPE, MAX_SLOPE);
        maximum = bound(maximum, minimum, MAX_SLOPE);
        slope = bound(slope, minimum, maximum);
        (provers, , , target) = boundAll(provers, 0, 0, target);
        uint256 next = Score.nextSlope(slope, provers, target, minimum, maximum);
        assertGe(next, minimum);
        assertLe(next, maximum);
        if (provers < target) {
            if (slope < maximum) assertGt(next, slope, "below the target it always grows");
            else assertEq(next, maximum);
            assertLe(next, slope + slope / 8 + 1);
            // The exact rise is rounded up: 8 · target · rise < slope · missing + 8 · target.
            uint256 exact = slope * (target - provers);
            if (next < maximum) assertGe((next - slope) * 8 * target, exact);
            if (next > slope) assertLt((next - slope - 1) * 8 * target, exact);
        } else {
            assertLe(next, slope);
            assertGe(next, slope - slope / 8);
            uint256 above = provers - target < target ? provers - target : target;
            if (next > minimum) assertEq(slope - next, (slope * above) / target / 8);
        }
    }

    function testFuzz_smallerSetsLetItGrowMore(uint256 slope, uint256 fewer, uint256 more, uint256 target) public pure {
        slope = bound(slope, MIN_SLOPE, MAX_SLOPE);
        (more, , , target) = boundAll(more, 0, 0, target);
        fewer = bound(fewer, 0, more);
        assertGe(
            Score.nextSlope(slope, fewer, target, MIN_SLOPE, MAX_SLOPE),
            Score.nextSlope(slope, more, target, MIN_SLOPE, MAX_SLOPE)
        );
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function boundAll(
        uint256 provers,
        uint256 bid,
        uint256 slope,
        uint256 target
    ) private pure returns (uint256, uint256, uint256, uint256) {
        return (
            bound(provers, 0, MAX_PROVERS),
            bound(bid, 0, MAX_BID),
            bound(slope, 0, MAX_SLOPE),
            bound(target, 1, MAX_PROVERS)
        );
    }
}
