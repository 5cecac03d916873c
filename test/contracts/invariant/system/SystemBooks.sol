// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Test } from "../../helpers/Test.sol";

/**
 * @notice Books of the whole system by double entry: each payment leaves one place and reaches another. The entries
 *         follow from the handler's calls and the rules, never from a contract's own claim of its debts.
 */
abstract contract SystemBooks is Test {
    /// @param holder Owner of the money: a contract of the system, an actor, or zero for burned money.
    /// @param purpose Purpose of the money: the name of a fund, an owner's address, or the number of a ticket.
    struct Place {
        address holder;
        bytes32 purpose;
    }

    uint256 internal constant ETH = 0;
    uint256 internal constant PLAIN = 1;
    uint256 internal constant NATIVE = 2;
    uint256 internal constant ASSETS = 3;

    // Of a core.
    bytes32 internal constant ON_L2 = "on L2";
    bytes32 internal constant IN_QUEUE = "in the queue";
    bytes32 internal constant FEES = "fees of operations";
    bytes32 internal constant EXITS = "exits";
    bytes32 internal constant DEPARTED = "departed";
    // Of Proof of Efficiency.
    bytes32 internal constant ESCROW = "escrow";
    bytes32 internal constant VOID = "fees of void batches";
    // Of B52.
    bytes32 internal constant BIDS = "bids";
    bytes32 internal constant POOL = "pool";
    bytes32 internal constant REWARDS = "rewards";
    bytes32 internal constant TO_BURN = "to be burned";
    bytes32 internal constant DEPOSITS = "deposits of demands";

    /// @notice All that a holder has of an asset.
    mapping(uint256 asset => mapping(address holder => uint256)) public booked;
    /// @notice All that there ever was of an asset.
    mapping(uint256 asset => uint256) public issued;
    mapping(uint256 asset => mapping(address holder => mapping(bytes32 purpose => uint256))) private _entries;

    /// @notice Amount of an asset that `holder` has for a purpose.
    function bookedFor(uint256 asset, address holder, bytes32 purpose) public view returns (uint256) {
        return _entries[asset][holder][purpose];
    }

    function issue(uint256 asset, Place memory to, uint256 amount) internal {
        issued[asset] += amount;
        booked[asset][to.holder] += amount;
        _entries[asset][to.holder][to.purpose] += amount;
    }

    function move(uint256 asset, Place memory from, Place memory to, uint256 amount) internal {
        assertGe(_entries[asset][from.holder][from.purpose], amount, "books: paid out more than there is");
        booked[asset][from.holder] -= amount;
        _entries[asset][from.holder][from.purpose] -= amount;
        booked[asset][to.holder] += amount;
        _entries[asset][to.holder][to.purpose] += amount;
    }

    function pot(address holder, bytes32 purpose) internal pure returns (Place memory) {
        return Place(holder, purpose);
    }

    /// @dev A balance or credit of `owner` in a contract.
    function owned(address holder, address owner) internal pure returns (Place memory) {
        return Place(holder, purposeOf(owner));
    }

    function purposeOf(address owner) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(owner)));
    }

    function stakeOf(address registry, uint256 ticket) internal pure returns (Place memory) {
        return Place(registry, bytes32(ticket));
    }

    function wallet(address owner) internal pure returns (Place memory) {
        return Place(owner, "wallet");
    }

    function burned() internal pure returns (Place memory) {
        return Place(address(0), "burned");
    }
}
