// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { BatchFee } from "../../contracts/libraries/BatchFee.sol";

/// @notice Of the batch fee, for every fee of 96 bits and times of 64 bits (docs/protocol.md §9).
contract BatchFeeProperties {
    /// @notice Lateness never lowers the fee, and never lifts it above the maximum.
    function raiseWithinLimits(uint96 fee, uint64 elapsed, uint64 doublingTime, uint96 maximum) external pure {
        require(doublingTime > 0 && fee <= maximum);
        uint96 raised = BatchFee.raise(fee, elapsed, doublingTime, maximum);
        assert(raised >= fee && raised <= maximum);
    }

    /// @notice Time without lateness never lifts the fee, and never lowers it below the minimum.
    function lowerWithinLimits(uint96 fee, uint64 elapsed, uint64 doublingTime, uint96 minimum) external pure {
        require(doublingTime > 0 && fee >= minimum);
        uint96 lowered = BatchFee.lower(fee, elapsed, doublingTime, minimum);
        assert(lowered <= fee && lowered >= minimum);
    }

    /// @notice No time, no change.
    function unchangedByNoTime(uint96 fee, uint64 doublingTime, uint96 minimum, uint96 maximum) external pure {
        require(doublingTime > 0 && minimum <= fee && fee <= maximum);
        assert(BatchFee.raise(fee, 0, doublingTime, maximum) == fee);
        assert(BatchFee.lower(fee, 0, doublingTime, minimum) == fee);
    }

    /// @notice Up and down again by the same span does not gain: rounding is against the change.
    function upAndDown(uint96 fee, uint64 elapsed, uint64 doublingTime) external pure {
        require(doublingTime > 0 && fee > 0);
        uint96 raised = BatchFee.raise(fee, elapsed, doublingTime, type(uint96).max);
        assert(BatchFee.lower(raised, elapsed, doublingTime, 1) <= fee);
    }

    /// @notice Of two fees that rise, the higher one stays so.
    function raiseMonotone(
        uint96 fee,
        uint96 higher,
        uint64 elapsed,
        uint64 doublingTime,
        uint96 maximum
    ) external pure {
        require(doublingTime > 0 && fee <= higher && higher <= maximum);
        uint96 raised = BatchFee.raise(fee, elapsed, doublingTime, maximum);
        assert(raised <= BatchFee.raise(higher, elapsed, doublingTime, maximum));
    }

    /// @notice Of two fees that fall, the higher one stays so.
    function lowerMonotone(
        uint96 fee,
        uint96 higher,
        uint64 elapsed,
        uint64 doublingTime,
        uint96 minimum
    ) external pure {
        require(doublingTime > 0 && minimum <= fee && fee <= higher);
        uint96 lowered = BatchFee.lower(fee, elapsed, doublingTime, minimum);
        assert(lowered <= BatchFee.lower(higher, elapsed, doublingTime, minimum));
    }
}
