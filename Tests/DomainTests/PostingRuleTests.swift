import Domain
import Testing

@Suite("Sides of postings")
struct PostingRuleTests {
  /// On which side every line of a type stands when amounts are magnitudes; natural types say it by
  /// the sign. From the accounting facts, section 1.3.
  static let types: [(side: String, names: [String])] = [
    (
      "Credit",
      [
        "Charge", "Payment", "OwnerContribution", "VendorRefund", "VendorCredit",
        "RentalApplicationFeePayment", "UnreversedPayment", "UnreversedElectronicFundsTransfer",
        "UnreversedOwnerContribution", "UnreversedRentalApplicationFeePayment",
        "ReversedEftRefund",
      ]
    ),
    (
      "Debit",
      [
        "Bill", "Check", "ElectronicFundsTransfer", "CreditCardPurchase", "Credit", "Refund",
        "ReversePayment", "ReverseElectronicFundsTransfer", "ReverseOwnerContribution",
        "ReverseRentalApplicationFeePayment",
      ]
    ),
    ("natural", ["GeneralJournalEntry", "ApplyDeposit", "Other", "Deposit", "CreditCardPayment"]),
  ]
  static let accounts = [
    ("Asset", "Debit"), ("Expense", "Debit"), ("Liability", "Credit"), ("Equity", "Credit"),
    ("Income", "Credit"),
  ]

  static func opposite(_ side: String) -> String { side == "Debit" ? "Credit" : "Debit" }

  @Test("every type, account, convention and sign has the side of the table")
  func table() {
    for (side, names) in Self.types {
      for type in names {
        for (account, normal) in Self.accounts {
          for convention in SignConvention.allCases {
            let byType = convention == .magnitude && side != "natural"
            let expected = byType ? side : normal
            for (cents, turned) in [(1_234, false), (-1_234, true)] as [(Int64, Bool)] {
              let posting = PostingRule.posting(
                transactionType: type, accountType: account, amount: Money(minorUnits: cents),
                convention: convention)
              let label = "\(type) \(account) \(convention) \(cents)"
              #expect(
                posting?.side.rawValue == (turned ? Self.opposite(expected) : expected), "\(label)")
              #expect(posting?.amount == Money(minorUnits: 1_234), "\(label)")
              // A contra account turns what its account's nature says and not what the type says.
              let contra = PostingRule.posting(
                transactionType: type, accountType: account, amount: Money(minorUnits: cents),
                convention: convention, isContraAccount: true)
              #expect(
                (contra?.side == posting?.side) == byType, "\(label) on a contra account")
            }
          }
        }
      }
    }
  }

  @Test("an unknown type of transaction or account has no side")
  func unknown() {
    for convention in SignConvention.allCases {
      for (type, account) in [
        ("Mystery", "Asset"), ("Charge", "Mystery"), ("", ""), ("bill", "Asset"),
      ] {
        #expect(
          PostingRule.posting(
            transactionType: type, accountType: account, amount: Money(minorUnits: 5),
            convention: convention) == nil, "\(type) \(account)")
      }
    }
    #expect(!PostingRule.isKnown(transactionType: "Mystery"))
    #expect(!PostingRule.isKnown(transactionType: ""))
  }

  @Test("known and natural types are those of the table")
  func sorts() {
    for (side, names) in Self.types {
      for type in names {
        #expect(PostingRule.isKnown(transactionType: type), "\(type)")
        #expect(PostingRule.isNatural(transactionType: type) == (side == "natural"), "\(type)")
        #expect(
          PostingRule.isComplete(transactionType: type) == (type == "GeneralJournalEntry"),
          "\(type)")
      }
    }
  }

  @Test("zero is a posting of nothing")
  func zero() {
    let posting = PostingRule.posting(
      transactionType: "Charge", accountType: "Income", amount: .zero, convention: .magnitude)
    #expect(posting?.debitAmount == .zero)
  }
}
