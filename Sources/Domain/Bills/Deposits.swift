// Deposits: payments received that were taken to the bank together.

/// Where a deposit stands. It moves forward only (invariant I44).
public enum DepositState: String, Sendable, Hashable, CaseIterable {
  case posted, reconciled, voided

  /// Whether a deposit may move to another state.
  public func mayMove(to next: DepositState) -> Bool { self == .posted && next != .posted }
}

/// Why a deposit is not made or voided, in the order in which it is looked at.
public enum DepositRefusal: Error, Sendable, Hashable {
  case unknownUser(String)
  case roleMayNot(Role)
  case noPayments
  case noBankAccount(String)
  case notAPayment(String)
  case notPosted(String)
  case alreadyDeposited(String, deposit: String)
  case atAnotherBank(String)
  case depositBeforePayment(String, on: CalendarDate)
  case periodClosed(until: CalendarDate)
  case reconciled
  case alreadyVoided
  case reasonMissing
}

extension DepositRefusal {
  /// The refusal in words.
  public var refusal: Refusal {
    switch self {
    case .unknownUser(let name): BillRefusal.unknownUser(name).refusal
    case .roleMayNot(let role):
      Refusal(
        "role", "The role \(role.rawValue) keeps no books.", hint: "Ask an accountant.")
    case .noPayments: Refusal("no_payments", "A deposit needs at least one payment.")
    case .noBankAccount(let name):
      Refusal("no_bank_account", "The bank account \(name) has no account in the ledger.")
    case .notAPayment(let name):
      Refusal("not_a_payment", "\(name) is no payment that was received.")
    case .notPosted(let name): Refusal("not_posted", "\(name) does not stand in the ledger.")
    case .alreadyDeposited(let name, let deposit):
      Refusal(
        "already_deposited", "\(name) is in deposit \(deposit) already.",
        hint: "A payment is deposited once.")
    case .atAnotherBank(let name):
      Refusal("at_another_bank", "\(name) went to a bank account by itself.")
    case .depositBeforePayment(let name, let day):
      Refusal("before_payment", "\(name) was received on \(day), after the deposit's day.")
    case .periodClosed(let day): BillRefusal.periodClosed(until: day).refusal
    case .reconciled:
      Refusal("reconciled", "The deposit is reconciled with the bank and stays as it is.")
    case .alreadyVoided: Refusal("already_voided", "The deposit is voided already.")
    case .reasonMissing: Refusal("reason_missing", "A deposit is not voided without a reason.")
    }
  }
}

/// A payment within a deposit, or one that waits to be deposited.
public struct DepositItemRow: Sendable, Hashable {
  /// The payment.
  public var payment: NamedRecord
  /// The day it was received.
  public var date: CalendarDate?
  /// Who paid.
  public var payer: String?
  /// The property it is for.
  public var property: NamedRecord?
  /// How much it is.
  public var amount: Money

  /// An item.
  public init(
    payment: NamedRecord, date: CalendarDate?, payer: String?, property: NamedRecord?, amount: Money
  ) {
    (self.payment, self.date, self.payer) = (payment, date, payer)
    (self.property, self.amount) = (property, amount)
  }
}

/// A deposit with what is in it.
public struct DepositRow: Sendable, Hashable {
  /// Its transaction's id in the store.
  public var localID: String
  /// Buildium's id; nil while Buildium does not know it.
  public var buildiumID: Int?
  /// Its number for people: `DEP-2026-0012`; nil for Buildium's own.
  public var number: String?
  /// The day it was taken to the bank.
  public var date: CalendarDate?
  /// Where it stands.
  public var state: DepositState
  /// The bank account's account in the ledger.
  public var bank: NamedRecord?
  /// How much it is.
  public var amount: Money
  /// What it is about.
  public var memo: String?
  /// What is in it; of a voided one, what was.
  public var items: [DepositItemRow]
  /// `pending`, `synced` or `failed`: whether Buildium knows it.
  public var syncState: String
  /// What Buildium said last when it failed.
  public var syncError: String?

  /// A deposit.
  public init(
    localID: String, buildiumID: Int?, number: String?, date: CalendarDate?, state: DepositState,
    bank: NamedRecord?, amount: Money, memo: String?, items: [DepositItemRow], syncState: String,
    syncError: String?
  ) {
    (self.localID, self.buildiumID, self.number, self.date) = (localID, buildiumID, number, date)
    (self.state, self.bank, self.amount, self.memo) = (state, bank, amount, memo)
    (self.items, self.syncState, self.syncError) = (items, syncState, syncError)
  }
}
