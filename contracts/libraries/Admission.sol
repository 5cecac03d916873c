// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IProofOfEfficiency } from "../interfaces/IProofOfEfficiency.sol";
import { ISelector, Role } from "../interfaces/ISelector.sol";

/**
 * @title Admission
 * @notice Calls `ISelector.admit` of a selector that is not trusted.
 * @dev The parameters from `account` on are those of `ISelector.admit`.
 */
library Admission {
    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Gas with which a selector is asked at most, so that a refusal costs the caller no more.
    uint256 private constant ASKING_GAS = 1_000_000;

    /// @dev Gas of access, of the call itself, and of its arguments, rounded up.
    uint256 private constant CALL_GAS = 10_000;

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Asks a selector.
    /// @return isAdmitted True if it answers with the word 1. Everything else is a refusal.
    function ask(
        ISelector selector,
        address account,
        Role role,
        uint256 first,
        uint256 last,
        uint256 leaves
    ) internal returns (bool isAdmitted) {
        bytes memory input = abi.encodeCall(ISelector.admit, (account, role, first, last, leaves));
        // Assembly: Solidity has no limit for what a call copies, and bubbles up a revert. The answer is in the scratch
        // space.
        assembly ("memory-safe") {
            let success := call(ASKING_GAS, selector, 0, add(input, 0x20), mload(input), 0, 0x20)
            isAdmitted := and(and(success, gt(returndatasize(), 0x1f)), eq(mload(0), 1))
        }
    }

    /// @notice Tells a selector, with exactly `gasLimit` gas. The caller goes on also if the selector fails.
    function tell(
        ISelector selector,
        uint256 gasLimit,
        address account,
        Role role,
        uint256 first,
        uint256 last,
        uint256 leaves
    ) internal {
        // Check: a call passes on at most 63/64 of the gas that is left (EIP-150). Without this check a caller could
        // choose its gas so that the selector fails and the rest of the call does not.
        uint256 needed = gasLimit + gasLimit / 63 + CALL_GAS;
        if (gasleft() < needed) revert IProofOfEfficiency.HearingGasMissing(gasleft(), needed);
        bytes memory input = abi.encodeCall(ISelector.admit, (account, role, first, last, leaves));
        // Assembly: Solidity's call copies all that the selector returns, which may be so much that it takes all gas.
        assembly ("memory-safe") {
            pop(call(gasLimit, selector, 0, add(input, 0x20), mload(input), 0, 0))
        }
    }
}
