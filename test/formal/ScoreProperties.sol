// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Score } from "../../contracts/libraries/Score.sol";

/// @notice Of the score, in the ranges that B52 keeps: 247 tickets, bids of 88 bits, slopes of 64 bits (docs/b52.md §6).
contract ScoreProperties {
    modifier inRange(uint256 provers, uint256 bid, uint256 slope, uint256 target) {
        require(provers <= 247 && bid < 2 ** 88 && slope < 2 ** 64 && target >= 1 && target <= 247);
        _;
    }

    /// @notice No bid counts for more than it is.
    function neverAboveFull(
        uint256 provers,
        uint256 bid,
        uint256 slope,
        uint256 target
    ) external pure inRange(provers, bid, slope, target) {
        assert(Score.compute(provers, bid, slope, target) <= provers * provers * provers * bid * bid);
    }

    /// @notice With as many provers as the target, a bid counts in full.
    function fullFromTarget(
        uint256 provers,
        uint256 bid,
        uint256 slope,
        uint256 target
    ) external pure inRange(provers, bid, slope, target) {
        require(provers >= target);
        assert(Score.compute(provers, bid, slope, target) == provers * provers * provers * bid * bid);
    }

    /// @notice A higher bid never scores less.
    function monotoneInBid(
        uint256 provers,
        uint256 bid,
        uint256 higher,
        uint256 slope,
        uint256 target
    ) external pure inRange(provers, higher, slope, target) {
        require(bid <= higher);
        assert(Score.compute(provers, bid, slope, target) <= Score.compute(provers, higher, slope, target));
    }

    /// @notice A steeper slope never scores more.
    function monotoneInSlope(
        uint256 provers,
        uint256 bid,
        uint256 slope,
        uint256 steeper,
        uint256 target
    ) external pure inRange(provers, bid, steeper, target) {
        require(slope <= steeper);
        assert(Score.compute(provers, bid, steeper, target) <= Score.compute(provers, bid, slope, target));
    }

    /// @notice The score fits 216 bits.
    function below216Bits(
        uint256 provers,
        uint256 bid,
        uint256 slope,
        uint256 target
    ) external pure inRange(provers, bid, slope, target) {
        assert(Score.compute(provers, bid, slope, target) < 2 ** 216);
    }

    /// @notice The slope stays between its limits.
    function slopeWithinLimits(
        uint256 slope,
        uint256 provers,
        uint256 target,
        uint256 minimum,
        uint256 maximum
    ) external pure inRange(provers, 0, maximum, target) {
        require(minimum <= slope && slope <= maximum);
        uint256 next = Score.nextSlope(slope, provers, target, minimum, maximum);
        assert(next >= minimum && next <= maximum);
    }

    /// @notice The slope does not fall below the target, and does not rise from it on.
    function slopeFollowsProvers(
        uint256 slope,
        uint256 provers,
        uint256 target,
        uint256 minimum,
        uint256 maximum
    ) external pure inRange(provers, 0, maximum, target) {
        require(minimum <= slope && slope <= maximum);
        uint256 next = Score.nextSlope(slope, provers, target, minimum, maximum);
        assert(provers < target ? next >= slope : next <= slope);
    }

    /// @notice A block moves the slope by an eighth at most, rounded up.
    function slopeMovesByAnEighth(
        uint256 slope,
        uint256 provers,
        uint256 target,
        uint256 minimum,
        uint256 maximum
    ) external pure inRange(provers, 0, maximum, target) {
        require(minimum <= slope && slope <= maximum);
        uint256 next = Score.nextSlope(slope, provers, target, minimum, maximum);
        assert(8 * next <= 9 * slope + 7 && 8 * next >= 7 * slope);
    }
}
