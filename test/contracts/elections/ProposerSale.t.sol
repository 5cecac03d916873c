// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Proceeds } from "../../../contracts/elections/parts/Proceeds.sol";
import { ProposerSale } from "../../../contracts/elections/ProposerSale.sol";
import { IProposerSale } from "../../../contracts/interfaces/IProposerSale.sol";
import { ISelector, Role } from "../../../contracts/interfaces/ISelector.sol";
import { IStakeRotation } from "../../../contracts/interfaces/IStakeRotation.sol";
import { Deploy } from "../helpers/Deploy.sol";
import { SeatsUnderPoe } from "./SeatsUnderPoe.sol";

/// @notice Runs Proof of Efficiency under a sale of slots. Each of the elected sequencer's slots is sold to it by the
///         party that is drawn.
contract ProposerSaleTest is SeatsUnderPoe {
    uint256 private constant BUYER_KEY = 0xb0b;

    function createElection() internal override returns (ISelector) {
        IStakeRotation.RotationParameters memory rotation = IStakeRotation.RotationParameters(2_000, 200);
        Proceeds.Shares memory shares = Proceeds.Shares(4_000, 2_000, stranger, 32);
        IProposerSale.SaleParameters memory sale = IProposerSale.SaleParameters(5_000, 1 ether, 5);
        bytes memory arguments = abi.encode(slotParameters(), seatParameters(), rotation, shares, sale);
        return ISelector(Deploy.create("ProposerSale.sol:ProposerSale", arguments));
    }

    function stakeFor(address account) internal override {
        vm.prank(account);
        ProposerSale(address(election)).join(1, STAKE);
    }

    /// @dev The buyer alone posts in a slot that it bought, and the sale is settled.
    function test_underPoe_aBuyerPostsInTheSlotThatItBought() public {
        elect(alice, bob);
        ProposerSale sale = ProposerSale(address(election));
        address buyer = vm.addr(BUYER_KEY);
        fund(buyer, 1_000 ether);
        token.transfer(buyer, 100 ether);
        vm.startPrank(buyer);
        token.approve(address(sale), 100 ether);
        sale.deposit(100 ether);
        vm.stopPrank();

        // Ends the silence in which everybody has the role.
        sequence(alice, inputOf(1, 1));
        uint256 slot = sale.currentSlot() + 1;
        IProposerSale.Offer memory offer = IProposerSale.Offer({
            slot: slot,
            buyer: buyer,
            price: 10 ether,
            bond: 2 ether,
            lastBlock: this.height() + 100
        });
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(BUYER_KEY, sale.digestOf(offer));
        vm.prank(alice);
        sale.sell(offer, abi.encodePacked(r, s, v));
        wait((sale.slotStart(slot) - this.height()) * BLOCK_TIME);
        assertTrue(poe.isAllowed(buyer, Role.Sequencer));
        assertFalse(poe.isAllowed(alice, Role.Sequencer));
        sequence(buyer, inputOf(1, 2));
        wait((sale.slotStart(slot + 1) - this.height()) * BLOCK_TIME);
        sale.settle(slot);
        assertEq(sale.balances(alice), 5 ether);
        assertEq(sale.balances(buyer), 90 ether);
    }
}
