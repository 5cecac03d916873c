// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title ISlasher
/// @notice Decides on slashes of the stakes of one election.
interface ISlasher {
    /**
     * @notice Binds the slasher to a book of stakes for ever. The book calls this in its constructor.
     * @dev Requirements
     *      - No book has bound the slasher. The first caller is the book.
     */
    function bindStakes() external;
}
