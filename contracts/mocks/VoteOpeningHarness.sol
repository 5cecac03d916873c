// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { VoteOpening } from "../libraries/VoteOpening.sol";
import { Vote } from "../types/Vote.sol";

/// @title VoteOpeningHarness
/// @notice Calls `VoteOpening` from outside.
contract VoteOpeningHarness {
    function requireOpen(
        uint256 votesRoot,
        uint256 node,
        bool isDrawn,
        bool exists,
        Vote calldata vote,
        uint256[4] calldata path
    ) external pure {
        VoteOpening.requireOpen(votesRoot, node, isDrawn, exists, vote, path);
    }

    /// @notice Measures `requireOpen`.
    /// @return gasUsed Gas of `requireOpen` alone.
    function measureRequireOpen(
        uint256 votesRoot,
        uint256 node,
        bool isDrawn,
        bool exists,
        Vote calldata vote,
        uint256[4] calldata path
    ) external view returns (uint256 gasUsed) {
        uint256 before = gasleft();
        VoteOpening.requireOpen(votesRoot, node, isDrawn, exists, vote, path);
        return before - gasleft();
    }
}
