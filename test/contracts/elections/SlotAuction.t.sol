// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { EpochClock } from "../../../contracts/elections/parts/EpochClock.sol";
import { Proceeds } from "../../../contracts/elections/parts/Proceeds.sol";
import { SlotElection } from "../../../contracts/elections/parts/SlotElection.sol";
import { SlotAuction } from "../../../contracts/elections/SlotAuction.sol";
import { ISelector, Role } from "../../../contracts/interfaces/ISelector.sol";
import { ISlotAuction } from "../../../contracts/interfaces/ISlotAuction.sol";
import { Deploy } from "../helpers/Deploy.sol";
import { ElectionUnderPoe } from "./ElectionUnderPoe.sol";

/// @notice Runs Proof of Efficiency under a slot auction.
contract SlotAuctionTest is ElectionUnderPoe {
    SlotAuction internal auction;

    function createElection() internal override returns (ISelector) {
        SlotElection.SlotParameters memory slots = SlotElection.SlotParameters({
            clock: EpochClock.ClockParameters({ slotBlocks: 50, epochSlots: 32 }),
            silenceBlocks: 25,
            opensAfter: 2 hours
        });
        Proceeds.Shares memory shares = Proceeds.Shares(5_000, 2_500, user, 64);
        ISlotAuction.AuctionTerms memory terms = ISlotAuction.AuctionTerms({
            minBid: 1 ether,
            bondRate: 5_000,
            reach: 100,
            closeBlocks: 100,
            finalBlocks: 50,
            extensionBlocks: 5
        });
        auction = SlotAuction(Deploy.create("SlotAuction.sol:SlotAuction", abi.encode(token, slots, shares, terms)));
        return auction;
    }

    /// @dev The account buys all slots of the next twelve hours.
    function elect(address sequencer, address) internal override {
        uint256 first = auction.currentSlot() + 3;
        token.transfer(sequencer, 1_000 ether);
        vm.startPrank(sequencer);
        token.approve(address(auction), 1_000 ether);
        auction.deposit(1_000 ether);
        auction.bidRange(first, first + 72, 1 ether);
        vm.stopPrank();
        vm.roll(auction.slotStart(first));
        vm.warp(this.clock() + 3 * 50 * BLOCK_TIME);
    }

    function test_underPoe_onlyTheHolderPosts_andEverybodyProves() public {
        elect(alice, bob);
        // The rollup was silent since its deployment: the first batch closes the role.
        sequence(alice, inputOf(1, 1));
        expectRefused(stranger, Role.Sequencer);
        sequence(alice, inputOf(1, 2));
        verify(stranger, 1, 2);
    }
}
