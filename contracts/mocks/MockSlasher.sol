// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ISlashable } from "../interfaces/ISlashable.sol";
import { ISlasher } from "../interfaces/ISlasher.sol";

/// @title MockSlasher
/// @notice Slashes the stakes of an election for anybody.
contract MockSlasher is ISlasher {
    ISlashable public stakes;

    function bindStakes() external {
        stakes = ISlashable(msg.sender);
    }

    function slash(uint256 id, uint256 amount) external {
        stakes.slash(id, amount);
    }
}
