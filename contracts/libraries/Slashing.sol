// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Slashing
/// @notice What a missed promise costs a prover (docs/b52.md §8): twice as much for each further one, up to a maximum.
library Slashing {
    /// @dev Rates are in 1/10,000.
    uint256 internal constant RATE_UNIT = 10_000;

    /// @dev Beyond 2^14 · a rate of at least 1 every rate is above the unit.
    uint256 private constant MAX_DOUBLINGS = 14;

    /**
     * @param first Rate of the first miss, at least 1, at most `maximum`.
     * @param maximum At most `RATE_UNIT`.
     * @param misses Before this one.
     * @return min(maximum, first · 2^misses).
     */
    function rateOf(uint256 first, uint256 maximum, uint256 misses) internal pure returns (uint256) {
        return Math.min(first << Math.min(misses, MAX_DOUBLINGS), maximum);
    }

    /**
     * @param left Of a stake, below 2^96.
     * @param rate At most `RATE_UNIT`.
     * @return The rate of what is left, rounded up: at a rate below `RATE_UNIT` never all of it, down to the last
     *         units.
     */
    function amountOf(uint256 left, uint256 rate) internal pure returns (uint256) {
        return Math.mulDiv(left, rate, RATE_UNIT, Math.Rounding.Ceil);
    }
}
