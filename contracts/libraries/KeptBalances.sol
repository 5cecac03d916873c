// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/**
 * @title KeptBalances
 * @notice Balances of accounts. One that was emptied keeps its storage, so that filling it again creates none.
 */
library KeptBalances {
    struct Book {
        /// @dev One more than the balance; 0 if the account never had one.
        mapping(address account => uint256) words;
    }

    function balanceOf(Book storage self, address account) internal view returns (uint256) {
        return Math.saturatingSub(self.words[account], 1);
    }

    /// @notice Adds to a balance. Nothing is no reason to create storage.
    function credit(Book storage self, address account, uint256 amount) internal {
        if (amount > 0) self.words[account] = balanceOf(self, account) + amount + 1;
    }

    /// @notice Takes from a balance, of which the caller says that it is at least `amount`.
    function debit(Book storage self, address account, uint256 amount) internal {
        if (amount > 0) self.words[account] -= amount;
    }
}
