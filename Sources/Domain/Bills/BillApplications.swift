// Payments, credits and refunds applied to bills: what may be applied to what, and how much.
// The database holds the same rules by triggers.

/// What settles a bill.
public enum ApplicationSource: String, Sendable, Hashable, CaseIterable {
  case payment, credit, refund

  /// The kind of source a transaction is; nil when nothing of it can be applied to a bill.
  ///
  /// - Parameter debitsPayables: whether it has a debit on the payables account. A vendor's refund
  ///   that does not is income of the bank and settles nothing (invariant I31).
  public init?(transactionType: String, debitsPayables: Bool) {
    switch transactionType {
    case "Check", "ElectronicFundsTransfer", "CreditCardPurchase", "BillPayment": self = .payment
    case "VendorCredit": self = .credit
    case "VendorRefund" where debitsPayables: self = .refund
    default: return nil
    }
  }
}

/// What the rules need to know of a bill, a source and what one is to give the other.
public struct ApplicationFacts: Sendable, Hashable {
  /// Where the bill stands.
  public var billState: BillState
  /// Whether the bill reverses another one.
  public var billIsReversal: Bool
  /// Whether the bill stands in the ledger.
  public var billIsPosted: Bool
  /// Whether the bill's content is still what was approved.
  public var billIsAsApproved: Bool
  /// What the bill amounts to.
  public var billTotal: Money
  /// What other sources settle of it: payments and credits together.
  public var settledByOthers: Money
  /// The bill's day.
  public var billDate: CalendarDate?
  /// The bill's vendor.
  public var billVendor: String?

  /// The kind of source; nil when the transaction is none.
  public var source: ApplicationSource?
  /// Buildium's word for what the transaction is.
  public var sourceType: String
  /// Whether the source is the bill's own entry.
  public var sourceIsBill: Bool
  /// Whether the source stands in the ledger.
  public var sourceIsPosted: Bool
  /// Whether the source was reversed.
  public var sourceIsReversed: Bool
  /// Whether the source is reconciled with the bank.
  public var sourceIsReconciled: Bool
  /// What the source amounts to, less what was paid back of it.
  public var sourceTotal: Money
  /// What of it is applied to other bills.
  public var usedByOthers: Money
  /// The source's day.
  public var sourceDate: CalendarDate?
  /// Whom the source paid or was from; nil where it is not known.
  public var sourceVendor: String?

  /// What is applied from this source to this bill already; nil when nothing is.
  public var existing: Money?
  /// What is to be applied instead.
  public var amount: Money
  /// The day of the application.
  public var date: CalendarDate

  /// Facts of an application; all of it is said.
  public init(
    billState: BillState, billIsReversal: Bool = false, billIsPosted: Bool = true,
    billIsAsApproved: Bool = true, billTotal: Money, settledByOthers: Money = .zero,
    billDate: CalendarDate? = nil, billVendor: String? = nil, source: ApplicationSource?,
    sourceType: String = "", sourceIsBill: Bool = false, sourceIsPosted: Bool = true,
    sourceIsReversed: Bool = false, sourceIsReconciled: Bool = false, sourceTotal: Money,
    usedByOthers: Money = .zero, sourceDate: CalendarDate? = nil, sourceVendor: String? = nil,
    existing: Money? = nil, amount: Money, date: CalendarDate
  ) {
    (self.billState, self.billIsReversal, self.billIsPosted) =
      (billState, billIsReversal, billIsPosted)
    (self.billIsAsApproved, self.billTotal) = (billIsAsApproved, billTotal)
    (self.settledByOthers, self.billDate, self.billVendor) =
      (settledByOthers, billDate, billVendor)
    (self.source, self.sourceType, self.sourceIsBill) = (source, sourceType, sourceIsBill)
    (self.sourceIsPosted, self.sourceIsReversed) = (sourceIsPosted, sourceIsReversed)
    (self.sourceIsReconciled, self.sourceTotal) = (sourceIsReconciled, sourceTotal)
    (self.usedByOthers, self.sourceDate, self.sourceVendor) =
      (usedByOthers, sourceDate, sourceVendor)
    (self.existing, self.amount, self.date) = (existing, amount, date)
  }
}

/// Why something is not applied to a bill, in the order in which it is looked at.
public enum ApplicationRefusal: Error, Sendable, Hashable {
  case notPositive
  case billReversal
  case billNotApproved(BillState)
  case billNotPosted
  case billChanged
  case sourceIsBill
  case notASource(String)
  case sourceNotPosted
  case sourceReversed
  case otherVendor
  case sourceReconciled
  case alreadyApplied(Money)
  case tooEarly(CalendarDate)
  case exceedsBill(remaining: Money)
  case exceedsSource(available: Money)
  case notApplied
}

extension ApplicationFacts {
  /// Why the amount may not be applied; nil when it may (invariants I19 to I25, I29).
  ///
  /// - Parameter changes: whether replacing what is applied already is meant.
  public func refusal(changes: Bool = false) -> ApplicationRefusal? {
    if amount <= .zero { return .notPositive }
    if billIsReversal { return .billReversal }
    if billState != .approved { return .billNotApproved(billState) }
    if !billIsPosted { return .billNotPosted }
    if !billIsAsApproved { return .billChanged }
    if sourceIsBill { return .sourceIsBill }
    if source == nil { return .notASource(sourceType) }
    if !sourceIsPosted { return .sourceNotPosted }
    if sourceIsReversed { return .sourceReversed }
    if let billVendor, let sourceVendor, billVendor != sourceVendor { return .otherVendor }
    if let existing {
      if sourceIsReconciled { return .sourceReconciled }
      if !changes { return .alreadyApplied(existing) }
    }
    if let earliest = [billDate, sourceDate].compactMap(\.self).max(), date < earliest {
      return .tooEarly(earliest)
    }
    let remaining = billTotal - settledByOthers
    if amount > remaining { return .exceedsBill(remaining: remaining) }
    let available = sourceTotal - usedByOthers
    if amount > available { return .exceedsSource(available: available) }
    return nil
  }
}

extension ApplicationRefusal {
  /// The refusal in words.
  public var refusal: Refusal {
    switch self {
    case .notPositive: Refusal("not_positive", "Only an amount above zero is applied.")
    case .billReversal: BillRefusal.reversal.refusal
    case .billNotApproved(let state): BillRefusal.notInState(state, .apply).refusal
    case .billNotPosted:
      Refusal("bill_not_posted", "The bill does not stand in the ledger.")
    case .billChanged:
      Refusal(
        "changed_since_approval", "Buildium changed the bill after it was approved here.",
        hint: "Look at it and approve it again.")
    case .sourceIsBill: Refusal("source_is_bill", "A bill does not pay itself.")
    case .notASource(let type):
      Refusal(
        "not_a_source",
        "\(type.isEmpty ? "The transaction" : "A transaction of type \(type)") settles no bill.",
        hint: "Name a payment to the vendor, a vendor credit, or a refund that debits payables.")
    case .sourceNotPosted:
      Refusal("source_not_posted", "The payment or credit does not stand in the ledger.")
    case .sourceReversed: Refusal("source_reversed", "The payment or credit was reversed.")
    case .otherVendor: Refusal("other_vendor", "The payment or credit is another vendor's.")
    case .sourceReconciled:
      Refusal(
        "reconciled", "The payment is reconciled with the bank, so what it settles stays.")
    case .alreadyApplied(let amount):
      Refusal(
        "already_applied", "\(amount) of it is applied to the bill already.",
        hint: "To change the amount: --change.")
    case .tooEarly(let day):
      Refusal("too_early", "It is not applied before \(day), when bill and source were there.")
    case .exceedsBill(let remaining):
      Refusal("exceeds_bill", "Of the bill \(remaining) remains to be settled.")
    case .exceedsSource(let available):
      Refusal("exceeds_source", "Of the payment or credit \(available) is available.")
    case .notApplied: Refusal("not_applied", "Nothing of it is applied to the bill.")
    }
  }
}
