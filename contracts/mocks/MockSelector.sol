// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ISelector, Role } from "../interfaces/ISelector.sol";

/// @title MockSelector
/// @notice Allows one address for each role.
contract MockSelector is ISelector {
    mapping(Role role => address) public chosen;

    function choose(Role role, address account) external {
        chosen[role] = account;
    }

    /// @inheritdoc ISelector
    function isAllowed(address account, Role role) external view returns (bool) {
        return chosen[role] == account;
    }
}
