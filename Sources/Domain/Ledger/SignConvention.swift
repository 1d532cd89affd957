// What the sign of an amount on a GL transaction's line means, found by comparing with the ledger.

/// How Buildium signs the amounts of GL transaction lines. It does not document it and does not mark
/// debit or credit, and both ways occur in the world; so it is found out, never assumed.
public enum SignConvention: String, Sendable, Hashable, CaseIterable {
  /// Amounts have no sign; the transaction's type says the side. A negative one turns it.
  case magnitude
  /// Positive amounts increase the account's normal balance.
  case natural

  /// The name under which a store remembers what was found.
  public static let memoryName = "gl_sign_convention"
}

/// Sums transaction lines both ways and compares them with what the ledger says.
public struct SignTieOut: Sendable {
  /// What came out.
  public enum Outcome: Sendable, Hashable {
    /// Exactly one convention gives the ledger's figures.
    case tied(SignConvention)
    /// Both do: nothing in these lines tells them apart.
    case undecided
    /// Neither does; the first accounts that differ, in words.
    case neither(differences: [String])
  }

  /// Cash counts cash postings, accrual the others; journal entries count in both.
  public enum Basis: String, Sendable, Hashable, CaseIterable {
    case cash = "Cash"
    case accrual = "Accrual"
  }

  private struct Place: Hashable, Comparable {
    var account: String
    var basis: Basis
    static func < (left: Place, right: Place) -> Bool {
      (left.account, left.basis.rawValue) < (right.account, right.basis.rawValue)
    }
  }

  private struct Sums {
    var magnitude = Money.zero
    var natural = Money.zero
    var ledger = Money.zero
  }

  private static let differencesShown = 3

  private let accountTypes: [String: String]
  private let contraAccounts: Set<String>
  private var sums: [Place: Sums] = [:]
  private var unreadable: Set<String> = []

  /// - Parameters:
  ///   - accountTypes: `Asset`, `Liability`, `Equity`, `Income` or `Expense` by account id.
  ///   - contraAccounts: accounts whose normal balance is not that of their type; they prove nothing.
  public init(accountTypes: [String: String], contraAccounts: Set<String> = []) {
    (self.accountTypes, self.contraAccounts) = (accountTypes, contraAccounts)
  }

  /// Adds a line of a transaction.
  public mutating func add(
    transactionType: String, account: String, amount: Money, isCashPosting: Bool
  ) {
    guard let accountType = accountTypes[account],
      let magnitude = Self.normalAmount(transactionType, accountType, amount)
    else {
      unreadable.insert(account)
      return
    }
    let isJournal = transactionType == "GeneralJournalEntry"
    for basis in Basis.allCases where isJournal || (basis == .cash) == isCashPosting {
      sums[Place(account: account, basis: basis), default: Sums()].magnitude += magnitude
      sums[Place(account: account, basis: basis), default: Sums()].natural += amount
    }
  }

  /// Adds what the ledger says moved on an account, positive when its normal balance grew.
  public mutating func expect(account: String, basis: Basis, amount: Money) {
    sums[Place(account: account, basis: basis), default: Sums()].ledger += amount
  }

  /// Compares.
  ///
  /// Every income and expense account must agree, for they have all their lines in the
  /// transactions. Where they do not tell the conventions apart, liabilities and equity may: some of
  /// these lack lines, so only those that agree one way count.
  public var outcome: Outcome {
    let places = sums.keys.sorted().filter {
      !contraAccounts.contains($0.account) && !unreadable.contains($0.account)
    }
    let (main, rest) = (
      places.filter { ["Income", "Expense"].contains(accountTypes[$0.account]) },
      places.filter { ["Liability", "Equity"].contains(accountTypes[$0.account]) }
    )
    let magnitude = main.filter { sums[$0]?.magnitude != sums[$0]?.ledger }
    let natural = main.filter { sums[$0]?.natural != sums[$0]?.ledger }
    switch (magnitude.isEmpty, natural.isEmpty) {
    case (true, false): return .tied(.magnitude)
    case (false, true): return .tied(.natural)
    case (false, false):
      return .neither(differences: magnitude.prefix(Self.differencesShown).compactMap(words))
    case (true, true):
      let votes = Set(rest.compactMap(vote))
      return votes.count == 1 ? votes.first.map(Outcome.tied) ?? .undecided : .undecided
    }
  }

  private func vote(_ place: Place) -> SignConvention? {
    guard let sums = sums[place], sums.magnitude != sums.natural else { return nil }
    if sums.magnitude == sums.ledger { return .magnitude }
    return sums.natural == sums.ledger ? .natural : nil
  }

  private func words(_ place: Place) -> String? {
    sums[place].map {
      "GL account \(place.account) (\(place.basis.rawValue.lowercased())): ledger \($0.ledger),"
        + " as magnitudes \($0.magnitude), as natural signs \($0.natural)"
    }
  }

  /// The amount a line adds to its account's normal balance if amounts are magnitudes; nil for a
  /// type of transaction or account this program has not met.
  private static func normalAmount(_ type: String, _ accountType: String, _ amount: Money) -> Money?
  {
    guard
      let posting = PostingRule.posting(
        transactionType: type, accountType: accountType, amount: amount, convention: .magnitude),
      let isDebitNormal = PostingRule.isDebitNormal(accountType: accountType)
    else { return nil }
    return isDebitNormal ? posting.debitAmount : -posting.debitAmount
  }
}
