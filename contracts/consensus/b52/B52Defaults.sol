// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { IB52Defaults } from "../../interfaces/IB52Defaults.sol";
import { BlockRecord } from "../../types/BlockRecord.sol";
import { RoundResult } from "../../types/Round.sol";
import { OpenedVote } from "../../types/Vote.sol";
import { B52Rounds } from "./B52Rounds.sol";
import { BlockRecords } from "./BlockRecords.sol";

/// @title B52Defaults
/// @notice Handles the defaults of provers: demands for votes, answers, defences and slashes.
abstract contract B52Defaults is B52Rounds, IB52Defaults {
    using BlockRecords for BlockRecords.Books;

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IB52Defaults
    function defend(
        BlockRecord calldata record,
        bytes calldata statements,
        uint256 node,
        uint256[8] calldata proof,
        uint256 digest
    ) external {
        _books.defend(address(VERIFIER), ROUNDS_KEPT, record, statements, node, proof, digest);
    }

    /// @inheritdoc IB52Defaults
    function slash(RoundResult calldata result, BlockRecord calldata record, uint256 node) external {
        uint256 windows = PROPOSAL_WINDOW + PROOF_WINDOW + DEFENCE_WINDOW;
        uint256 ticket = _books.slash(ROUNDS_KEPT, FAIR_PAY, result, record, node, windows);
        uint256 amount = REGISTRY.slash(ticket);
        uint256 pooled = amount / 2;
        uint256 burned = amount - pooled;
        uint256 bounty = msg.sender == record.proposer ? 0 : Math.min(BOUNTY, pooled);
        pooled -= bounty;
        _treasury.toBurn += uint96(burned);
        _addToPool(pooled);
        if (bounty > 0) _credit(msg.sender, bounty);
        emit Slashed(record.round, record.proposer, ticket, node, burned, pooled, bounty);
    }

    /// @inheritdoc IB52Defaults
    function demandVotes(BlockRecord calldata record, uint256 node) external {
        _debit(msg.sender, VOTE_DEPOSIT);
        _books.demandVotes(ROUNDS_KEPT, record, node, DEFENCE_WINDOW);
    }

    /// @inheritdoc IB52Defaults
    function showVotes(BlockRecord calldata record, uint256 node, OpenedVote[] calldata openings) external {
        _books.showVotes(ROUNDS_KEPT, record, node, openings, DEFENCE_WINDOW, IS_DRAWN);
    }

    /// @inheritdoc IB52Defaults
    function closeDemand(BlockRecord calldata record, uint256 node) external {
        _credit(_books.closeDemand(ROUNDS_KEPT, record, node), VOTE_DEPOSIT);
    }
}
