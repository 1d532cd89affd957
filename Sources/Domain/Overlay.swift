// What a portfolio needs and Buildium's API does not have: shares, rules, agreements and states that
// are records of Rentbook's own.

/// The overlay of a portfolio. Ids are Buildium's.
public struct Overlay: Sendable, Hashable {
  /// Who owns which part of a property, and when.
  public var ownership: [OwnershipShare] = []
  /// How a property's money is distributed.
  public var distributionRules: [DistributionRule] = []
  /// When a property is managed.
  public var managementAgreements: [ManagementAgreement] = []
  /// Transactions that concern one owner alone, or owners in their own proportion.
  public var ownerAllocations: [OwnerAllocation] = []
  /// GL accounts whose income is the manager's.
  public var managementIncomeAccounts: [Int] = []
  /// The approval state of bills.
  public var billWorkflow: [BillWorkflowState] = []

  /// An overlay without anything.
  public init() {}
}

/// An owner's share of a property between two days.
public struct OwnershipShare: Sendable, Hashable {
  /// The property.
  public var propertyID: Int
  /// The owner.
  public var ownerID: Int
  /// The share of income, in percent.
  public var ownershipPercentage: DecimalText
  /// The share of what is paid out, in percent.
  public var disbursementPercentage: DecimalText
  /// The first day; nil for always.
  public var effectiveFrom: CalendarDate?
  /// The last day, included; nil while it lasts.
  public var effectiveTo: CalendarDate?
  /// Whether this is the owner to talk to.
  public var isPrimary: Bool

  /// A share.
  public init(
    propertyID: Int, ownerID: Int, ownershipPercentage: DecimalText,
    disbursementPercentage: DecimalText, effectiveFrom: CalendarDate?, effectiveTo: CalendarDate?,
    isPrimary: Bool
  ) {
    (self.propertyID, self.ownerID) = (propertyID, ownerID)
    (self.ownershipPercentage, self.disbursementPercentage) =
      (ownershipPercentage, disbursementPercentage)
    (self.effectiveFrom, self.effectiveTo) = (effectiveFrom, effectiveTo)
    self.isPrimary = isPrimary
  }
}

/// How the money of a property is distributed to its owners, and what the manager takes.
public struct DistributionRule: Sendable, Hashable {
  /// The property.
  public var propertyID: Int
  /// The cash that stays.
  public var reserveTarget: Money
  /// The part of what is left that is paid out, in percent.
  public var percent: DecimalText
  /// Whether unpaid bills are held back.
  public var holdsUnpaidBills: Bool
  /// Whether received money that is not at the bank yet is held back.
  public var holdsUndeposited: Bool
  /// Whether a loss is carried into the next month.
  public var carriesForwardLoss: Bool
  /// What the manager takes; nil for nothing.
  public var managementFee: ManagementFeeRule?

  /// A rule.
  public init(
    propertyID: Int, reserveTarget: Money, percent: DecimalText, holdsUnpaidBills: Bool,
    holdsUndeposited: Bool, carriesForwardLoss: Bool, managementFee: ManagementFeeRule?
  ) {
    (self.propertyID, self.reserveTarget) = (propertyID, reserveTarget)
    (self.percent, self.holdsUnpaidBills) = (percent, holdsUnpaidBills)
    (self.holdsUndeposited, self.carriesForwardLoss) = (holdsUndeposited, carriesForwardLoss)
    self.managementFee = managementFee
  }
}

/// How a management fee is computed.
public struct ManagementFeeRule: Sendable, Hashable {
  /// `percent`, `percent_min` or `flat`; a name this program has not met is kept as it came.
  public var type: String
  /// The part of the base, in percent.
  public var percent: DecimalText?
  /// The least that is charged.
  public var minimum: Money?
  /// A fixed amount.
  public var flat: Money?
  /// The GL accounts whose receipts are the base.
  public var baseGLAccountIDs: [Int]

  /// A rule.
  public init(
    type: String, percent: DecimalText?, minimum: Money?, flat: Money?, baseGLAccountIDs: [Int]
  ) {
    (self.type, self.percent, self.minimum, self.flat) = (type, percent, minimum, flat)
    self.baseGLAccountIDs = baseGLAccountIDs
  }
}

/// When a property is managed.
public struct ManagementAgreement: Sendable, Hashable {
  /// The property.
  public var propertyID: Int
  /// The first day; nil for always.
  public var start: CalendarDate?
  /// The last day, included; nil while it lasts.
  public var end: CalendarDate?

  /// An agreement.
  public init(propertyID: Int, start: CalendarDate?, end: CalendarDate?) {
    (self.propertyID, self.start, self.end) = (propertyID, start, end)
  }
}

/// A part of a transaction that belongs to one owner, outside the general shares.
public struct OwnerAllocation: Sendable, Hashable {
  /// The transaction.
  public var transactionID: Int
  /// The property whose lines are meant.
  public var propertyID: Int
  /// The owner.
  public var ownerID: Int
  /// How much of it, in percent.
  public var percent: DecimalText

  /// An allocation.
  public init(transactionID: Int, propertyID: Int, ownerID: Int, percent: DecimalText) {
    (self.transactionID, self.propertyID) = (transactionID, propertyID)
    (self.ownerID, self.percent) = (ownerID, percent)
  }
}

/// Where a bill stands in the approval workflow.
public struct BillWorkflowState: Sendable, Hashable {
  /// The bill.
  public var billID: Int
  /// `draft`, `pending_approval`, `approved`, `rejected` or `voided`.
  public var state: String
  /// The bill that reverses it, once voided.
  public var reversalBillID: Int?
  /// Why it was voided.
  public var voidReason: String?

  /// A state.
  public init(billID: Int, state: String, reversalBillID: Int?, voidReason: String?) {
    (self.billID, self.state) = (billID, state)
    (self.reversalBillID, self.voidReason) = (reversalBillID, voidReason)
  }
}
