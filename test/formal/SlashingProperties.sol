// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Slashing } from "../../contracts/libraries/Slashing.sol";

/// @notice Of slashes, for every stake of 96 bits and the rates that the registry accepts (docs/b52.md §8).
contract SlashingProperties {
    uint256 private constant UNIT = 10_000;

    /// @notice No slash takes more than is left of the stake.
    function neverMoreThanLeft(uint96 left, uint16 rate) external pure {
        require(rate <= UNIT);
        assert(Slashing.amountOf(left, rate) <= left);
    }

    /// @notice A slash takes its rate of what is left, rounded up.
    function takesTheRate(uint96 left, uint16 rate) external pure {
        require(rate <= UNIT);
        uint256 amount = Slashing.amountOf(left, rate);
        assert(UNIT * amount >= uint256(left) * rate && UNIT * amount < uint256(left) * rate + UNIT);
    }

    /// @notice Below the full rate something is left, down to the last units.
    function neverAll(uint96 left, uint16 rate) external pure {
        require(rate < UNIT && left >= UNIT);
        assert(Slashing.amountOf(left, rate) < left);
    }

    /// @notice Where something is left, a slash takes something.
    function neverNothing(uint96 left, uint16 rate) external pure {
        require(left > 0 && rate >= 1 && rate <= UNIT);
        assert(Slashing.amountOf(left, rate) > 0);
    }

    /// @notice A higher rate never takes less.
    function monotoneInRate(uint96 left, uint16 rate, uint16 higher) external pure {
        require(rate <= higher && higher <= UNIT);
        assert(Slashing.amountOf(left, rate) <= Slashing.amountOf(left, higher));
    }

    /// @notice No rate is above the maximum.
    function rateBelowMaximum(uint16 first, uint16 maximum, uint16 misses) external pure {
        require(first >= 1 && first <= maximum && maximum <= UNIT);
        assert(Slashing.rateOf(first, maximum, misses) <= maximum);
    }

    /// @notice No rate is below the first.
    function rateAboveFirst(uint16 first, uint16 maximum, uint16 misses) external pure {
        require(first >= 1 && first <= maximum && maximum <= UNIT);
        assert(Slashing.rateOf(first, maximum, misses) >= first);
    }

    /// @notice A further miss never has a lower rate.
    function monotoneInMisses(uint16 first, uint16 maximum, uint16 misses) external pure {
        require(first >= 1 && first <= maximum && maximum <= UNIT);
        assert(Slashing.rateOf(first, maximum, misses) <= Slashing.rateOf(first, maximum, uint256(misses) + 1));
    }
}
