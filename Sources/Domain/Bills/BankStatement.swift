// Statements of a bank account that are compared with the books, entry by entry (invariant I50).

/// An entry of the books in a bank account.
public struct BankEntry: Sendable, Hashable {
  /// The transaction.
  public var transaction: NamedRecord
  /// Its day.
  public var date: CalendarDate?
  /// The number of the check; nil for none.
  public var checkNumber: String?
  /// Who was paid or who paid.
  public var payee: String?
  /// What it brought to the account; below zero for what left it.
  public var amount: Money
  /// Whether the statement shows it.
  public var isCleared: Bool

  /// An entry.
  public init(
    transaction: NamedRecord, date: CalendarDate?, checkNumber: String?, payee: String?,
    amount: Money, isCleared: Bool
  ) {
    (self.transaction, self.date, self.checkNumber) = (transaction, date, checkNumber)
    (self.payee, self.amount, self.isCleared) = (payee, amount, isCleared)
  }
}

/// A statement of a bank account, and what of the books it shows.
public struct BankStatement: Sendable, Hashable {
  /// Its id in the store.
  public var id: String
  /// The bank account.
  public var account: NamedRecord
  /// The statement's last day.
  public var date: CalendarDate
  /// What it begins with: what the one before ended with.
  public var opening: Money
  /// What it ends with.
  public var ending: Money
  /// The sum of the entries that it shows.
  public var cleared: Money
  /// Whether it is finalised, and stays as it is.
  public var isFinalised: Bool
  /// Who finalised it.
  public var finalisedBy: String?

  /// A statement.
  public init(
    id: String, account: NamedRecord, date: CalendarDate, opening: Money, ending: Money,
    cleared: Money, isFinalised: Bool, finalisedBy: String?
  ) {
    (self.id, self.account, self.date) = (id, account, date)
    (self.opening, self.ending, self.cleared) = (opening, ending, cleared)
    (self.isFinalised, self.finalisedBy) = (isFinalised, finalisedBy)
  }

  /// What the statement has and the cleared entries do not explain; zero when it can be finalised.
  public var difference: Money { ending - opening - cleared }
}

/// Why something is not done with a statement, in the order in which it is looked at.
public enum BankStatementRefusal: Error, Sendable, Hashable {
  case unknownUser(String)
  case roleMayNot(Role)
  case oneIsOpen(CalendarDate)
  case notLater(than: CalendarDate)
  case openingDiffers(before: Money)
  case finalised
  case notInAccount(String)
  case afterStatement(String)
  case elsewhere(String)
  case doesNotAgree(difference: Money)
}

extension BankStatementRefusal {
  /// The refusal in words.
  public var refusal: Refusal {
    switch self {
    case .unknownUser(let name): BillRefusal.unknownUser(name).refusal
    case .roleMayNot(let role): DepositRefusal.roleMayNot(role).refusal
    case .oneIsOpen(let day):
      Refusal(
        "statement_open", "The statement of \(day) is still being reconciled.",
        hint: "Finalise it first, or give it up: `rentbook bank drop`.")
    case .notLater(let day):
      Refusal("not_later", "The account is reconciled through \(day); a statement is later.")
    case .openingDiffers(let before):
      Refusal(
        "opening_differs", "The statement before ended with \(before), and this one begins with it."
      )
    case .finalised:
      Refusal("finalised", "The statement is finalised and stays as it is.")
    case .notInAccount(let name):
      Refusal("not_in_account", "\(name) moves nothing in this account.")
    case .afterStatement(let name):
      Refusal("after_statement", "\(name) is later than the statement.")
    case .elsewhere(let name):
      Refusal("on_another", "\(name) stands on another statement of the account.")
    case .doesNotAgree(let difference):
      Refusal(
        "does_not_agree",
        "\(difference) of the statement is not explained by what was cleared.",
        hint:
          "Clear what the statement shows: `rentbook bank clear`; `rentbook bank show` lists it.")
    }
  }
}
