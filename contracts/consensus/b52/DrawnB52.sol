// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ERC20Burnable } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";

import { IProverRegistry } from "../../interfaces/IProverRegistry.sol";
import { IRollup } from "../../interfaces/IRollup.sol";
import { DrawnProverRegistry } from "../../staking/DrawnProverRegistry.sol";
import { B52Parameters } from "../../types/B52Parameters.sol";
import { B52 } from "./B52.sol";

/// @title DrawnB52
/// @notice Runs B52 for a zk-rollup, with votes of drawn tickets alone (docs/b52.md §11).
/// @dev A contract of its own, so that a deployment without a draw does not pay for the code of the draw.
contract DrawnB52 is B52 {
    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Seconds that a group lasts at least: the block of its seed is 64 slots of L1, of 12 seconds each, after its
    ///      first round (`TicketDraw.SEED_DELAY`), and as many are left to seal it.
    uint256 private constant MIN_GROUP_SECONDS = 2 * 64 * 12;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(
        IRollup.CoreParameters memory core,
        B52Parameters memory params,
        IProverRegistry.StakingParameters memory staking,
        bytes32 coreCodeHash
    ) B52(core, params, staking, coreCodeHash) {
        // Check: a seed can be sealed before the next group begins. Else the party that opens that group would choose
        // between two seeds which it knows: it opens before anybody seals, or after. Of two rounds in a row at most one
        // is shorter than a proposal and a proof window together, see `B52Config._roundsKept`.
        uint256 windows = uint256(params.proposalWindow) + params.proofWindow;
        if ((uint256(staking.seedRounds) / 2) * windows < MIN_GROUP_SECONDS) {
            revert InvalidParameter("seedRounds", staking.seedRounds);
        }
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc B52
    function _deployRegistry(
        ERC20Burnable token,
        IProverRegistry.StakingParameters memory staking
    ) internal override returns (IProverRegistry) {
        return new DrawnProverRegistry(token, staking);
    }
}
