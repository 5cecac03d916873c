// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { IB52 } from "../../interfaces/IB52.sol";
import { IBatchVerifier } from "../../interfaces/IBatchVerifier.sol";
import { IProverRegistry } from "../../interfaces/IProverRegistry.sol";
import { IRollup } from "../../interfaces/IRollup.sol";
import { CircuitSizes } from "../../libraries/CircuitSizes.sol";
import { Rewards } from "../../libraries/Rewards.sol";
import { ProverRegistry } from "../../staking/ProverRegistry.sol";
import { NumberedList, packList } from "../../types/NumberedList.sol";
import { CoreDeployer } from "../CoreDeployer.sol";
import { NativeBalances } from "../NativeBalances.sol";
import { BlockRecords } from "./BlockRecords.sol";

/// @title B52Rounds
/// @notice Rounds of B52 and their clock, and the commitments to proposals.
abstract contract B52Rounds is NativeBalances, CoreDeployer, IB52 {
    using BlockRecords for BlockRecords.Books;

    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    struct Chain {
        uint40 height; // slot 0: of the head
        uint40 lastRound; // slot 0: id of the round opened last
        uint40 lastList; // slot 0: greatest height for which a list is or was due
    }

    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    uint256 internal constant MAX_UNCLES_LIMIT = 3;

    /// @dev After the registry.
    uint8 private constant CORE_NONCE = 2;

    bytes32 private constant PROPOSAL_TAG = keccak256("DecentralisedSequencing.B52.Proposal.v1");

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IB52
    IProverRegistry public immutable REGISTRY;

    /// @inheritdoc IB52
    IBatchVerifier public immutable VERIFIER;

    /// @inheritdoc IB52
    bytes32 public immutable PARAMETERS_HASH;

    /// @inheritdoc IB52
    uint256 public immutable ROUNDS_KEPT;

    uint256 internal immutable PROPOSAL_WINDOW;
    uint256 internal immutable PROOF_WINDOW;
    uint256 internal immutable DEFENCE_WINDOW;
    bool internal immutable PIPELINED;
    bool internal immutable FAIR_PAY;
    uint256 internal immutable MAX_UNCLES;
    uint256 internal immutable MAX_LEAVES;
    uint96 internal immutable BASE_FEE;
    uint256 internal immutable MIN_BID;
    uint256 internal immutable BLOCK_REWARD;
    uint256 internal immutable UNCLE_REWARD;
    uint256 internal immutable TIP;
    uint256 internal immutable VOTE_DEPOSIT;
    uint256 internal immutable BOUNTY;
    uint256 internal immutable LOST_BURN_RATE;
    uint256 internal immutable UNPROVEN_BURN_RATE;
    uint256 internal immutable MAX_SHARE;
    uint256 internal immutable TARGET_PROVERS;
    uint256 internal immutable MIN_SLOPE;
    uint256 internal immutable MAX_SLOPE;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    Chain internal _chain;
    BlockRecords.Treasury internal _treasury;

    /// @inheritdoc IB52
    bytes32 public head;

    /// @dev By parity of the height: the round of the next block, and, pipelined, of the one after it.
    mapping(uint256 parity => Round) internal _rounds;

    /// @dev Of the same rounds: the root of the provers' keys when they were opened.
    mapping(uint256 parity => uint256) internal _registryRoots;

    /// @dev By parity of the height.
    mapping(address proposer => mapping(uint256 parity => Commitment)) internal _commitments;

    /// @dev By parity of the height, with the height: lists are due at the next height and at the one after it alone.
    mapping(uint256 parity => NumberedList) private _listsDue;

    /// @dev Results of rounds, and records of proven blocks.
    BlockRecords.Books internal _books;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(
        IRollup.CoreParameters memory core,
        Parameters memory params,
        IProverRegistry.StakingParameters memory staking,
        bytes32 coreCodeHash
    ) NativeBalances(params.token) CoreDeployer(core, coreCodeHash, CORE_NONCE) {
        _checkParameters(core, params, staking);
        VERIFIER = params.verifier;
        PROPOSAL_WINDOW = params.proposalWindow;
        PROOF_WINDOW = params.proofWindow;
        DEFENCE_WINDOW = params.defenceWindow;
        PIPELINED = params.pipelined;
        FAIR_PAY = params.fairPay;
        MAX_UNCLES = params.maxUncles;
        MAX_LEAVES = params.maxLeaves;
        BASE_FEE = params.baseFee;
        MIN_BID = params.minBid;
        BLOCK_REWARD = params.blockReward;
        UNCLE_REWARD = params.uncleReward;
        TIP = params.tip;
        VOTE_DEPOSIT = params.voteDeposit;
        BOUNTY = params.bounty;
        LOST_BURN_RATE = params.lostBurnRate;
        UNPROVEN_BURN_RATE = params.unprovenBurnRate;
        MAX_SHARE = params.maxShare;
        TARGET_PROVERS = params.targetProvers;
        MIN_SLOPE = params.minSlope;
        MAX_SLOPE = params.maxSlope;
        ROUNDS_KEPT = _roundsKept(params);

        REGISTRY = new ProverRegistry(params.token, staking);
        _treasury.slope = params.minSlope;
        PARAMETERS_HASH = keccak256(abi.encode(core, params, staking));
        emit ConsensusDeployed(ROLLUP, REGISTRY, core, params, staking);
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IB52
    function commit(Proposal calldata proposal, address parentProposer) external {
        if (msg.sender != proposal.proposer) revert NotProposer(msg.sender, proposal.proposer);
        if (proposal.bid < MIN_BID) revert BidBelowMinimum(proposal.bid, MIN_BID);
        if (proposal.share > MAX_SHARE) revert ShareAboveMaximum(proposal.share, MAX_SHARE);
        _requireTree(proposal);
        (Round memory round, bool isNext) = _openForProposals(_closeIfDead());
        if (proposal.round != round.id || proposal.height != round.height) {
            revert WrongRound(proposal.round, proposal.height, round.id, round.height);
        }
        if (isNext) _requireLiveParent(proposal, parentProposer);
        else _requireHead(proposal);

        Commitment storage place = _commitments[msg.sender][proposal.height & 1];
        Commitment memory previous = place;
        if (previous.round == proposal.round) revert AlreadyCommitted(proposal.round, msg.sender);
        if (previous.status == Status.Committed || previous.status == Status.Proven) {
            revert UnsettledCommitment(previous.round, msg.sender);
        }
        (, bytes32 id) = hashesOf(proposal);
        _debit(msg.sender, proposal.bid);
        (place.hash, place.round, place.status) = (bytes26(id), proposal.round, Status.Committed);
        if (!round.hasCommitments) _rounds[proposal.height & 1].hasCommitments = true;
        emit ProposalCommitted(proposal.round, msg.sender, id, proposal);
    }

    /// @inheritdoc IB52
    function settle(Proposal calldata proposal, RoundResult calldata result) external {
        _closeIfDead();
        (Commitment storage commitment, , ) = _requireCommitment(proposal);
        uint256 rate = commitment.status == Status.Proven ? LOST_BURN_RATE : UNPROVEN_BURN_RATE;
        uint256 latest = _books.outcomes[proposal.round % ROUNDS_KEPT].round;
        if (latest < proposal.round) {
            // After a freeze nothing can be proven any more: every bid goes back.
            if (_isLive(proposal.round) && !ROLLUP.isFrozen()) {
                uint256 endsAt = _rounds[proposal.height & 1].opensAt + PROPOSAL_WINDOW + PROOF_WINDOW;
                revert RoundNotOver(proposal.round, endsAt, block.timestamp);
            }
            rate = 0;
        } else if (!_books.builtOnHead(ROUNDS_KEPT, proposal.round, proposal.parent, result)) {
            // It could not be proven, and nobody is to blame.
            rate = 0;
        }
        commitment.status = Status.Settled;
        (uint256 burned, uint256 returned) = Rewards.divideBid(proposal.bid, rate);
        if (burned > 0) _treasury.toBurn += uint96(burned);
        if (returned > 0) _credit(proposal.proposer, returned);
        emit CommitmentSettled(proposal.round, proposal.proposer, returned, burned);
    }

    /// @inheritdoc IB52
    function height() external view returns (uint256) {
        return _chain.height;
    }

    /// @inheritdoc IB52
    function openRound() external view returns (uint256 round, uint256 forHeight, bool isOpen) {
        Chain memory chain = _chain;
        forHeight = uint256(chain.height) + 1;
        Round memory current = _rounds[forHeight & 1];
        if (current.id == 0 || _isDead(current)) return (uint256(chain.lastRound) + 1, forHeight, true);
        uint256 proposalEnd = current.opensAt + PROPOSAL_WINDOW;
        if (block.timestamp < proposalEnd) return (current.id, forHeight, true);
        ++forHeight;
        Round memory next = _rounds[forHeight & 1];
        round = _isNext(next, forHeight) ? next.id : uint256(chain.lastRound) + 1;
        isOpen = PIPELINED && block.timestamp < proposalEnd + PROPOSAL_WINDOW;
    }

    /// @inheritdoc IB52
    function roundOf(uint256 forHeight) public view returns (Round memory round) {
        round = _rounds[forHeight & 1];
        if (round.height != forHeight || forHeight <= _chain.height || round.id == 0) delete round;
    }

    /// @inheritdoc IB52
    function registryRootOf(uint256 forHeight) external view returns (uint256) {
        return roundOf(forHeight).id == 0 ? 0 : _registryRoots[forHeight & 1];
    }

    /// @inheritdoc IB52
    function commitmentOf(address proposer, uint256 parity) external view returns (Commitment memory) {
        return _commitments[proposer][parity];
    }

    /// @inheritdoc IB52
    function treasury() external view returns (uint256 pool, uint256 toBurn, uint256 slope) {
        BlockRecords.Treasury memory current = _treasury;
        return (current.pool, current.toBurn, current.slope);
    }

    // ─── Public ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IB52
    function listDue(uint256 forHeight) public view returns (bytes32) {
        return _listsDue[forHeight & 1].listFor(forHeight);
    }

    /// @inheritdoc IB52
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
    /// @dev Until then there is no head to build on. The first round is open since the deployment; if its window ends
    ///      before, it is dead, and the first proposal opens another one.
    function _begin() internal override {
        head = keccak256(abi.encode(DOMAIN));
    }

    function _open(uint256 forHeight, uint256 opensAt) internal returns (Round memory round) {
        uint256 registryRoot = REGISTRY.root();
        uint40 id = ++_chain.lastRound;
        bool hasList = forHeight <= _chain.lastList && listDue(forHeight) != 0;
        round = Round(id, uint40(forHeight), uint40(opensAt), false, 0, hasList, false);
        _rounds[forHeight & 1] = round;
        _registryRoots[forHeight & 1] = registryRoot;
        emit RoundOpened(round.id, forHeight, opensAt, registryRoot);
    }

    /// @dev Whether `next` is the round of `forHeight`, the height after that of the next block.
    function _isNext(Round memory next, uint256 forHeight) internal pure returns (bool) {
        return next.height == forHeight && next.id != 0;
    }

    /// @return commitment Of the proposal, which was committed or proven and not settled.
    /// @return proposalHash What its provers signed.
    /// @return id Commitment hash.
    function _requireCommitment(
        Proposal calldata proposal
    ) internal view returns (Commitment storage commitment, bytes32 proposalHash, bytes32 id) {
        (proposalHash, id) = hashesOf(proposal);
        commitment = _commitments[proposal.proposer][proposal.height & 1];
        if (bytes26(id) != commitment.hash) revert UnknownCommitment(proposal.proposer, id, commitment.hash);
        Status status = commitment.status;
        if (status == Status.Settled) revert WrongStatus(proposal.proposer, status);
    }

    /// @dev Of a commitment hash L1 keeps 208 bits (`_requireLiveParent`): the rest never makes a difference.
    function _requireHead(Proposal calldata proposal) internal view {
        bytes32 current = head;
        if (current == 0) revert CoreMissing();
        if (bytes26(proposal.parent) != bytes26(current)) revert WrongParent(proposal.parent, current);
    }

    function _setListDue(uint256 forHeight, bytes32 list) internal {
        _chain.lastList = uint40(forHeight);
        _listsDue[forHeight & 1] = packList(list, forHeight);
    }

    /// @dev The contract has as many tokens more than it owed, so it cannot be more than there are, below 2^96.
    function _addToPool(uint256 amount) internal {
        _treasury.pool += uint96(amount);
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev The tree is one that can be proven, and has room for the provers.
    function _requireTree(Proposal calldata proposal) private view {
        uint256 leaves = proposal.leaves;
        if ((leaves != 2 && leaves != 4 && leaves != 8) || leaves > MAX_LEAVES) {
            revert InvalidTreeSize(leaves, MAX_LEAVES);
        }
        if (proposal.promisedProvers >= 2 * leaves) revert TooManyProvers(proposal.promisedProvers, 2 * leaves - 1);
    }

    /// @dev Nothing can come of the round any more.
    function _isDead(Round memory round) private view returns (bool) {
        uint256 proposalEnd = round.opensAt + PROPOSAL_WINDOW;
        if (!round.hasCommitments) return block.timestamp >= proposalEnd;
        return round.ranked == 0 && block.timestamp >= proposalEnd + PROOF_WINDOW;
    }

    /**
     * @dev Closes the current round if it is dead, and the next one with it, whose proposals build on nothing.
     * @return current The round of the next block; id 0 if it is closed.
     */
    function _closeIfDead() private returns (Round memory current) {
        uint256 forHeight = uint256(_chain.height) + 1;
        current = _rounds[forHeight & 1];
        if (current.id == 0 || !_isDead(current)) return current;
        if (current.hasCommitments && !ROLLUP.isFrozen()) {
            _books.abandon(_treasury, ROUNDS_KEPT, current.id, forHeight, head);
        }
        current.id = 0;
        _rounds[forHeight & 1].id = 0;
        if (_isNext(_rounds[(forHeight + 1) & 1], forHeight + 1)) _rounds[(forHeight + 1) & 1].id = 0;
    }

    /**
     * @param current The round of the next block; id 0 if it is closed.
     * @return round The one whose proposal window is open now; a new one if none is at hand.
     * @return isNext Whether it is that of the height after the one which is being proven.
     */
    function _openForProposals(Round memory current) private returns (Round memory round, bool isNext) {
        if (current.id == 0) return (_open(uint256(_chain.height) + 1, block.timestamp), false);
        uint256 proposalEnd = current.opensAt + PROPOSAL_WINDOW;
        if (block.timestamp < proposalEnd) return (current, false);
        uint256 closedAt = PIPELINED ? proposalEnd + PROPOSAL_WINDOW : proposalEnd;
        if (block.timestamp >= closedAt) revert ProposalWindowClosed(current.id, closedAt, block.timestamp);
        uint256 forHeight = uint256(current.height) + 1;
        round = _rounds[forHeight & 1];
        if (!_isNext(round, forHeight)) round = _open(forHeight, proposalEnd);
        isNext = true;
    }

    /// @dev The parent of a proposal for the next height must be a commitment of the current round.
    function _requireLiveParent(Proposal calldata proposal, address parentProposer) private view {
        uint256 parity = (proposal.height - 1) & 1;
        Commitment memory parent = _commitments[parentProposer][parity];
        if (parent.hash != bytes26(proposal.parent) || parent.round != _rounds[parity].id) {
            revert WrongParent(proposal.parent, parent.hash);
        }
    }

    function _isLive(uint256 round) private view returns (bool) {
        uint256 forHeight = uint256(_chain.height) + 1;
        if (_rounds[forHeight & 1].id == round) return true;
        Round memory next = _rounds[(forHeight + 1) & 1];
        return _isNext(next, forHeight + 1) && next.id == round;
    }

    /// @dev Seconds from the opening of a round until no default of it can be slashed any more.
    function _liabilityOf(Parameters memory params) private pure returns (uint256) {
        return 2 * (uint256(params.proposalWindow) + params.proofWindow + params.defenceWindow);
    }

    /**
     * @dev Two rounds after another one opens no earlier than a proposal and a proof window later, however rounds die:
     *      next rounds begin with a proof window, and of two rounds in a row at most one has no time to be proven
     *      (docs/adr/0046). So round r + 2n opens when the liability of round r is over, if n such pairs of windows are
     *      as long.
     */
    function _roundsKept(Parameters memory params) private pure returns (uint256) {
        return 2 * Math.ceilDiv(_liabilityOf(params), uint256(params.proposalWindow) + params.proofWindow);
    }

    function _checkParameters(
        IRollup.CoreParameters memory core,
        Parameters memory params,
        IProverRegistry.StakingParameters memory staking
    ) private view {
        if (address(params.token).code.length == 0) revert InvalidParameter("token", uint160(address(params.token)));
        // Sums of amounts are kept in 96 bits: what is burned, or in the pool, must never be able to stop the chain.
        uint256 supply = params.token.totalSupply();
        if (supply > type(uint96).max) revert InvalidParameter("supply", supply);
        if (address(params.verifier).code.length == 0) {
            revert InvalidParameter("verifier", uint160(address(params.verifier)));
        }
        CircuitSizes.requireMergeVerifier(address(params.verifier));
        _requireRange("proposalWindow", params.proposalWindow, 1, 30 days);
        _requireRange("proofWindow", params.proofWindow, 1, 30 days);
        _requireRange("defenceWindow", params.defenceWindow, 3, 30 days);
        if (params.pipelined) _requireRange("proposalWindow", params.proposalWindow, params.proofWindow, 30 days);
        // Then what has to be taken is known before a round begins.
        uint256 windows = uint256(params.proposalWindow) + params.proofWindow;
        _requireRange("forcedDeadline", core.forcedDeadline, windows, type(uint32).max);
        // From the deadline on, the round that has to take the operation ends within these windows. It may be dead, and
        // so may be the one after it; a third time they pass until somebody proposes and the state is advanced.
        _requireRange("escapeDelay", core.escapeDelay, core.forcedDeadline + 3 * windows, type(uint32).max);
        // Whoever leaves is in two rounds at most, which were open then, and both can still be defended and slashed.
        _requireRange("exitDelay", staking.exitDelay, _liabilityOf(params), type(uint32).max);
        _requireRange("maxUncles", params.maxUncles, 0, MAX_UNCLES_LIMIT);
        if (params.maxLeaves != 2 && params.maxLeaves != 4 && params.maxLeaves != 8) {
            revert InvalidParameter("maxLeaves", params.maxLeaves);
        }
        _requireRange("minBid", params.minBid, 1, type(uint88).max);
        _requireRange("lostBurnRate", params.lostBurnRate, 0, Rewards.RATE_UNIT);
        _requireRange("unprovenBurnRate", params.unprovenBurnRate, 0, Rewards.RATE_UNIT);
        _requireRange("maxShare", params.maxShare, 0, Rewards.RATE_UNIT / 2);
        uint256 maxNodes = 2 * uint256(params.maxLeaves) - 1;
        _requireRange("targetProvers", params.targetProvers, 1, maxNodes);
        // What leaving out one node costs a proposer, so that a slash of its provers never pays.
        (uint256 toProposer, ) = Rewards.split(params.blockReward, params.maxShare);
        _requireRange("bounty", params.bounty, 0, toProposer / maxNodes);
        _requireRange("minSlope", params.minSlope, 1e9, params.maxSlope);
    }

    function _requireRange(string memory name, uint256 value, uint256 minimum, uint256 maximum) private pure {
        if (value < minimum || value > maximum) revert InvalidParameter(name, value);
    }
}
