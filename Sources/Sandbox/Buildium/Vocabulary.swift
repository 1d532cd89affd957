/// The words the service's members choose from. A country is checked by its form alone: the names
/// are many, and what clients get wrong is to send an ISO code.
enum Vocabulary {
  static let lists: [String: [String]] = [
    "RentalSubType": [
      "CondoTownhome", "MultiFamily", "SingleFamily", "Industrial", "Office", "Retail",
      "ShoppingCenter", "Storage", "ParkingSpace",
    ],
    "Bedrooms": [
      "NotSet", "Studio", "OneBed", "TwoBed", "ThreeBed", "FourBed", "FiveBed", "SixBed",
      "SevenBed", "EightBed", "NineBedPlus",
    ],
    "Bathrooms": [
      "NotSet", "OneBath", "OnePointFiveBath", "TwoBath", "TwoPointFiveBath", "ThreeBath",
      "FourBath", "FiveBath", "FivePlusBath", "ThreePointFiveBath", "FourPointFiveBath",
    ],
    "GLSubType": [
      "CurrentAsset", "FixedAsset", "CurrentLiability", "LongTermLiability", "Equity", "Income",
      "NonOperatingIncome", "OperatingExpenses", "NonOperatingExpenses",
    ],
    "CashFlow": ["OperatingActivities", "InvestingActivities", "FinancingActivities"],
    "Cycle": [
      "Monthly", "Weekly", "Every2Weeks", "Quarterly", "Yearly", "Every2Months", "Daily",
      "Every6Months", "OneTime",
    ],
    "Schedule": [
      "Monthly", "Weekly", "Every2Weeks", "Quarterly", "Yearly", "Every2Months", "Daily",
      "Every6Months",
    ],
    "Mailing": ["PrimaryAddress", "AlternateAddress"],
    "Method": [
      "Check", "Cash", "MoneyOrder", "CashierCheck", "DirectDeposit", "CreditCard",
      "ElectronicPayment",
    ],
    "MethodPut": [
      "Check", "Cash", "MoneyOrder", "CashierCheck", "DirectDeposit", "CreditCard",
      "ElectronicPayment", "BuildiumEFT", "BuildiumCC", "RetailCash",
    ],
    "EntityType": ["Association", "Rental", "Company"],
    "TaskPriority": ["Low", "Normal", "High"],
    "TaskStatus": ["New", "InProgress", "Completed", "Deferred", "Closed"],
    "TaskType": ["ContactRequest", "ResidentRequest", "Todo", "RentalOwnerRequest"],
    "TransactionType": TransactionTypeNames.all,
    "CheckLayout": [
      "Voucher1StubBottomMemo1Signature", "Voucher2StubBottomMemo1Signature",
      "Voucher2StubBottomMemo2Signatures", "Voucher2StubTopMemo", "Voucher2StubsPrePrintedLayout",
    ],
    "ESignature": [
      "Unknown", "NotSent", "ProcessingRequest", "AwaitingSignatures", "FullySigned",
      "PendingCancellation", "Cancelled", "Failed", "SentUsingAdobe",
    ],
    "LeaseTypeRead": ["None", "Fixed", "FixedWithRollover", "AtWill"],
    "Insurance": [
      "Expired", "ThirtyDaysOrLess", "SixtyDaysOrLess", "NinetyDaysOrLess", "None", "Any",
    ],
    "Approval": ["NotNeeded", "ApprovalRequired", "Approved", "Pending", "Rejected"],
  ]

  private enum TransactionTypeNames {
    static let all = TransactionType.allCases.map(\.rawValue)
  }

  /// The words of a list. - Precondition: there is one of that name.
  static func named(_ name: String) -> [String] {
    guard let words = lists[name] else { preconditionFailure("no vocabulary \(name)") }
    return words
  }

  /// Whether a text has the form of a country's name on the wire: `UnitedStates`, not `US`.
  static func isCountry(_ text: String) -> Bool {
    text.count >= 4 && text.first?.isUppercase == true && text.allSatisfy { $0.isLetter }
      && text.contains(where: \.isLowercase)
  }
}
