import Domain

/// The general ledger accounts of a new portfolio, with the numbers the rest of it refers to.
enum ChartOfAccounts {
  static let receivable: Int32 = 1
  static let undeposited: Int32 = 2
  static let rent: Int32 = 3
  static let lateFee: Int32 = 4
  static let depositLiability: Int32 = 5
  static let payable: Int32 = 6
  static let prepayments: Int32 = 7
  static let contribution: Int32 = 8
  static let draw: Int32 = 9
  static let managementFees: Int32 = 10
  static let repairs: Int32 = 11
  static let utilities: Int32 = 12
  static let insurance: Int32 = 13
  static let propertyTaxes: Int32 = 14
  static let bankFees: Int32 = 15
  static let legal: Int32 = 16
  static let cleaning: Int32 = 17
  static let nsfFee: Int32 = 20
  static let utilityReimbursement: Int32 = 21
  static let damageRecovery: Int32 = 22
  static let applicationFee: Int32 = 23
  static let parking: Int32 = 24
  static let interest: Int32 = 25
  static let managementIncome: Int32 = 26
  static let mortgageInterest: Int32 = 30
  static let depreciation: Int32 = 31
  static let mortgagePayable: Int32 = 40
  static let improvements: Int32 = 41
  static let accumulatedDepreciation: Int32 = 42
  static let openingBalance: Int32 = 50
  static let officeSoftware: Int32 = 70
  static let plumbing: Int32 = 111
  static let heating: Int32 = 112
  static let landscaping: Int32 = 113
  static let operatingTrust: Int32 = 10001
  static let depositTrust: Int32 = 10002
  static let companyBank: Int32 = 10003
  static let secondTrust: Int32 = 10004
  static let closedBank: Int32 = 10005

  /// Refused on the lines of bills and checks, which post to them by themselves.
  static let controlAccounts: Set<Int32> = [receivable, undeposited, payable]

  /// What a bill may be for, most usual first.
  static let billable = [
    repairs, plumbing, heating, landscaping, utilities, cleaning, insurance, legal,
  ]

  static var accounts: Table<GLAccount> {
    var table = Table<GLAccount>(firstId: 1)
    for row in rows { table.append(row) }
    return table
  }

  /// In the order of their numbers.
  private static let rows: [GLAccount] = [
    account(receivable, nil, "Accounts Receivable", "CurrentAsset", isDefault: true),
    account(undeposited, nil, "Undeposited Funds", "CurrentAsset", isDefault: true, isCash: true),
    account(rent, "4000", "Rent Income", "Income", isDefault: true),
    account(lateFee, "4010", "Late Fee Income", "Income", isDefault: true),
    account(
      depositLiability, "2100", "Security Deposit Liability", "CurrentLiability",
      isDefault: true, cashFlow: "FinancingActivities"),
    account(payable, "2000", "Accounts Payable", "CurrentLiability", isDefault: true),
    account(prepayments, "2150", "Prepayments", "CurrentLiability", isDefault: true),
    account(
      contribution, "3100", "Owner Contribution", "Equity", isDefault: true,
      cashFlow: "FinancingActivities"),
    account(
      draw, "3200", "Owner Draw", "Equity", isDefault: true, cashFlow: "FinancingActivities"),
    account(managementFees, "6000", "Management Fees", "OperatingExpenses", isDefault: true),
    account(
      repairs, "6100", "Repairs and Maintenance", "OperatingExpenses", isDefault: true,
      defaultName: "Repairs"),
    account(utilities, "6200", "Utilities", "OperatingExpenses", isDefault: true),
    account(insurance, "6300", "Insurance", "OperatingExpenses", isDefault: true),
    account(
      propertyTaxes, "6400", "Property Taxes", "OperatingExpenses", isDefault: true,
      defaultName: "Taxes"),
    account(bankFees, "6500", "Bank Fees", "OperatingExpenses", isDefault: true),
    account(
      legal, "6600", "Legal and Professional", "OperatingExpenses", isDefault: true,
      defaultName: "Legal and Professional Fees"),
    account(
      cleaning, "6700", "Cleaning", "OperatingExpenses", isDefault: true,
      defaultName: "Cleaning and Maintenance"),
    account(nsfFee, "4020", "NSF Fee Income", "Income", isDefault: true),
    account(utilityReimbursement, "4100", "Utility Reimbursement", "Income"),
    account(damageRecovery, "4200", "Damage Recovery", "Income"),
    account(applicationFee, "4300", "Application Fee Income", "Income", isDefault: true),
    account(parking, "4400", "Parking Income", "Income"),
    account(interest, "4900", "Interest Income", "NonOperatingIncome", isDefault: true),
    account(managementIncome, "4950", "Management Fee Income", "Income"),
    account(mortgageInterest, "7000", "Mortgage Interest", "NonOperatingExpenses", isDefault: true),
    account(depreciation, "7100", "Depreciation", "NonOperatingExpenses", isDefault: true),
    account(
      mortgagePayable, "2500", "Mortgage Payable", "LongTermLiability",
      cashFlow: "FinancingActivities"),
    account(
      improvements, "1500", "Building Improvements", "FixedAsset",
      cashFlow: "InvestingActivities"),
    account(
      accumulatedDepreciation, "1590", "Accumulated Depreciation", "FixedAsset", isContra: true,
      cashFlow: nil),
    account(openingBalance, "3900", "Opening Balance Equity", "Equity", isDefault: true),
    account(officeSoftware, "6900", "Office Software", "OperatingExpenses"),
    account(plumbing, "6110", "Plumbing", "OperatingExpenses", parent: repairs),
    account(heating, "6120", "HVAC", "OperatingExpenses", parent: repairs),
    account(landscaping, "6130", "Landscaping", "OperatingExpenses", parent: repairs),
    account(
      114, "6190", "Old Repairs (inactive)", "OperatingExpenses", parent: repairs,
      isActive: false),
    account(121, "6210", "Water and Sewer", "OperatingExpenses", parent: utilities),
    account(122, "6220", "Electricity", "OperatingExpenses", parent: utilities),
    account(operatingTrust, "1000", "Operating Trust", "CurrentAsset", isBank: true),
    account(depositTrust, "1010", "Security Deposit Trust", "CurrentAsset", isBank: true),
    account(companyBank, "1020", "Company Operating", "CurrentAsset", isBank: true),
    account(secondTrust, "1030", "Westside Trust", "CurrentAsset", isBank: true),
    account(
      closedBank, "1040", "Closed Savings", "CurrentAsset", isBank: true, isActive: false),
  ]

  private static func account(
    _ id: Int32, _ number: String?, _ name: String, _ subType: String, isDefault: Bool = false,
    defaultName: String? = nil, isContra: Bool = false, isBank: Bool = false,
    isCash: Bool? = nil, cashFlow: String? = "OperatingActivities", parent: Int32? = nil,
    isActive: Bool = true
  ) -> GLAccount {
    var account = GLAccount(id: id, number: number, name: name, subType: subType)
    account.isDefault = isDefault
    account.defaultName = isDefault ? defaultName ?? name : nil
    account.isContra = isContra
    account.isBank = isBank
    account.isCashAsset = isCash ?? (isBank ? true : subType == "CurrentAsset" ? false : nil)
    account.cashFlow = cashFlow
    account.parentId = parent
    account.isActive = isActive
    return account
  }
}
