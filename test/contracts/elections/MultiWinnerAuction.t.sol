// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { EpochClock } from "../../../contracts/elections/parts/EpochClock.sol";
import { Proceeds } from "../../../contracts/elections/parts/Proceeds.sol";
import { SlotElection } from "../../../contracts/elections/parts/SlotElection.sol";
import { MultiWinnerAuction } from "../../../contracts/elections/MultiWinnerAuction.sol";
import { ISelector, Role } from "../../../contracts/interfaces/ISelector.sol";
import { IMultiWinnerAuction } from "../../../contracts/interfaces/IMultiWinnerAuction.sol";
import { Deploy } from "../helpers/Deploy.sol";
import { ElectionUnderPoe } from "./ElectionUnderPoe.sol";

/// @notice Runs Proof of Efficiency under an auction with several winners.
contract MultiWinnerAuctionTest is ElectionUnderPoe {
    MultiWinnerAuction internal auction;

    function createElection() internal override returns (ISelector) {
        SlotElection.SlotParameters memory slots = SlotElection.SlotParameters({
            clock: EpochClock.ClockParameters({ slotBlocks: 50, epochSlots: 32 }),
            silenceBlocks: 25,
            opensAfter: 2 hours
        });
        Proceeds.Shares memory shares = Proceeds.Shares(5_000, 2_500, user, 64);
        IMultiWinnerAuction.WinnerTerms memory terms = IMultiWinnerAuction.WinnerTerms({
            minBid: 1 ether,
            bond: 2 ether,
            winners: 4,
            reserves: 2
        });
        auction = MultiWinnerAuction(
            Deploy.create("MultiWinnerAuction.sol:MultiWinnerAuction", abi.encode(token, slots, shares, terms))
        );
        return auction;
    }

    /// @dev The account buys all seats of epoch 1.
    function elect(address sequencer, address) internal override {
        uint256 start = this.height();
        token.transfer(sequencer, 1_000 ether);
        vm.startPrank(sequencer);
        token.approve(address(auction), 1_000 ether);
        auction.deposit(1_000 ether);
        vm.roll(auction.changesFrom(1));
        for (uint256 seat = 0; seat < 4; ++seat) auction.bid(1 ether, seat);
        vm.stopPrank();
        vm.roll(auction.epochStart(1));
        vm.warp(this.clock() + (this.height() - start) * BLOCK_TIME);
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
