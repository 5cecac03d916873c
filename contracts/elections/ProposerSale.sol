// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { MessageHashUtils } from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import { SignatureChecker } from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { IProposerSale } from "../interfaces/IProposerSale.sol";
import { Election } from "./Election.sol";
import { Proceeds } from "./parts/Proceeds.sol";
import { SeatElection } from "./parts/SeatElection.sol";
import { StakeRotation } from "./StakeRotation.sol";

/// @title ProposerSale
/// @notice Elects sequencers by stake. A party that is drawn may sell its slot.
contract ProposerSale is StakeRotation, Proceeds, IProposerSale {
    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    bytes32 private constant OFFER_TYPE = keccak256(
        "Offer(uint256 slot,address buyer,uint96 price,uint96 bond,uint256 lastBlock)"
    );

    bytes32 private constant DOMAIN_TYPE = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 private constant NAME_HASH = keccak256("ProposerSale");
    bytes32 private constant VERSION_HASH = keccak256("1");

    /// @dev The caller that settles a missed slot gets one part of so many of the bond.
    uint256 private constant REWARD_DIVISOR = 10;

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IProposerSale
    uint256 public immutable KEEP_RATE;

    /// @inheritdoc IProposerSale
    uint96 public immutable MIN_BOND;

    /// @inheritdoc IProposerSale
    uint256 public immutable CLOSE_BLOCKS;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev A ring: the sale of slot s is at s mod (4 · EPOCH_SLOTS). A slot is sold in its own epoch or the one
    ///      before, so the slot that had the place before is over for two epochs.
    mapping(uint256 place => Sale) private _sales;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(
        SlotParameters memory slots,
        SeatParameters memory seats,
        RotationParameters memory rotation,
        Shares memory shares,
        SaleParameters memory params
    ) StakeRotation(slots, seats, rotation) Proceeds(shares) {
        if (params.keepRate > RATE_UNIT) revert InvalidParameter("keepRate", params.keepRate);
        if (params.closeBlocks == 0 || params.closeBlocks > slots.clock.slotBlocks) {
            revert InvalidParameter("closeBlocks", params.closeBlocks);
        }
        KEEP_RATE = params.keepRate;
        MIN_BOND = params.minBond;
        CLOSE_BLOCKS = params.closeBlocks;
        emit SaleDeployed(params);
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IProposerSale
    function sell(Offer calldata offer, bytes calldata signature) external {
        uint256 slot = offer.slot;
        _requireSellable(slot);
        if (block.number > offer.lastBlock) revert OfferExpired(offer.lastBlock, block.number);
        uint256 minimum = bondFor(slot);
        if (offer.bond < minimum) revert BondTooLow(offer.bond, minimum);
        bytes32 digest = digestOf(offer);
        if (!SignatureChecker.isValidSignatureNowCalldata(offer.buyer, digest, signature)) {
            revert InvalidSignature(offer.buyer, digest);
        }

        _debit(offer.buyer, uint256(offer.price) + offer.bond);
        Sale storage place = _sales[_placeOf(slot)];
        if (place.buyer != address(0) && !place.isSettled) settle(place.slot);
        _sales[_placeOf(slot)] = Sale({
            buyer: offer.buyer,
            slot: uint40(slot),
            isSettled: false,
            seller: msg.sender,
            price: offer.price,
            bond: offer.bond
        });
        emit SlotSold(slot, msg.sender, offer.buyer, offer.price, offer.bond);
    }

    // ─── Public ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IProposerSale
    function settle(uint256 slot) public {
        Sale memory sale = saleOf(slot);
        if (sale.buyer == address(0)) revert NotSold(slot);
        if (sale.isSettled) revert AlreadySettled(slot);
        uint256 end = slotStart(slot + 1);
        bool isFrozen = _isFrozen();
        if (block.number < end && !isFrozen) revert SlotNotOver(slot, end, block.number);
        _sales[_placeOf(slot)].isSettled = true;

        (uint256 toSeller, uint256 toBuyer, uint256 reward) = (0, sale.bond, 0);
        uint256 total = uint256(sale.price) + sale.bond;
        Service service = serviceOf(slot);
        // Of an unknown slot the record is gone.
        if (isFrozen && service != Service.Unknown && slotRecord(slot).holderBatches == 0) {
            toBuyer = total;
        } else {
            toSeller = (uint256(sale.price) * KEEP_RATE) / RATE_UNIT;
            if (service == Service.Missed) {
                _countMiss(slot);
                (toBuyer, reward) = (0, sale.bond / REWARD_DIVISOR);
            }
        }
        uint256 divided = total - toSeller - toBuyer - reward;
        _credit(sale.seller, toSeller);
        _credit(sale.buyer, toBuyer);
        _credit(msg.sender, reward);
        emit SaleSettled(slot, msg.sender, toSeller, toBuyer, reward, divided);
        if (divided > 0) _divide(divided);
    }

    /// @inheritdoc SeatElection
    /// @dev A slot that was sold is a miss of its buyer.
    function reportMiss(uint256 slot) public override {
        address buyer = _buyerOf(slot);
        if (buyer != address(0)) revert SlotWasSold(slot, buyer);
        super.reportMiss(slot);
    }

    /// @inheritdoc IProposerSale
    function saleOf(uint256 slot) public view returns (Sale memory sale) {
        Sale memory kept = _sales[_placeOf(slot)];
        if (kept.slot == slot) sale = kept;
    }

    /// @inheritdoc IProposerSale
    function bondFor(uint256 slot) public view returns (uint256) {
        uint256 id = seatsOf(epochOf(slot)).idOf(_seatOf(slot));
        return Math.max(MIN_BOND, _priceOfMiss(id));
    }

    /// @inheritdoc IProposerSale
    function digestOf(Offer calldata offer) public view returns (bytes32) {
        // OpenZeppelin's EIP712 is longer by 700 bytes, which this contract does not have.
        bytes32 domain = keccak256(abi.encode(DOMAIN_TYPE, NAME_HASH, VERSION_HASH, block.chainid, address(this)));
        bytes32 hash = keccak256(
            abi.encode(OFFER_TYPE, offer.slot, offer.buyer, offer.price, offer.bond, offer.lastBlock)
        );
        return MessageHashUtils.toTypedDataHash(domain, hash);
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc SeatElection
    function _holderOf(uint256 slot) internal view override returns (address) {
        address buyer = _buyerOf(slot);
        return buyer == address(0) ? super._holderOf(slot) : buyer;
    }

    /// @inheritdoc SeatElection
    /// @dev A buyer has no backup. It paid for its slot, so it does not matter if the seat is ejected after the sale.
    function _isOpenTo(address account, uint256 slot, uint256 silence) internal view override returns (bool) {
        if (_buyerOf(slot) != address(0)) return silence >= SILENCE_BLOCKS;
        return super._isOpenTo(account, slot, silence);
    }

    /// @inheritdoc Election
    function _admitProof(
        address account,
        uint256 first,
        uint256 last,
        uint256 leaves
    ) internal override returns (bool) {
        _payFromPool(account, leaves);
        return super._admitProof(account, first, last, leaves);
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Reverts unless the caller may sell the slot in this block.
    function _requireSellable(uint256 slot) private view {
        (address drawn, , bool isEjected) = turnsOf(slot);
        if (drawn != msg.sender) revert NotSeller(slot, msg.sender, drawn);
        if (isEjected) revert SeatEjected(slot, _seatOf(slot));
        uint256 last = slotStart(slot) - CLOSE_BLOCKS;
        if (block.number > last) revert SaleClosed(slot, last, block.number);
        address buyer = _buyerOf(slot);
        if (buyer != address(0)) revert AlreadySold(slot, buyer);
    }

    /// @dev Returns the buyer of a slot; 0 if it was not sold.
    function _buyerOf(uint256 slot) private view returns (address) {
        Sale storage kept = _sales[_placeOf(slot)];
        return kept.slot == slot ? kept.buyer : address(0);
    }

    /// @dev Returns the place of a slot in the ring of sales.
    function _placeOf(uint256 slot) private view returns (uint256) {
        return slot % (4 * EPOCH_SLOTS);
    }
}
