// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Slashing } from "../../contracts/libraries/Slashing.sol";

/// @notice Of slashes, for every stake of 96 bits and the rates that the registry accepts (docs/b52.md §8).
contract SlashingProperties {
    uint256 private constant UNIT = 10_000;

    /// @notice No slash takes more than is left of the stake.
    function neverMoreThanLeft(uint96 stake, uint96 left, uint16 rate) external pure {
        require(left <= stake && rate <= UNIT);
        assert(Slashing.amountOf(stake, left, rate) <= left);
    }

    /// @notice A slash takes its rate of the stake, rounded up, or all that is left.
    function takesTheRate(uint96 stake, uint96 left, uint16 rate) external pure {
        require(left <= stake && rate <= UNIT);
        uint256 amount = Slashing.amountOf(stake, left, rate);
        assert(amount == left || UNIT * amount >= uint256(stake) * rate);
        assert(UNIT * amount < uint256(stake) * rate + UNIT);
    }

    /// @notice Where something is staked and left, a slash takes something.
    function neverNothing(uint96 stake, uint96 left, uint16 rate) external pure {
        require(left <= stake && left > 0 && rate >= 1 && rate <= UNIT);
        assert(Slashing.amountOf(stake, left, rate) > 0);
    }

    /// @notice A higher rate never takes less.
    function monotoneInRate(uint96 stake, uint96 left, uint16 rate, uint16 higher) external pure {
        require(left <= stake && rate <= higher && higher <= UNIT);
        assert(Slashing.amountOf(stake, left, rate) <= Slashing.amountOf(stake, left, higher));
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
