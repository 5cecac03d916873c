// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { SystemBooks } from "./SystemBooks.sol";

/// @notice Makes the calls of the handler, says what has to come of each, and counts them.
abstract contract SystemCalls is SystemBooks {
    mapping(address target => mapping(bytes4 selector => uint256)) public accepted;
    mapping(address target => mapping(bytes4 selector => uint256)) public refused;
    mapping(address target => mapping(bytes4 error => uint256)) public refusedWith;
    /// @notice How often something happened that no function stands for.
    mapping(string what => uint256) public happened;
    /// @notice Actions of the handler.
    uint256 public actions;

    /**
     * @param refusal Error that the call has to fail with; with its selector alone, the arguments do not matter. Empty
     *        if it has to succeed.
     */
    function attempt(address actor, address target, uint256 value, bytes memory data, bytes memory refusal) internal {
        attempt(actor, target, value, data, refusal, "accepted, and had to be refused");
    }

    /// @param rule Message of the failure if the call succeeds though it had to be refused.
    function attempt(
        address actor,
        address target,
        uint256 value,
        bytes memory data,
        bytes memory refusal,
        string memory rule
    ) internal {
        vm.prank(actor, actor);
        (bool success, bytes memory result) = target.call{ value: value }(data);
        if (refusal.length == 0) {
            if (!success) {
                assembly ("memory-safe") {
                    revert(add(result, 0x20), mload(result))
                }
            }
            ++accepted[target][bytes4(data)];
            return;
        }
        assertFalse(success, rule);
        if (refusal.length == 4) assertEq(bytes32(bytes4(result)), bytes32(bytes4(refusal)), "another error");
        else assertEq(result, refusal);
        ++refused[target][bytes4(data)];
        ++refusedWith[target][bytes4(refusal)];
    }

    /// @dev The consensus called `target` in a call that got through.
    function countInner(address target, bytes4 selector) internal {
        ++accepted[target][selector];
    }
}
