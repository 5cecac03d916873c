// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IB52Rounds } from "../../../../contracts/interfaces/IB52Rounds.sol";
import { INativeBalances } from "../../../../contracts/interfaces/INativeBalances.sol";
import { B52 } from "../../../../contracts/consensus/b52/B52.sol";
import { BlockRecord } from "../../../../contracts/types/BlockRecord.sol";
import { CommitmentStatus, Proposal } from "../../../../contracts/types/Proposal.sol";
import { RoundResult } from "../../../../contracts/types/Round.sol";
import { SystemStaking } from "./SystemStaking.sol";

/// @notice Rounds of B52 and the commitments to proposals: one height after the other, not pipelined.
abstract contract SystemRounds is SystemStaking {
    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @param seed Decides what the block does on L2, and who delivers.
    struct Entry {
        Proposal proposal;
        bytes32 id;
        bytes data;
        uint16 forcedCount;
        uint16 feeToken;
        uint128 promised;
        uint256 seed;
        CommitmentStatus status;
        uint256 cleared; // a bit for each node
        address asker; // for the votes of the root, the only merge
        address answerer;
        bool isPaid;
        BlockRecord record;
        bytes statements;
        bytes words; // of the statement of each node, encoded
        bytes transition; // encoded
    }

    struct Round {
        uint256 id;
        uint256 opensAt;
        bool hasCommitments;
        bool isClosed;
        uint256 registryRoot;
        uint256[] ranked; // entries, best first
    }

    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    uint32 internal constant PROPOSAL_WINDOW = 10 minutes;
    uint32 internal constant PROOF_WINDOW = 10 minutes;
    uint32 internal constant DEFENCE_WINDOW = 20 minutes;
    uint88 internal constant MIN_BID = 10;
    uint16 internal constant LOST_BURN_RATE = 3_333;
    uint16 internal constant UNPROVEN_BURN_RATE = 6_667;
    uint16 internal constant MAX_SHARE = 5_000;
    uint96 internal constant VOTE_DEPOSIT = 17;
    uint96 internal constant BOUNTY = 30;
    /// @dev Of a transcript without votes, which can be opened; whether a vote is valid is taken from the proofs.
    uint256 internal constant VOTES_ROOT = 0x07f9d837cb17b0d36320ffe93ba52345f1b728571a568265caac97559dbc952a;
    uint32 internal constant FEE_ACCOUNT = 5;
    /// @dev Twice as often as 20 minutes fit into the 80 for which a round can be slashed.
    uint256 internal constant ROUNDS_KEPT = 8;

    // ─── Books ───────────────────────────────────────────────────────────────────────────────────────────────────────

    B52 internal b52;
    Entry[] internal _proposals;
    Round internal _round;
    uint256 public height;
    bytes32 public head;
    uint256 public lastRound;
    mapping(uint256 round => bytes) internal _results; // encoded, for good
    mapping(uint256 round => uint256) internal _opensAt;
    /// @dev The round whose result the contract has to keep in a place.
    mapping(uint256 place => uint256 round) internal _kept;
    /// @dev Amount that is reserved for rewards, and was neither paid nor given back.
    mapping(uint256 round => uint256) internal _unpaid;
    /// @dev 1 + index of the proposal whose record the contract has to keep in a place.
    mapping(address proposer => mapping(uint256 place => uint256)) internal _recorded;
    /// @dev By proposer and parity of the height: 1 + index of its last proposal.
    mapping(address proposer => mapping(uint256 parity => uint256)) internal _places;

    // ─── Actions ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function commit(uint256 who, uint256 seed, uint256 transactions) external acts {
        address actor = actors[who % 4];
        Entry storage entry = draft(actor, seed, transactions);
        bytes memory refusal = commitRefusal(entry);
        bytes memory data = abi.encodeCall(IB52Rounds.commit, (entry.proposal, address(0)));
        attempt(actor, address(b52), 0, data, refusal);
        if (refusal.length > 0) return _proposals.pop();
        if (closeFailedRound()) openRound();
        _round.hasCommitments = true;
        entry.status = CommitmentStatus.Committed;
        _places[actor][entry.proposal.height % 2] = _proposals.length;
        move(NATIVE, owned(address(b52), actor), pot(address(b52), BIDS), entry.proposal.bid);
    }

    /// @dev Returns a bid, and tries so once more.
    function settleBid(uint256 index) public acts {
        if (_proposals.length == 0) return;
        Entry storage entry = _proposals[index % _proposals.length];
        bytes memory refusal = settleRefusal(entry);
        if (refusal.length == 0) closeFailedRound();
        RoundResult memory result = resultOf(entry.proposal.round);
        bytes memory data = abi.encodeCall(IB52Rounds.settle, (entry.proposal, result));
        attempt(actors[index % 4], address(b52), 0, data, refusal, "SYS-03: a bid is returned too early, or twice");
        if (refusal.length > 0) return;

        uint256 rate = entry.status == CommitmentStatus.Proven ? LOST_BURN_RATE : UNPROVEN_BURN_RATE;
        if (hasLapsed(entry.proposal.round)) ++happened["settled without the result"];
        else if (result.round == 0) rate = 0;
        uint256 lost = (entry.proposal.bid * rate + 9_999) / 10_000;
        move(NATIVE, pot(address(b52), BIDS), pot(address(b52), TO_BURN), lost);
        address proposer = entry.proposal.proposer;
        move(NATIVE, pot(address(b52), BIDS), owned(address(b52), proposer), entry.proposal.bid - lost);
        entry.status = CommitmentStatus.Settled;
        refusal = wrongStatus(entry);
        attempt(actors[0], address(b52), 0, data, refusal, "SYS-03: a bid is returned twice");
    }

    // ─── For the invariants ──────────────────────────────────────────────────────────────────────────────────────────

    function proposalCount() external view returns (uint256) {
        return _proposals.length;
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    function openRound() internal {
        delete _round;
        (_round.id, _round.opensAt) = (++lastRound, this.clock());
        _opensAt[lastRound] = _round.opensAt;
        _round.registryRoot = registry.root();
    }

    function proposalEnd() internal view returns (uint256) {
        return _round.opensAt + PROPOSAL_WINDOW;
    }

    function proofEnd() internal view returns (uint256) {
        return proposalEnd() + PROOF_WINDOW;
    }

    /// @dev The window is over without a commitment, or without a proof; or no round is at hand.
    function cannotProduceHead() internal view returns (bool) {
        if (_round.isClosed) return true;
        if (!_round.hasCommitments) return this.clock() >= proposalEnd();
        return _round.ranked.length == 0 && this.clock() >= proofEnd();
    }

    /// @return isClosed Whether there is no round at hand.
    function closeFailedRound() internal returns (bool isClosed) {
        if (_round.isClosed || !cannotProduceHead()) return _round.isClosed;
        if (_round.hasCommitments && !_cores[1].isFrozen) {
            RoundResult memory result;
            (result.round, result.parent) = (uint40(_round.id), head);
            keepResult(result, 0);
        }
        return _round.isClosed = true;
    }

    /// @dev In the place of an older one, whose defaults have lapsed, and whose rewards return to the pool.
    function keepResult(RoundResult memory result, uint256 reserved) internal {
        uint256 place = result.round % ROUNDS_KEPT;
        uint256 older = _kept[place];
        requireForgotten(older);
        if (_unpaid[older] > 0) ++happened["rewards lapsed"];
        move(NATIVE, pot(address(b52), REWARDS), pot(address(b52), POOL), _unpaid[older]);
        (_unpaid[older], _unpaid[result.round], _kept[place]) = (0, reserved, result.round);
        _results[result.round] = abi.encode(result);
    }

    /// @dev INV-B52-11: nothing that makes room can be defended, demanded or slashed any more.
    function requireForgotten(uint256 round) internal view {
        if (round == 0) return;
        uint256 liabilityEnd = _opensAt[round] + 2 * (PROPOSAL_WINDOW + PROOF_WINDOW + DEFENCE_WINDOW);
        assertGe(this.clock(), liabilityEnd, "INV-B52-11: made room too early");
    }

    /// @dev Whether a later round's result has the place.
    function hasLapsed(uint256 round) internal view returns (bool) {
        return _kept[round % ROUNDS_KEPT] > round;
    }

    /// @return result Zeros if there is none.
    function resultOf(uint256 round) internal view returns (RoundResult memory result) {
        if (_results[round].length > 0) result = abi.decode(_results[round], (RoundResult));
    }

    /// @dev Why what was committed cannot be proven or settled any more.
    function commitmentRefusal(Entry storage entry) internal view returns (bytes memory) {
        address proposer = entry.proposal.proposer;
        Entry storage last = _proposals[_places[proposer][entry.proposal.height % 2] - 1];
        if (last.id != entry.id) {
            return abi.encodeWithSelector(IB52Rounds.UnknownCommitment.selector, proposer, entry.id, bytes26(last.id));
        }
        return entry.status == CommitmentStatus.Settled ? wrongStatus(entry) : bytes("");
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev A proposal that would be right now, except that its bid may be too low; at the end of the list.
    function draft(address actor, uint256 seed, uint256 transactions) private returns (Entry storage entry) {
        Core storage core = _cores[1];
        entry = _proposals.push();
        uint256 count = core.operations.length - core.executed;
        if (count > 2 * SLOTS) count = 2 * SLOTS;
        if (seed % 4 == 0) count = (seed >> 8) % (count + 1);
        // Two leaves in any case.
        uint256 rest = bound(transactions, count > SLOTS ? 0 : SLOTS + 1 - count, 2 * SLOTS - count);
        entry.data = bytes.concat(slotsOf(core, core.executed + 1, count), new bytes(rest * SLOT_BYTES));
        (entry.forcedCount, entry.feeToken, entry.seed) = (uint16(count), uint16((seed >> 16) % 4), seed);
        for (uint256 node = 1; node < 4; ++node) {
            uint256 ticket = (seed >> (16 + 8 * node)) % (TICKETS + 1);
            if (tickets[ticket].owner != address(0)) entry.promised |= uint128(ticket << (8 * node));
        }
        bool opens = cannotProduceHead();
        entry.proposal = Proposal({
            proposer: actor,
            round: uint40(opens ? lastRound + 1 : _round.id),
            height: uint40(height + 1),
            parent: head,
            contentHash: contentHashOf(entry),
            bid: seed % 16 == 7 ? MIN_BID - 1 : uint88(MIN_BID + ((seed >> 64) % 1000)),
            share: uint16((seed >> 80) % (MAX_SHARE + 1)),
            leaves: 2,
            promisedProvers: uint8((seed >> 96) % 4),
            transcript: keccak256(abi.encode(entry.promised, VOTES_ROOT))
        });
        (, entry.id) = hashesOf(entry.proposal);
    }

    /// @dev docs/b52.md §4.
    function contentHashOf(Entry storage entry) private view returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    bytes32(entry.seed),
                    keccak256(entry.data),
                    entry.forcedCount,
                    FEE_ACCOUNT,
                    entry.feeToken,
                    keccak256("")
                )
            );
    }

    /// @dev docs/b52.md §4.
    function hashesOf(Proposal memory proposal) internal view returns (bytes32 proposalHash, bytes32 id) {
        proposalHash = keccak256(
            abi.encode(
                keccak256("DecentralisedSequencing.B52.Proposal.v1"),
                _cores[1].rollup.DOMAIN(),
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

    function commitRefusal(Entry storage entry) private view returns (bytes memory) {
        Proposal memory proposal = entry.proposal;
        if (proposal.bid < MIN_BID) {
            return abi.encodeWithSelector(IB52Rounds.BidBelowMinimum.selector, proposal.bid, MIN_BID);
        }
        if (!cannotProduceHead() && this.clock() >= proposalEnd()) {
            return
                abi.encodeWithSelector(
                    IB52Rounds.ProposalWindowClosed.selector,
                    _round.id,
                    proposalEnd(),
                    this.clock()
                );
        }
        uint256 place = _places[proposal.proposer][proposal.height % 2];
        if (place != 0) {
            Entry storage last = _proposals[place - 1];
            if (last.proposal.round == proposal.round) {
                return abi.encodeWithSelector(IB52Rounds.AlreadyCommitted.selector, proposal.round, proposal.proposer);
            }
            if (last.status != CommitmentStatus.Settled) {
                return
                    abi.encodeWithSelector(
                        IB52Rounds.UnsettledCommitment.selector,
                        last.proposal.round,
                        proposal.proposer
                    );
            }
        }
        uint256 balance = bookedFor(NATIVE, address(b52), purposeOf(proposal.proposer));
        if (balance >= proposal.bid) return "";
        return
            abi.encodeWithSelector(
                INativeBalances.InsufficientBalance.selector,
                proposal.proposer,
                balance,
                proposal.bid
            );
    }

    function settleRefusal(Entry storage entry) private view returns (bytes memory refusal) {
        refusal = commitmentRefusal(entry);
        if (refusal.length > 0 || _results[entry.proposal.round].length > 0) return refusal;
        if (entry.proposal.round != _round.id || cannotProduceHead() || _cores[1].isFrozen) return "";
        return abi.encodeWithSelector(IB52Rounds.RoundNotOver.selector, _round.id, proofEnd(), this.clock());
    }

    function wrongStatus(Entry storage entry) private view returns (bytes memory) {
        return abi.encodeWithSelector(IB52Rounds.WrongStatus.selector, entry.proposal.proposer, entry.status);
    }
}
