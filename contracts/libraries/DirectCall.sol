// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title DirectCall
/// @notice Tells whether the data of a call can be found without a trace.
library DirectCall {
    /// @dev Whether the calldata of this call is that of the transaction. An account without code cannot have made an
    ///      inner call; one that delegates to code (EIP-7702) can.
    function isDirect() internal view returns (bool) {
        // Decides what is logged, and authorises nothing.
        // solhint-disable-next-line avoid-tx-origin
        return msg.sender == tx.origin && msg.sender.code.length == 0;
    }
}
