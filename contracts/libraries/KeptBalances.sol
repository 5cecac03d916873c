// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/**
 * @title KeptBalances
 * @notice Keeps balances of accounts. An emptied balance keeps its storage slot, so that a later credit creates none.
 */
library KeptBalances {
    /// @dev Balances of all accounts.
    struct Book {
        /// @dev One more than the balance; 0 if the account never had a balance.
        mapping(address account => uint256) words;
    }

    /// @notice Returns a balance.
    function balanceOf(Book storage self, address account) internal view returns (uint256) {
        return Math.saturatingSub(self.words[account], 1);
    }

    /// @notice Adds to a balance. An amount of 0 creates no storage.
    function credit(Book storage self, address account, uint256 amount) internal {
        if (amount > 0) self.words[account] = balanceOf(self, account) + amount + 1;
    }

    /// @notice Takes from a balance.
    /// @dev WARNING: The caller must ensure that the balance is at least `amount`.
    function debit(Book storage self, address account, uint256 amount) internal {
        if (amount > 0) self.words[account] -= amount;
    }
}
