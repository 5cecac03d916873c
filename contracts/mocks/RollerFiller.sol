// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { OutsourcedProving } from "../elections/OutsourcedProving.sol";

/// @title RollerFiller
/// @notice Takes many places of outsourced proving: an attacker with many small identities.
contract RollerFiller {
    OutsourcedProving public immutable ELECTION;

    constructor(OutsourcedProving election) {
        ELECTION = election;
        election.TOKEN().approve(address(election), type(uint256).max);
    }

    /// @notice Joins with the ids `from … to`. The contract holds the tokens.
    function fill(uint256 from, uint256 to, uint96 amount) external {
        ELECTION.deposit((to + 1 - from) * amount);
        for (uint256 id = from; id <= to; ++id) ELECTION.join(id, amount);
    }
}
