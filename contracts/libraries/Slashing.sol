// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Slashing
/// @notice Computes the price of a missed promise (docs/b52.md §8): it doubles with each further one, up to a maximum.
library Slashing {
    /// @dev Rates are in 1/10,000.
    uint256 internal constant RATE_UNIT = 10_000;

    /// @dev After this number of doublings a rate of at least 1 is above the unit.
    uint256 private constant MAX_DOUBLINGS = 14;

    /**
     * @dev Returns the rate of a miss, min(maximum, first · 2^misses), in 1/10,000.
     * @param first Rate of the first miss, at least 1, at most `maximum`.
     * @param maximum Highest rate, at most `RATE_UNIT`.
     * @param misses Number of misses before this one.
     */
    function rateOf(uint256 first, uint256 maximum, uint256 misses) internal pure returns (uint256) {
        return Math.min(first << Math.min(misses, MAX_DOUBLINGS), maximum);
    }

    /**
     * @dev Returns the slashed part of a stake, rounded up.
     * @param left Rest of the stake, below 2^96.
     * @param rate Rate of the miss, at most `RATE_UNIT`.
     */
    function amountOf(uint256 left, uint256 rate) internal pure returns (uint256) {
        return Math.mulDiv(left, rate, RATE_UNIT, Math.Rounding.Ceil);
    }
}
