// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IB52Rounds } from "../../interfaces/IB52Rounds.sol";
import { ITicketDraw } from "../../interfaces/ITicketDraw.sol";
import { Rewards } from "../../libraries/Rewards.sol";
import { NumberedList, packList } from "../../types/NumberedList.sol";
import { Commitment, CommitmentStatus, Proposal } from "../../types/Proposal.sol";
import { Round, RoundResult } from "../../types/Round.sol";
import { CoreDeployer } from "../CoreDeployer.sol";
import { B52Config } from "./B52Config.sol";
import { BlockRecords } from "./BlockRecords.sol";

/// @title B52Rounds
/// @notice Keeps the rounds of B52 and their clock, and the commitments to proposals.
abstract contract B52Rounds is B52Config, IB52Rounds {
    using BlockRecords for BlockRecords.Books;

    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    struct Chain {
        uint40 height; // slot 0: of the head
        uint40 lastRound; // slot 0: id of the round opened last
        uint40 lastList; // slot 0: greatest height for which a list is or was due
    }

    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    bytes32 private constant PROPOSAL_TAG = keccak256("DecentralisedSequencing.B52.Proposal.v1");

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    Chain internal _chain;
    BlockRecords.Treasury internal _treasury;

    /// @inheritdoc IB52Rounds
    bytes32 public head;

    /// @dev By parity of the height: the round of the next block, and, pipelined, of the block after it.
    mapping(uint256 parity => Round) internal _rounds;

    /// @dev By parity of the height: the root of the provers' keys at the opening of the round; where tickets are
    ///      drawn, the hash of it and of the round's draw (`ITicketDraw.openRound`).
    mapping(uint256 parity => uint256) internal _registryRoots;

    /// @dev By parity of the height.
    mapping(address proposer => mapping(uint256 parity => Commitment)) internal _commitments;

    /// @dev By parity of the height, with the height: lists are due at the next two heights only.
    mapping(uint256 parity => NumberedList) private _listsDue;

    /// @dev Results of rounds, and records of proven blocks.
    BlockRecords.Books internal _books;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor() {
        _treasury.slope = uint64(MIN_SLOPE);
        _open(1, block.timestamp);
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IB52Rounds
    function commit(Proposal calldata proposal, address parentProposer) external {
        if (msg.sender != proposal.proposer) revert NotProposer(msg.sender, proposal.proposer);
        if (proposal.bid < MIN_BID) revert BidBelowMinimum(proposal.bid, MIN_BID);
        if (proposal.share > MAX_SHARE) revert ShareAboveMaximum(proposal.share, MAX_SHARE);
        _requireTree(proposal);
        (Round memory round, bool isNext) = _openForProposals(_closeFailedRound());
        if (proposal.round != round.id || proposal.height != round.height) {
            revert WrongRound(proposal.round, proposal.height, round.id, round.height);
        }
        if (isNext) _requireCommittedParent(proposal, parentProposer);
        else _requireHead(proposal);

        Commitment storage place = _commitments[msg.sender][proposal.height & 1];
        Commitment memory previous = place;
        if (previous.round == proposal.round) revert AlreadyCommitted(proposal.round, msg.sender);
        if (previous.status == CommitmentStatus.Committed || previous.status == CommitmentStatus.Proven) {
            revert UnsettledCommitment(previous.round, msg.sender);
        }
        (, bytes32 id) = hashesOf(proposal);
        _debit(msg.sender, proposal.bid);
        (place.hash, place.round, place.status) = (bytes26(id), proposal.round, CommitmentStatus.Committed);
        if (!round.hasCommitments) _rounds[proposal.height & 1].hasCommitments = true;
        emit ProposalCommitted(proposal.round, msg.sender, id, proposal);
    }

    /// @inheritdoc IB52Rounds
    function settle(Proposal calldata proposal, RoundResult calldata result) external {
        _closeFailedRound();
        (Commitment storage commitment, , ) = _requireCommitment(proposal);
        uint256 rate = commitment.status == CommitmentStatus.Proven ? LOST_BURN_RATE : UNPROVEN_BURN_RATE;
        uint256 latest = _books.outcomes[proposal.round % ROUNDS_KEPT].round;
        if (latest < proposal.round) {
            // After a freeze no block can be proven: every bid goes back.
            if (_isOpen(proposal.round) && !ROLLUP.isFrozen()) {
                uint256 endsAt = _rounds[proposal.height & 1].opensAt + PROPOSAL_WINDOW + PROOF_WINDOW;
                revert RoundNotOver(proposal.round, endsAt, block.timestamp);
            }
            rate = 0;
        } else if (!_books.builtOnHead(ROUNDS_KEPT, proposal.round, proposal.parent, result)) {
            // The block could not be proven, and nobody is to blame.
            rate = 0;
        }
        commitment.status = CommitmentStatus.Settled;
        (uint256 burned, uint256 returned) = Rewards.divideBid(proposal.bid, rate);
        if (burned > 0) _treasury.toBurn += uint96(burned);
        if (returned > 0) _credit(proposal.proposer, returned);
        emit CommitmentSettled(proposal.round, proposal.proposer, returned, burned);
    }

    /// @inheritdoc IB52Rounds
    function height() external view returns (uint256) {
        return _chain.height;
    }

    /// @inheritdoc IB52Rounds
    function openRound() external view returns (uint256 round, uint256 forHeight, bool isOpen) {
        Chain memory chain = _chain;
        forHeight = uint256(chain.height) + 1;
        Round memory current = _rounds[forHeight & 1];
        if (current.id == 0 || _cannotProduceHead(current)) return (uint256(chain.lastRound) + 1, forHeight, true);
        uint256 proposalEnd = current.opensAt + PROPOSAL_WINDOW;
        if (block.timestamp < proposalEnd) return (current.id, forHeight, true);
        ++forHeight;
        Round memory next = _rounds[forHeight & 1];
        round = _isRoundOf(next, forHeight) ? next.id : uint256(chain.lastRound) + 1;
        isOpen = PIPELINED && block.timestamp < proposalEnd + PROPOSAL_WINDOW;
    }

    /// @inheritdoc IB52Rounds
    function roundOf(uint256 forHeight) public view returns (Round memory round) {
        round = _rounds[forHeight & 1];
        if (round.height != forHeight || forHeight <= _chain.height || round.id == 0) delete round;
    }

    /// @inheritdoc IB52Rounds
    function registryRootOf(uint256 forHeight) external view returns (uint256) {
        return roundOf(forHeight).id == 0 ? 0 : _registryRoots[forHeight & 1];
    }

    /// @inheritdoc IB52Rounds
    function commitmentOf(address proposer, uint256 parity) external view returns (Commitment memory) {
        return _commitments[proposer][parity];
    }

    // ─── Public ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IB52Rounds
    function listDue(uint256 forHeight) public view returns (bytes32) {
        return _listsDue[forHeight & 1].listFor(forHeight);
    }

    /// @inheritdoc IB52Rounds
    function hashesOf(Proposal calldata proposal) public view returns (bytes32 proposalHash, bytes32 id) {
        proposalHash = keccak256(
            abi.encode(
                PROPOSAL_TAG,
                DOMAIN,
                proposal.proposer,
                proposal.round,
                proposal.height,
                proposal.parent,
                proposal.contentHash,
                proposal.bid,
                proposal.share,
                proposal.leaves
            )
        );
        id = keccak256(abi.encode(proposalHash, proposal.promisedProvers, proposal.transcript));
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc CoreDeployer
    /// @dev Before, there is no head to build on. The first round is open since the deployment. If its window ends
    ///      first, that round fails, and the first proposal opens another one.
    function _begin() internal override {
        head = keccak256(abi.encode(DOMAIN));
    }

    /// @dev Opens a round.
    function _open(uint256 forHeight, uint256 opensAt) internal returns (Round memory round) {
        uint40 id = ++_chain.lastRound;
        uint256 registryRoot = IS_DRAWN ? ITicketDraw(address(REGISTRY)).openRound(id) : REGISTRY.root();
        bool hasList = forHeight <= _chain.lastList && listDue(forHeight) != 0;
        round = Round({
            id: id,
            height: uint40(forHeight),
            opensAt: uint40(opensAt),
            hasCommitments: false,
            ranked: 0,
            hasList: hasList,
            carriesList: false
        });
        _rounds[forHeight & 1] = round;
        _registryRoots[forHeight & 1] = registryRoot;
        emit RoundOpened(round.id, forHeight, opensAt, registryRoot);
    }

    /// @dev Returns whether `round` is open, and that of `forHeight`.
    function _isRoundOf(Round memory round, uint256 forHeight) internal pure returns (bool) {
        return round.height == forHeight && round.id != 0;
    }

    /// @dev Reverts unless the proposal was committed and is not settled.
    /// @return commitment Commitment to the proposal.
    /// @return proposalHash Hash that its provers signed.
    /// @return id Commitment hash.
    function _requireCommitment(
        Proposal calldata proposal
    ) internal view returns (Commitment storage commitment, bytes32 proposalHash, bytes32 id) {
        (proposalHash, id) = hashesOf(proposal);
        commitment = _commitments[proposal.proposer][proposal.height & 1];
        if (bytes26(id) != commitment.hash) revert UnknownCommitment(proposal.proposer, id, commitment.hash);
        CommitmentStatus status = commitment.status;
        if (status == CommitmentStatus.Settled) revert WrongStatus(proposal.proposer, status);
    }

    /// @dev Reverts unless the proposal builds on the head. L1 keeps 208 bits of a commitment hash
    ///      (`_requireCommittedParent`), so the other bits do not count here either.
    function _requireHead(Proposal calldata proposal) internal view {
        bytes32 current = head;
        if (current == 0) revert CoreMissing();
        if (bytes26(proposal.parent) != bytes26(current)) revert WrongParent(proposal.parent, current);
    }

    function _setListDue(uint256 forHeight, bytes32 list) internal {
        _chain.lastList = uint40(forHeight);
        _listsDue[forHeight & 1] = packList(list, forHeight);
    }

    /// @dev The contract holds `amount` tokens more than it owes, so the sum is at most the supply, below 2^96.
    function _addToPool(uint256 amount) internal {
        _treasury.pool += uint96(amount);
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Reverts unless the tree can be proven and has room for the promised provers.
    function _requireTree(Proposal calldata proposal) private view {
        uint256 leaves = proposal.leaves;
        if ((leaves != 2 && leaves != 4 && leaves != 8) || leaves > MAX_LEAVES) {
            revert InvalidTreeSize(leaves, MAX_LEAVES);
        }
        if (proposal.promisedProvers >= 2 * leaves) revert TooManyProvers(proposal.promisedProvers, 2 * leaves - 1);
    }

    /// @dev The window is over without a commitment, or without a proof.
    function _cannotProduceHead(Round memory round) private view returns (bool) {
        uint256 proposalEnd = round.opensAt + PROPOSAL_WINDOW;
        if (!round.hasCommitments) return block.timestamp >= proposalEnd;
        return round.ranked == 0 && block.timestamp >= proposalEnd + PROOF_WINDOW;
    }

    /**
     * @dev Closes the current round if it cannot produce a head; and with it the next round, whose proposals then have
     *      no parent.
     * @return current Round of the next block; id 0 if it is closed.
     */
    function _closeFailedRound() private returns (Round memory current) {
        uint256 forHeight = uint256(_chain.height) + 1;
        current = _rounds[forHeight & 1];
        if (current.id == 0 || !_cannotProduceHead(current)) return current;
        if (current.hasCommitments && !ROLLUP.isFrozen()) {
            _books.abandon(_treasury, ROUNDS_KEPT, current.id, forHeight, head);
        }
        current.id = 0;
        _rounds[forHeight & 1].id = 0;
        if (_isRoundOf(_rounds[(forHeight + 1) & 1], forHeight + 1)) _rounds[(forHeight + 1) & 1].id = 0;
    }

    /**
     * @dev Finds the round whose proposal window is open now, and opens one if necessary.
     * @param current Round of the next block; id 0 if it is closed.
     * @return round Round whose proposal window is open.
     * @return isNext True if another round, that of the height before, is being proven.
     */
    function _openForProposals(Round memory current) private returns (Round memory round, bool isNext) {
        if (current.id == 0) return (_open(uint256(_chain.height) + 1, block.timestamp), false);
        uint256 proposalEnd = current.opensAt + PROPOSAL_WINDOW;
        if (block.timestamp < proposalEnd) return (current, false);
        uint256 closedAt = PIPELINED ? proposalEnd + PROPOSAL_WINDOW : proposalEnd;
        if (block.timestamp >= closedAt) revert ProposalWindowClosed(current.id, closedAt, block.timestamp);
        uint256 forHeight = uint256(current.height) + 1;
        round = _rounds[forHeight & 1];
        if (!_isRoundOf(round, forHeight)) round = _open(forHeight, proposalEnd);
        isNext = true;
    }

    /// @dev Reverts unless the parent of a proposal for the next height is a commitment of the current round.
    function _requireCommittedParent(Proposal calldata proposal, address parentProposer) private view {
        uint256 parity = (proposal.height - 1) & 1;
        Commitment memory parent = _commitments[parentProposer][parity];
        if (parent.hash != bytes26(proposal.parent) || parent.round != _rounds[parity].id) {
            revert WrongParent(proposal.parent, parent.hash);
        }
    }

    /// @dev Returns whether the round with this id is open: that of the next block, or of the block after it.
    function _isOpen(uint256 round) private view returns (bool) {
        uint256 forHeight = uint256(_chain.height) + 1;
        if (_rounds[forHeight & 1].id == round) return true;
        Round memory next = _rounds[(forHeight + 1) & 1];
        return _isRoundOf(next, forHeight + 1) && next.id == round;
    }
}
