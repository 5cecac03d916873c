// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { SignatureChecker } from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { IB52 } from "../../interfaces/IB52.sol";
import { IB52Blocks } from "../../interfaces/IB52Blocks.sol";
import { IBuilderEscrow } from "../../interfaces/IBuilderEscrow.sol";
import { IProverRegistry } from "../../interfaces/IProverRegistry.sol";
import { IRollup } from "../../interfaces/IRollup.sol";
import { BlockContents } from "../../libraries/BlockContents.sol";
import { DirectCall } from "../../libraries/DirectCall.sol";
import { B52Parameters } from "../../types/B52Parameters.sol";
import { BlockContent, BuilderLock, BuilderOffer, LockStage } from "../../types/BuilderLock.sol";
import { Commitment, CommitmentStatus, Proposal } from "../../types/Proposal.sol";
import { Round } from "../../types/Round.sol";
import { LeafVerifyingKey } from "../../verification/keys/LeafVerifyingKey.sol";

/// @title BuilderEscrow
/// @notice Holds the payments and covers of the builders of B52's blocks.
contract BuilderEscrow is EIP712, IBuilderEscrow {
    using SafeERC20 for IERC20;

    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Tokens of one account that are in no lock and in no bond.
    struct Account {
        uint96 balance; // slot 0
        uint96 requested; // slot 0: amount of the request for a withdrawal
        uint40 readyAt; // slot 0: when the request can be paid
        bool isKept; // slot 0: keeps the word from being 0 when the balance is (docs/adr/0047)
    }

    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IBuilderEscrow
    uint256 public constant MAX_LATER_BLOCKS = 32;

    bytes32 private constant OFFER_TYPE = keccak256("Offer(bytes32 id,uint96 payment,uint96 cover,uint40 deadline)");

    /// @dev In a place whose lock ended. No hash has this value. It keeps the storage slot (docs/adr/0047).
    bytes32 private constant ENDED = bytes32(uint256(1));

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IBuilderEscrow
    IB52 public immutable CONSENSUS;

    /// @inheritdoc IBuilderEscrow
    IRollup public immutable ROLLUP;

    /// @inheritdoc IBuilderEscrow
    IERC20 public immutable TOKEN;

    /// @inheritdoc IBuilderEscrow
    uint256 public immutable ANSWER_WINDOW;

    /// @inheritdoc IBuilderEscrow
    uint256 public immutable WITHDRAWAL_DELAY;

    /// @inheritdoc IBuilderEscrow
    uint96 public immutable DEMAND_BOND;

    uint256 private immutable PROPOSAL_WINDOW;
    uint256 private immutable PROOF_WINDOW;
    uint256 private immutable MAX_LEAVES;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    mapping(address account => Account) private _accounts;

    /// @dev By parity of the height: hash of the encoded `BuilderLock`, or `ENDED`.
    mapping(address proposer => mapping(uint256 parity => bytes32)) private _places;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev The windows of a B52 are not public. So the constructor is shown all its parameters, and compares their
    ///      hash.
    constructor(
        IB52 consensus,
        IRollup.CoreParameters memory core,
        B52Parameters memory params,
        IProverRegistry.StakingParameters memory staking,
        EscrowParameters memory escrow
    ) EIP712("BuilderEscrow", "1") {
        bytes32 shown = keccak256(abi.encode(core, params, staking));
        bytes32 recorded = consensus.PARAMETERS_HASH();
        if (shown != recorded) revert WrongParameters(shown, recorded);
        // An answer at its last second leaves at least half of the proof window, if the demand came at once.
        if (escrow.answerWindow == 0 || escrow.answerWindow > params.proofWindow / 2) {
            revert InvalidParameter("answerWindow", escrow.answerWindow);
        }
        // A builder cannot take away what a proposer saw when its window opened.
        if (escrow.withdrawalDelay < params.proposalWindow) {
            revert InvalidParameter("withdrawalDelay", escrow.withdrawalDelay);
        }
        CONSENSUS = consensus;
        ROLLUP = consensus.ROLLUP();
        TOKEN = params.token;
        ANSWER_WINDOW = escrow.answerWindow;
        WITHDRAWAL_DELAY = escrow.withdrawalDelay;
        DEMAND_BOND = escrow.demandBond;
        PROPOSAL_WINDOW = params.proposalWindow;
        PROOF_WINDOW = params.proofWindow;
        MAX_LEAVES = params.maxLeaves;
        emit EscrowDeployed(consensus, params.token, escrow);
    }

    // ─── External: balances ──────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IBuilderEscrow
    function deposit(address account, uint96 amount) external {
        _credit(account, amount);
        emit Deposited(account, msg.sender, amount);
        TOKEN.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IBuilderEscrow
    function requestWithdrawal(uint96 amount) external {
        Account storage account = _accounts[msg.sender];
        uint256 readyAt = block.timestamp + WITHDRAWAL_DELAY;
        (account.requested, account.readyAt) = (amount, uint40(readyAt));
        emit WithdrawalRequested(msg.sender, amount, readyAt);
    }

    /// @inheritdoc IBuilderEscrow
    function withdraw() external returns (uint256 amount) {
        Account memory account = _accounts[msg.sender];
        if (account.requested == 0) revert NoRequest(msg.sender);
        if (block.timestamp < account.readyAt) revert WithdrawalNotReady(account.readyAt, block.timestamp);
        uint96 paid = uint96(Math.min(account.requested, account.balance));
        (account.balance, account.requested) = (account.balance - paid, 0);
        _accounts[msg.sender] = account;
        emit Withdrawn(msg.sender, paid);
        TOKEN.safeTransfer(msg.sender, paid);
        return paid;
    }

    // ─── External: locks ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IBuilderEscrow
    function lock(Proposal calldata proposal, BuilderOffer calldata offer, bytes calldata signature) external {
        if (msg.sender != proposal.proposer) revert NotProposer(msg.sender, proposal.proposer);
        if (block.timestamp >= offer.deadline) revert OfferExpired(offer.deadline, block.timestamp);
        _requireOpen(proposal);
        uint256 parity = proposal.height & 1;
        bytes32 place = _places[msg.sender][parity];
        if (uint256(place) > uint256(ENDED)) revert UnresolvedLock(msg.sender, parity, place);
        (, bytes32 id) = CONSENSUS.hashesOf(proposal);
        bytes32 digest = digestOf(id, offer);
        if (!SignatureChecker.isValidSignatureNowCalldata(offer.builder, digest, signature)) {
            revert InvalidSignature(offer.builder, digest);
        }

        _debit(offer.builder, uint256(offer.payment) + offer.cover);
        BuilderLock memory locked = BuilderLock({
            id: id,
            parent: proposal.parent,
            contentHash: proposal.contentHash,
            proposer: msg.sender,
            round: proposal.round,
            height: proposal.height,
            leaves: proposal.leaves,
            builder: offer.builder,
            payment: offer.payment,
            cover: offer.cover,
            deadline: offer.deadline,
            stage: LockStage.Locked,
            answerBy: 0,
            demander: address(0)
        });
        _keep(locked);
        emit OfferLocked(msg.sender, offer.builder, proposal.round, locked);
    }

    /// @inheritdoc IBuilderEscrow
    function demand(BuilderLock calldata locked) external {
        _requireLock(locked);
        if (locked.stage != LockStage.Locked) revert AlreadyDemanded(locked.proposer, locked.round);
        _requireWithheld(locked);
        _debit(msg.sender, DEMAND_BOND);
        BuilderLock memory changed = locked;
        changed.stage = LockStage.Demanded;
        changed.answerBy = uint40(block.timestamp + ANSWER_WINDOW);
        changed.demander = msg.sender;
        _keep(changed);
        emit ContentDemanded(locked.proposer, locked.round, msg.sender, changed.answerBy);
    }

    /// @inheritdoc IBuilderEscrow
    function answer(BuilderLock calldata locked, BlockContent calldata content) external {
        _requireDemanded(locked);
        if (block.timestamp >= locked.answerBy) revert AnswerWindow(locked.answerBy, block.timestamp);
        _requireContent(locked, content);
        _credit(locked.builder, DEMAND_BOND);
        BuilderLock memory changed = locked;
        changed.stage = LockStage.Answered;
        changed.demander = address(0);
        _keep(changed);
        emit ContentShown(locked.proposer, locked.round, msg.sender);
        if (!DirectCall.isDirect()) emit ContentPublished(locked.proposer, locked.round, content);
    }

    /// @inheritdoc IBuilderEscrow
    function takeCover(BuilderLock calldata locked) external {
        _requireDemanded(locked);
        if (block.timestamp < locked.answerBy) revert AnswerWindow(locked.answerBy, block.timestamp);
        _end(locked);
        uint96 amount = locked.payment + locked.cover;
        _credit(locked.proposer, amount);
        _credit(locked.demander, DEMAND_BOND);
        emit CoverTaken(locked.proposer, locked.builder, locked.round, amount, locked.demander);
    }

    /// @inheritdoc IBuilderEscrow
    function resolve(BuilderLock calldata locked, Proposal[] calldata later) external {
        _requireLock(locked);
        if (locked.stage == LockStage.Demanded) revert DemandOpen(locked.proposer, locked.round, locked.answerBy);
        uint96 toProposer = _hasWon(locked, later) ? locked.payment : 0;
        uint96 toBuilder = locked.payment + locked.cover - toProposer;
        _end(locked);
        _credit(locked.proposer, toProposer);
        _credit(locked.builder, toBuilder);
        emit LockResolved(locked.proposer, locked.builder, locked.round, toProposer, toBuilder);
    }

    // ─── External: views ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IBuilderEscrow
    function accountOf(
        address account
    ) external view returns (uint256 balance, uint256 usable, uint256 requested, uint256 readyAt) {
        Account memory current = _accounts[account];
        return (current.balance, _usable(current), current.requested, current.readyAt);
    }

    /// @inheritdoc IBuilderEscrow
    function placeOf(address proposer, uint256 parity) external view returns (bytes32) {
        return _places[proposer][parity];
    }

    // ─── Public ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IBuilderEscrow
    function digestOf(bytes32 id, BuilderOffer calldata offer) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(OFFER_TYPE, id, offer.payment, offer.cover, offer.deadline)));
    }

    // ─── Private: balances ───────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Returns what locks and bonds may take. A request that can be paid is out of their reach, so that a builder
    ///      with an old request cannot empty its balance at once: a proposer sees what counts.
    function _usable(Account memory account) private view returns (uint256) {
        if (block.timestamp < account.readyAt) return account.balance;
        return Math.saturatingSub(account.balance, account.requested);
    }

    /// @dev Adds to a balance. An amount of 0 creates no storage.
    function _credit(address account, uint96 amount) private {
        if (amount == 0) return;
        Account memory current = _accounts[account];
        (current.balance, current.isKept) = (current.balance + amount, true);
        _accounts[account] = current;
    }

    /// @dev Takes from a balance.
    function _debit(address account, uint256 amount) private {
        Account memory current = _accounts[account];
        uint256 usable = _usable(current);
        if (usable < amount) revert InsufficientBalance(account, usable, amount);
        // At most `usable`, which has 96 bits.
        _accounts[account].balance = current.balance - uint96(amount);
    }

    // ─── Private: places ─────────────────────────────────────────────────────────────────────────────────────────────

    function _keep(BuilderLock memory locked) private {
        _places[locked.proposer][locked.height & 1] = keccak256(abi.encode(locked));
    }

    function _end(BuilderLock calldata locked) private {
        _places[locked.proposer][locked.height & 1] = ENDED;
    }

    function _requireLock(BuilderLock calldata locked) private view {
        bytes32 shown = keccak256(abi.encode(locked));
        bytes32 recorded = _places[locked.proposer][locked.height & 1];
        if (shown != recorded) revert UnknownLock(shown, recorded);
    }

    function _requireDemanded(BuilderLock calldata locked) private view {
        _requireLock(locked);
        if (locked.stage != LockStage.Demanded) revert NoDemand(locked.proposer, locked.round);
    }

    // ─── Private: conditions ─────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Reverts unless the round and the clock let the proposal be committed now. So an offer cannot be locked
    ///      again when its lock has ended: a lock ends when nothing can be committed any more.
    function _requireOpen(Proposal calldata proposal) private view {
        (uint256 round, uint256 height, bool isOpen) = CONSENSUS.openRound();
        if (!isOpen || proposal.round != round || proposal.height != height) {
            revert RoundNotOpen(proposal.round, proposal.height, round, height, isOpen);
        }
    }

    /// @dev Reverts unless the block is committed, can be proven now, and was not proven. Only then can its content be
    ///      missing.
    function _requireWithheld(BuilderLock calldata locked) private view {
        Round memory round = CONSENSUS.roundOf(locked.height);
        if (round.id != locked.round) revert WrongRound(locked.round, round.id);
        uint256 from = uint256(round.opensAt) + PROPOSAL_WINDOW;
        uint256 until = from + PROOF_WINDOW - ANSWER_WINDOW;
        if (block.timestamp < from || block.timestamp >= until) revert DemandWindow(from, until, block.timestamp);
        bytes32 head = CONSENSUS.head();
        if (bytes26(locked.parent) != bytes26(head)) revert NotOnHead(locked.parent, head);
        Commitment memory made = CONSENSUS.commitmentOf(locked.proposer, locked.height & 1);
        if (made.hash != bytes26(locked.id) || made.status != CommitmentStatus.Committed) {
            revert NotCommitted(locked.proposer, locked.id, made.hash, made.status);
        }
        if (ROLLUP.isFrozen()) revert RollupFrozen();
    }

    /**
     * @dev Reverts unless the content is the committed one, and B52 would take it. Otherwise a builder could show a
     *      content that nobody can prove, and the proposer would lose a part of its bid without a cover.
     *
     *      All of it stays as it was at the commitment: the round of the lock is open until the end of its proof
     *      window, which is later than `answerBy`, and the head does not move before.
     */
    function _requireContent(BuilderLock calldata locked, BlockContent calldata content) private view {
        bytes32 shown = BlockContents.hashOf(
            content.salt,
            keccak256(content.data),
            content.forcedCount,
            content.feeAccount,
            content.feeToken,
            content.includeList
        );
        if (shown != locked.contentHash) revert IB52Blocks.WrongContent(shown, locked.contentHash);
        // After a freeze the core checks no forced operations.
        if (ROLLUP.isFrozen()) return;
        BlockContents.requireTreeSize(content.data.length, locked.leaves);
        Round memory round = CONSENSUS.roundOf(locked.height);
        ROLLUP.previewForced(
            ROLLUP.executedOperations(),
            content.forcedCount,
            BlockContents.forcedSlots(content.data, content.forcedCount),
            uint256(locked.leaves) * LeafVerifyingKey.SLOTS,
            uint256(round.opensAt) + PROPOSAL_WINDOW + PROOF_WINDOW
        );
        BlockContents.requireIncludeList(
            content.data,
            content.includeList,
            content.forcedCount,
            MAX_LEAVES,
            round.hasList ? CONSENSUS.listDue(locked.height) : bytes32(0)
        );
    }

    /// @dev Returns whether the block won. Reverts while this is open.
    function _hasWon(BuilderLock calldata locked, Proposal[] calldata later) private view returns (bool) {
        uint256 height = CONSENSUS.height();
        if (height >= locked.height) return _isOnChain(locked, later, height - locked.height);
        Round memory round = CONSENSUS.roundOf(locked.height);
        if (round.id != locked.round) {
            // Nobody has opened the round, or it was closed.
            if (block.timestamp < locked.deadline) revert LockBinding(locked.deadline, block.timestamp);
            return false;
        }
        uint256 proposalEnd = uint256(round.opensAt) + PROPOSAL_WINDOW;
        if (block.timestamp < proposalEnd) revert LockBinding(proposalEnd, block.timestamp);
        Commitment memory made = CONSENSUS.commitmentOf(locked.proposer, locked.height & 1);
        if (made.hash != bytes26(locked.id)) return false;
        uint256 proofEnd = proposalEnd + PROOF_WINDOW;
        if (block.timestamp < proofEnd) revert LockBinding(proofEnd, block.timestamp);
        if (made.status == CommitmentStatus.Proven && !ROLLUP.isFrozen()) revert RoundUndecided(locked.round);
        return false;
    }

    /**
     * @dev Returns whether the block is on the chain. Each block names its parent, so the proposals from the head back
     *      to the lock's height say which block is there.
     * @param count Number of blocks after the lock's height.
     */
    function _isOnChain(
        BuilderLock calldata locked,
        Proposal[] calldata later,
        uint256 count
    ) private view returns (bool) {
        if (count > MAX_LATER_BLOCKS) return false;
        if (later.length != count) revert WrongChainLength(later.length, count);
        bytes32 id = CONSENSUS.head();
        for (uint256 i = count; i > 0; --i) {
            (, bytes32 shown) = CONSENSUS.hashesOf(later[i - 1]);
            // Of a parent the first 208 bits count, as in `IB52Rounds.commit`.
            if (bytes26(shown) != bytes26(id)) revert NotOnChain(i - 1, shown, id);
            id = later[i - 1].parent;
        }
        return bytes26(id) == bytes26(locked.id);
    }
}
