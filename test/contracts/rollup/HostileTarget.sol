// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

// solhint-disable avoid-low-level-calls

/// @notice A target of migrations that asks for any fee, takes what it likes and makes a call of its own.
contract HostileTarget {
    uint256 public forcedFee;
    mapping(address token => uint16) public tokenId;

    address private _callee;
    bytes private _call;

    bool public succeeded;
    bytes public answer;

    function setFee(uint256 fee) external {
        forcedFee = fee;
    }

    function setId(address token, uint16 id) external {
        tokenId[token] = id;
    }

    /// @notice Sets the call that is made when accounts arrive.
    function arm(address callee, bytes calldata call_) external {
        (_callee, _call) = (callee, call_);
    }

    function take(IERC20 token, address from, uint256 amount) external {
        token.transferFrom(from, address(this), amount);
    }

    function arrive(
        uint256[8] calldata,
        uint256[17] calldata,
        bytes calldata,
        address
    ) external payable returns (uint256) {
        if (_callee != address(0)) (succeeded, answer) = _callee.call(_call);
        return 7;
    }
}
