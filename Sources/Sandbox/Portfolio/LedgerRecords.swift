import Domain

// What the books hold. An amount of a posting is kept debit-positive; the two spellings that Buildium
// clients meet (magnitudes and natural signs) are made from it when a message is written.

struct GLAccount: Identified {
  enum Kind: String, Sendable, CaseIterable {
    case asset = "Asset"
    case liability = "Liability"
    case equity = "Equity"
    case income = "Income"
    case expense = "Expense"
    var isDebitNormal: Bool { self == .asset || self == .expense }
  }
  let id: Int32
  var number: String?
  var name: String
  var description: String?
  var subType: String
  var isDefault = false
  var defaultName: String?
  var isContra = false
  var isBank = false
  var isCashAsset: Bool?
  var cashFlow: String? = "OperatingActivities"
  var isExcludedFromCash = false
  var isActive = true
  var parentId: Int32?

  /// The service derives the type from the sub-type.
  var kind: Kind { Self.kind(ofSubType: subType) }

  static func kind(ofSubType subType: String) -> Kind {
    switch subType {
    case "CurrentAsset", "FixedAsset": .asset
    case "CurrentLiability", "LongTermLiability": .liability
    case "Equity": .equity
    case "Income", "NonOperatingIncome": .income
    default: .expense
    }
  }
}

struct BankAccount: Identified {
  struct CheckPrinting: Sendable {
    var isRemoteEnabled = false
    var isLocalEnabled = true
    var layout = "Voucher2StubsPrePrintedLayout"
    var signatureHeading: String?
    var fractionalNumber: String?
    var bankLines: [String?] = []
    var companyLines: [String?] = []
  }
  let id: Int32
  var accountId: Int32
  var name: String
  var description: String?
  var type: String
  var country = "UnitedStates"
  var number: String?
  var routingNumber: String?
  var isActive = true
  /// Reconciled by an outside bank feed: its reconciliations answer 409 for ever.
  var isLinked = false
  var checks = CheckPrinting()
  var nextCheck: Int32 = 1001
}

struct Reconciliation: Identified {
  let id: Int32
  let bankAccountId: Int32
  var statementEnd: Day
  var isFinished: Bool
  var beginning: Money
  var ending: Money
  var withdrawals: Money
  var deposits: Money
  var transactionIds: Set<Int32>
}

/// Whose books a posting belongs to. Company 1 and Rental 1 are two entities.
struct Entity: Sendable, Hashable {
  enum Kind: UInt8, Sendable {
    case rental, company
    var name: String { self == .rental ? "Rental" : "Company" }
  }
  var kind: Kind
  var id: Int32
  /// 0 when the posting is for the whole property.
  var unitId: Int32 = 0

  static let company = Entity(kind: .company, id: 1)
  static func rental(_ id: Int32, unit: Int32 = 0) -> Entity {
    Entity(kind: .rental, id: id, unitId: unit)
  }
}

enum TransactionType: String, Sendable, CaseIterable {
  case bill = "Bill"
  case check = "Check"
  case charge = "Charge"
  case payment = "Payment"
  case credit = "Credit"
  case refund = "Refund"
  case applyDeposit = "ApplyDeposit"
  case electronicFundsTransfer = "ElectronicFundsTransfer"
  case other = "Other"
  case deposit = "Deposit"
  case generalJournalEntry = "GeneralJournalEntry"
  case ownerContribution = "OwnerContribution"
  case reversePayment = "ReversePayment"
  case reverseElectronicFundsTransfer = "ReverseElectronicFundsTransfer"
  case vendorCredit = "VendorCredit"
  case rentalApplicationFeePayment = "RentalApplicationFeePayment"
  case reverseRentalApplicationFeePayment = "ReverseRentalApplicationFeePayment"
  case reverseOwnerContribution = "ReverseOwnerContribution"
  case vendorRefund = "VendorRefund"
  case unreversedPayment = "UnreversedPayment"
  case unreversedElectronicFundsTransfer = "UnreversedElectronicFundsTransfer"
  case unreversedOwnerContribution = "UnreversedOwnerContribution"
  case unreversedRentalApplicationFeePayment = "UnreversedRentalApplicationFeePayment"
  case reversedEftRefund = "ReversedEftRefund"
  case creditCardPurchase = "CreditCardPurchase"
  case creditCardPayment = "CreditCardPayment"

  enum Side { case debit, credit, natural }

  /// The side on which a magnitude of this type stands; natural ones carry a sign of their own.
  var side: Side {
    switch self {
    case .charge, .payment, .ownerContribution, .vendorRefund, .vendorCredit,
      .rentalApplicationFeePayment, .unreversedPayment, .unreversedElectronicFundsTransfer,
      .unreversedOwnerContribution, .unreversedRentalApplicationFeePayment, .reversedEftRefund:
      .credit
    case .bill, .check, .electronicFundsTransfer, .creditCardPurchase, .creditCardPayment,
      .credit, .refund, .reversePayment, .reverseElectronicFundsTransfer,
      .reverseOwnerContribution, .reverseRentalApplicationFeePayment:
      .debit
    case .generalJournalEntry, .applyDeposit, .other, .deposit: .natural
    }
  }

  /// What a tenant's ledger calls it.
  var displayName: String {
    switch self {
    case .reversePayment: "Reversed Payment"
    case .applyDeposit: "Applied Deposit"
    default: rawValue
    }
  }
}

struct Posting: Sendable, Hashable {
  var accountId: Int32
  /// Cents, debit-positive.
  var debit: Int64
  var isCash: Bool
  var entity: Entity
  var memo: String?
  var reference: String?
}

struct LedgerTransaction: Identified {
  enum Payee: Sendable, Hashable {
    case tenant(Int32), vendor(Int32), owner(Int32)
  }
  /// Through which endpoint of a bank account a transaction is read and changed.
  enum BankForm: UInt8, Sendable {
    case none, check, quickDeposit, withdrawal, transfer, deposit
  }
  struct DepositItem: Sendable {
    var paymentId: Int32
    var entity: Entity
    var amount: Money
  }

  let id: Int32
  var type: TransactionType
  var day: Day
  var memo: String?
  var checkNumber = ""
  var leaseId: Int32?
  var unitId: Int32?
  var payee: Payee?
  var method = "None"
  /// The bank's GL account when the money went there directly.
  var bankAccountGLId: Int32?
  var form = BankForm.none
  var total: Money
  var lines: [Posting]
  var items: [DepositItem] = []
  /// A prepayment applied to a charge is an ApplyDeposit with a name of its own.
  var isPrepayment = false
  /// The deposit that took this payment to the bank, or the reversal that took it back.
  var depositId: Int32?
  var reversalId: Int32?
  var billId: Int32?
  var reference: String?
  var updated: Instant
}

struct Bill: Identified {
  struct Markup: Sendable {
    var amount: Money
    var kind: String
  }
  struct Line: Sendable {
    var id: Int32
    var entity: Entity
    var accountId: Int32
    var amount: Money
    var markup: Markup?
    var memo: String?
    var paid = Money.zero
  }
  /// Also the number of its transaction.
  let id: Int32
  var day: Day
  var due: Day
  var paidDay: Day?
  var memo: String?
  var vendorId: Int32
  var workOrderId: Int32?
  var reference: String?
  var approval: String
  var lines: [Line]

  var total: Money { lines.reduce(.zero) { $0 + $1.amount } }
  var paid: Money { lines.reduce(.zero) { $0 + $1.paid } }
}

struct BillPayment: Identified {
  struct Allocation: Sendable {
    var billId: Int32
    var lineId: Int32
    var entity: Entity
    var accountId: Int32
    var amount: Money
  }
  /// Also the number of its transaction.
  let id: Int32
  var bankAccountId: Int32
  var day: Day
  var memo: String?
  var checkNumber: String
  var allocations: [Allocation]
  var creditIds: [Int32]

  var billIds: [Int32] {
    allocations.reduce(into: []) { ids, line in
      if !ids.contains(line.billId) { ids.append(line.billId) }
    }
  }
}

/// A vendor's credit or refund; also the number of its transaction.
struct VendorCredit: Identified {
  struct Line: Sendable {
    var id: Int32
    var accountId: Int32
    var amount: Money
    var memo: String?
    var entity: Entity
  }
  let id: Int32
  let vendorId: Int32
  var day: Day
  var reference: String?
  var memo: String?
  var lines: [Line]
  /// What bill payments have used up. A refund came to the bank instead.
  var applied = Money.zero
  var refundBankAccountId: Int32?
  var method = "None"

  var total: Money { lines.reduce(.zero) { $0 + $1.amount } }
}

/// What a refund to tenants keeps beyond its transaction.
struct RefundDetail: Identified {
  let id: Int32
  var bankAccountId: Int32
  var payeeIds: [Int32]
  var address: Address?
}
