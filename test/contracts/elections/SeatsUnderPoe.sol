// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { EpochClock } from "../../../contracts/elections/parts/EpochClock.sol";
import { SeatElection } from "../../../contracts/elections/parts/SeatElection.sol";
import { SlotElection } from "../../../contracts/elections/parts/SlotElection.sol";
import { ISlasher } from "../../../contracts/interfaces/ISlasher.sol";
import { ElectionUnderPoe } from "./ElectionUnderPoe.sol";

/// @notice Runs Proof of Efficiency under an election of seats.
abstract contract SeatsUnderPoe is ElectionUnderPoe {
    uint96 internal constant STAKE = 160 ether;

    function slotParameters() internal pure returns (SlotElection.SlotParameters memory) {
        return
            SlotElection.SlotParameters({
                clock: EpochClock.ClockParameters({ slotBlocks: 50, epochSlots: 32 }),
                silenceBlocks: 16,
                opensAfter: 65 minutes
            });
    }

    function seatParameters() internal view returns (SeatElection.SeatParameters memory) {
        return
            SeatElection.SeatParameters({
                token: token,
                minStake: 16 ether,
                seats: 8,
                maxMisses: 2,
                leakRate: 100,
                exitEpochs: 2,
                slasher: ISlasher(address(0))
            });
    }

    /// @dev Stakes `STAKE` of the balance of `account`, with the id 1.
    function stakeFor(address account) internal virtual;

    function elect(address sequencer, address) internal override {
        SeatElection seats = SeatElection(address(election));
        token.transfer(sequencer, STAKE);
        vm.startPrank(sequencer);
        token.approve(address(seats), STAKE);
        seats.deposit(STAKE);
        vm.stopPrank();
        stakeFor(sequencer);
        reach(seats.seedBlock(1));
        vm.prevrandao(keccak256("seed"));
        seats.seal();
        seats.drawSeats();
        reach(seats.epochStart(1));
    }

    function reach(uint256 target) internal {
        wait((target - this.height()) * BLOCK_TIME);
    }
}
