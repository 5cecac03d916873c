// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ISelector, Role, RoleTerms } from "../interfaces/ISelector.sol";

/// @title MockSelector
/// @notice Allows one address for each role, and keeps what it was told. A sequencer may be silent for a day, and an
///         aggregator for half an hour, if it is not told otherwise before it is bound.
contract MockSelector is ISelector {
    /// @notice Arguments of `admit`, cut to one word, so that they are written with little gas.
    struct Call {
        address account; // slot 0
        Role role; // slot 0
        uint24 first; // slot 0
        uint24 last; // slot 0
        uint16 leaves; // slot 0
        uint24 gasLeft; // slot 0
    }

    mapping(Role role => address) public chosen;
    mapping(Role role => RoleTerms) public terms;
    address public consensus;
    Call[] public calls;

    constructor() {
        terms[Role.Sequencer] = RoleTerms(1 days, true);
        terms[Role.Aggregator] = RoleTerms(30 minutes, true);
    }

    function choose(Role role, address account) external {
        chosen[role] = account;
    }

    function setTerms(Role role, RoleTerms calldata ofRole) external {
        terms[role] = ofRole;
    }

    /// @inheritdoc ISelector
    function bind(address bound) external returns (RoleTerms memory sequencer, RoleTerms memory aggregator) {
        consensus = bound;
        return (terms[Role.Sequencer], terms[Role.Aggregator]);
    }

    /// @inheritdoc ISelector
    function admit(address account, Role role, uint256 first, uint256 last, uint256 leaves) external returns (bool) {
        uint256 gasLeft = gasleft();
        calls.push(Call(account, role, uint24(first), uint24(last), uint16(leaves), uint24(gasLeft)));
        return chosen[role] == account;
    }

    function callCount() external view returns (uint256) {
        return calls.length;
    }

    /// @inheritdoc ISelector
    function isAllowed(address account, Role role, uint256) external view returns (bool) {
        return chosen[role] == account;
    }
}
