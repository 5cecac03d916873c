// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title DirectCall
/// @notice Decides whether the data of a call can be found without a trace.
library DirectCall {
    /// @dev Returns whether the calldata of this call is that of the transaction. An account without code cannot make
    ///      an inner call; an account that delegates to code (EIP-7702) can.
    function isDirect() internal view returns (bool) {
        // The result decides which event is logged. It authorises nothing.
        // solhint-disable-next-line avoid-tx-origin
        return msg.sender == tx.origin && msg.sender.code.length == 0;
    }
}
