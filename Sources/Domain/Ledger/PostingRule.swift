/// The side of a posting.
public enum PostingSide: String, Sendable, Hashable {
  case debit = "Debit"
  case credit = "Credit"

  /// The other side.
  public var opposite: PostingSide { self == .debit ? .credit : .debit }
}

/// A line as double entry wants it: a side and an amount above zero.
public struct Posting: Sendable, Hashable {
  /// Debit or credit.
  public var side: PostingSide
  /// Zero or above.
  public var amount: Money

  /// A posting of an amount; a negative one stands on the other side.
  public init(_ side: PostingSide, _ amount: Money) {
    self.side = amount.minorUnits < 0 ? side.opposite : side
    self.amount = amount.magnitude
  }

  /// The amount with debits positive.
  public var debitAmount: Money { side == .debit ? amount : -amount }
}

/// On which side Buildium's lines are posted, which it does not say.
///
/// Rules: accounting facts, section 1.3. A transaction type that is not in the table is not guessed:
/// the transaction is set apart and shown to a person.
public enum PostingRule {
  /// What a transaction type means for its lines.
  private enum Kind { case credit, debit, natural }

  private static func kind(of transactionType: String) -> Kind? {
    switch transactionType {
    case "Charge", "Payment", "OwnerContribution", "VendorRefund", "VendorCredit",
      "RentalApplicationFeePayment", "UnreversedPayment", "UnreversedElectronicFundsTransfer",
      "UnreversedOwnerContribution", "UnreversedRentalApplicationFeePayment", "ReversedEftRefund":
      .credit
    case "Bill", "Check", "ElectronicFundsTransfer", "CreditCardPurchase", "Credit", "Refund",
      "ReversePayment", "ReverseElectronicFundsTransfer", "ReverseOwnerContribution",
      "ReverseRentalApplicationFeePayment":
      .debit
    case "GeneralJournalEntry", "ApplyDeposit", "Other", "Deposit", "CreditCardPayment": .natural
    default: nil
    }
  }

  /// Whether an account of a type (`Asset`, `Liability`, `Equity`, `Income`, `Expense`) grows by
  /// debits; nil for a type that is not known.
  public static func isDebitNormal(accountType: String) -> Bool? {
    switch accountType {
    case "Asset", "Expense": true
    case "Liability", "Equity", "Income": false
    default: nil
    }
  }

  /// Whether the meaning of a transaction type is known; the lines of another are not guessed.
  public static func isKnown(transactionType: String) -> Bool { kind(of: transactionType) != nil }

  /// Whether a transaction's lines say their own sides, so that they may balance by themselves.
  public static func isNatural(transactionType: String) -> Bool {
    kind(of: transactionType) == .natural
  }

  /// Whether a transaction is given with all of its legs: one that does not balance is not
  /// completed but set apart.
  public static func isComplete(transactionType: String) -> Bool {
    transactionType == "GeneralJournalEntry"
  }

  /// The posting of a line, or nil when the transaction's or the account's type is not known.
  ///
  /// - Parameters:
  ///   - amount: as Buildium gave it. Zero moves nothing, so its side has no meaning.
  ///   - isContraAccount: whether the account's normal balance is the opposite of its type's.
  public static func posting(
    transactionType: String, accountType: String, amount: Money, convention: SignConvention,
    isContraAccount: Bool = false
  ) -> Posting? {
    guard let kind = kind(of: transactionType),
      let ofType = isDebitNormal(accountType: accountType)
    else { return nil }
    let isDebitNormal = ofType != isContraAccount
    let normalSide: PostingSide = isDebitNormal ? .debit : .credit
    switch (convention, kind) {
    case (.natural, _), (.magnitude, .natural): return Posting(normalSide, amount)
    case (.magnitude, .debit): return Posting(.debit, amount)
    case (.magnitude, .credit): return Posting(.credit, amount)
    }
  }

  /// The account a missing leg is posted on.
  public enum Counterpart: Sendable, Hashable {
    case accountsReceivable, accountsPayable
    /// The bank account of the transaction or the property; money received and not yet deposited
    /// stands in undeposited funds.
    case money(isUndeposited: Bool)
  }

  /// Where the leg is posted that Buildium leaves out of a transaction in one basis.
  ///
  /// - Parameter hasBankAccount: whether the transaction names the bank account it moved.
  public static func counterpart(
    transactionType: String, isCashPosting: Bool, hasBankAccount: Bool
  ) -> Counterpart {
    switch transactionType {
    case "Charge", "Credit", "ApplyDeposit":
      .accountsReceivable
    case "Bill", "VendorCredit":
      isCashPosting ? .money(isUndeposited: false) : .accountsPayable
    case "Payment", "RentalApplicationFeePayment":
      .money(isUndeposited: !hasBankAccount)
    default: .money(isUndeposited: false)
    }
  }
}
