// The accounts of the ledger, and what each counts as.
import Domain

/// What the lines of an account count as.
///
/// Rules: accounting facts, section 1.1. The general ledger's type and sub-type decide; an override
/// may say otherwise from a day on. Nothing is ever guessed from a name, except the purpose of a
/// liability that holds other people's money.
public enum AccountClass: String, Sendable, Hashable, CaseIterable {
  /// Rent, fees, reimbursements: above the line.
  case revenue
  /// What it costs to run the property: above the line.
  case operatingExpense = "operating_expense"
  /// Interest on the owner's money, gains: below the line.
  case nonOperatingIncome = "non_operating_income"
  /// Mortgage interest, depreciation, income tax: below the line.
  case nonOperatingExpense = "non_operating_expense"
  /// Income the manager keeps; it stands in trust until it is paid out.
  case managementIncome = "management_income"
  /// Assets, liabilities and equity.
  case balanceSheet = "balance_sheet"
  /// A type or sub-type that is not known: it counts nowhere and holds up the close.
  case unknown

  /// Whether it is part of the net operating income.
  public var isOperating: Bool { self == .revenue || self == .operatingExpense }

  /// The code of a class in the store of classes.
  var code: UInt8 {
    switch self {
    case .revenue: 0
    case .operatingExpense: 1
    case .nonOperatingIncome: 2
    case .nonOperatingExpense: 3
    case .managementIncome: 4
    case .balanceSheet: 5
    case .unknown: 6
    }
  }

  static let count = 7
}

/// A purpose that matters to the cash of a property.
public enum AccountPurpose: String, Sendable, Hashable, CaseIterable {
  case bank
  case undepositedFunds = "undeposited_funds"
  case accountsReceivable = "accounts_receivable"
  case accountsPayable = "accounts_payable"
  /// Tenants' deposits: not the owner's.
  case depositsHeld = "deposits_held"
  /// Rent that was paid ahead: not the owner's yet.
  case prepaid
  /// Money set aside for taxes or insurance.
  case escrow
  case ownerDraw = "owner_draw"
  case ownerContribution = "owner_contribution"
  case other
}

/// A decision of a person about what an account counts as.
public struct ClassOverride: Sendable, Hashable {
  /// What it counts as.
  public var accountClass: AccountClass
  /// The first day it counts so.
  public var from: CalendarDate
  /// The last day; nil while it lasts.
  public var to: CalendarDate?

  /// A decision.
  public init(_ accountClass: AccountClass, from: CalendarDate, to: CalendarDate? = nil) {
    (self.accountClass, self.from, self.to) = (accountClass, from, to)
  }
}

/// An account of the general ledger.
public struct LedgerAccount: Sendable, Hashable {
  /// Its number in Buildium; nil for one that is not known there.
  public var buildiumID: Int?
  /// Its id in the store; empty for one that stands only in a report.
  public var localID: String
  /// The number the chart of accounts gives it.
  public var number: String?
  /// Its name.
  public var name: String
  /// `Asset`, `Liability`, `Equity`, `Income` or `Expense`.
  public var type: String
  /// `CurrentAsset`, `OperatingExpenses`, …
  public var subType: String
  /// The number of the account above it in ``LedgerSnapshot/accounts``.
  public var parent: Int?
  /// What it is for.
  public var purpose: AccountPurpose
  /// Whether it is still used; lines of earlier days count all the same.
  public var isActive: Bool
  /// Whether its income is the manager's.
  public var isManagementIncome: Bool
  /// Decisions about its class; of those that hold on a day the latest begun counts.
  public var overrides: [ClassOverride]

  /// An account.
  ///
  /// - Parameter defaultName: the purpose Buildium made it for: `Accounts Payable`.
  public init(
    buildiumID: Int?, localID: String = "", number: String? = nil, name: String, type: String,
    subType: String, defaultName: String? = nil, isBank: Bool = false, parent: Int? = nil,
    isActive: Bool = true, isManagementIncome: Bool = false, overrides: [ClassOverride] = []
  ) {
    (self.buildiumID, self.localID, self.number, self.name) = (buildiumID, localID, number, name)
    (self.type, self.subType, self.parent, self.isActive) = (type, subType, parent, isActive)
    (self.isManagementIncome, self.overrides) = (isManagementIncome, overrides)
    purpose = Self.purpose(
      name: name, defaultName: defaultName, type: type, subType: subType, isBank: isBank)
  }

  private static func purpose(
    name: String, defaultName: String?, type: String, subType: String, isBank: Bool
  ) -> AccountPurpose {
    if isBank { return .bank }
    switch defaultName ?? name {
    case "Undeposited Funds": return .undepositedFunds
    case "Accounts Receivable": return .accountsReceivable
    case "Accounts Payable": return .accountsPayable
    case "Security Deposit Liability": return .depositsHeld
    case "Prepayments": return .prepaid
    case "Owner Draw": return .ownerDraw
    case "Owner Contribution": return .ownerContribution
    default: break
    }
    // Money of others must not be taken for the owner's, so liabilities are read by their names:
    // held back by mistake it can be paid later, paid by mistake it is gone.
    guard type == "Liability", subType == "CurrentLiability" else { return .other }
    let lower = name.lowercased()
    if lower.contains("deposit") { return .depositsHeld }
    if lower.contains("prepa") { return .prepaid }
    return lower.contains("escrow") ? .escrow : .other
  }

  /// The number to show: Buildium's, or the store's.
  public var id: String { buildiumID.map(String.init) ?? localID }

  /// What the general ledger says it counts as, without any decision.
  public var defaultClass: AccountClass {
    if isManagementIncome { return .managementIncome }
    switch (type, subType) {
    case ("Income", "Income"): return .revenue
    case ("Expense", "OperatingExpenses"): return .operatingExpense
    case ("Income", "NonOperatingIncome"): return .nonOperatingIncome
    case ("Expense", "NonOperatingExpenses"): return .nonOperatingExpense
    case ("Asset", _), ("Liability", _), ("Equity", _): return .balanceSheet
    default: return .unknown
    }
  }

  /// What it counts as on a day.
  public func accountClass(on day: CalendarDate) -> AccountClass {
    overrides.filter { $0.from <= day && $0.to.map { $0 >= day } ?? true }
      .max { $0.from < $1.from }?.accountClass ?? defaultClass
  }

  /// Whether its balance grows by debits.
  public var isDebitNormal: Bool { PostingRule.isDebitNormal(accountType: type) ?? true }

  /// Words in names of accounts that usually stand below the line.
  private static let suspectWords = [
    "mortgage", "principal", "interest", "depreciation", "amortization", "amortisation",
    "capital", "improvement", "income tax",
  ]

  /// Whether it counts as an operating expense although its name says otherwise: worth a look.
  public var isSuspect: Bool {
    guard defaultClass == .operatingExpense, overrides.isEmpty else { return false }
    let lower = name.lowercased()
    return Self.suspectWords.contains { lower.contains($0) }
  }
}
