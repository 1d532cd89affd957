// What must be in order before a month is finalised.
import Domain

/// One check of a month, with the rows it found.
public struct CloseGate: Sendable, Hashable {
  /// What is checked.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case unsynced
    case conflicts
    case deadLetters = "dead_letters"
    case quarantined
    case unbalanced
    case uncategorised
    case tieOut = "tie_out"
    case generalLedger = "general_ledger"
    case ownership
    case pendingBills = "pending_bills"
    case missingRent = "missing_rent"
    case negativeCash = "negative_cash"
    case depositsCovered = "deposits_covered"
    case earlierMonths = "earlier_months"

    /// What people read.
    public var title: String {
      switch self {
      case .unsynced: "Everything was pulled after the month ended"
      case .conflicts: "No conflict waits for a person"
      case .deadLetters: "Nothing was given up"
      case .quarantined: "Every transaction's meaning is known"
      case .unbalanced: "Debits equal credits, and every line has its property"
      case .uncategorised: "Every account's class is known"
      case .tieOut: "The figures come out the same when the database adds them up"
      case .generalLedger: "Buildium's general ledger says the same"
      case .ownership: "Shares are known and add up to 100 %"
      case .pendingBills: "No bill waits for approval"
      case .missingRent: "Every running lease was charged"
      case .negativeCash: "No property lives on the money of others"
      case .depositsCovered: "Deposits are in the bank"
      case .earlierMonths: "Earlier months are final"
      }
    }
  }

  /// One row of a gate.
  public struct Finding: Sendable, Hashable {
    /// The record it is about, as in `buildium/rentals/7`; empty for none.
    public var record: String
    /// What is wrong, in words.
    public var text: String

    /// A row.
    public init(record: String, text: String) { (self.record, self.text) = (record, text) }
  }

  /// What is checked.
  public var kind: Kind
  /// What holds the close up.
  public var findings: [Finding] = []
  /// What is worth a look and holds nothing up.
  public var notes: [Finding] = []

  /// Whether nothing holds the close up.
  public var passes: Bool { findings.isEmpty }

  /// Everything it found, as text: a decision to go on holds for exactly this.
  public var fingerprint: String {
    findings.map { "\($0.record) \($0.text)" }.sorted().joined(separator: "\n")
  }

  /// A gate.
  public init(_ kind: Kind, findings: [Finding] = [], notes: [Finding] = []) {
    (self.kind, self.findings, self.notes) = (kind, findings, notes)
  }
}

/// What only the store knows of the state of its records.
public struct CloseFacts: Sendable, Hashable {
  /// Resources that were not pulled completely since the month ended, with what is wrong.
  public var unsynced: [CloseGate.Finding] = []
  /// Conflicts that are open.
  public var conflicts: [CloseGate.Finding] = []
  /// What was given up.
  public var deadLetters: [CloseGate.Finding] = []
  /// Bills that wait for approval, dated up to the month's end.
  public var pendingBills: [CloseGate.Finding] = []
  /// Net operating income of each property as the database adds it up itself, by basis and the
  /// property's id.
  public var sums: [Basis: [String: Money]] = [:]
  /// Where Buildium's general ledger differs from the transactions stored.
  public var ledgerDifferences: [CloseGate.Finding] = []
  /// When, and whether, the general ledger was asked about the month.
  public var ledgerNotes: [CloseGate.Finding] = []
  /// Months that are final.
  public var finalMonths: Set<CalendarMonth> = []

  /// Nothing.
  public init() {}
}

extension LedgerSnapshot {
  /// The checks of a month.
  public func closeGates(_ month: CalendarMonth, facts: CloseFacts) -> [CloseGate] {
    CloseGate.Kind.allCases.map { kind in
      switch kind {
      case .unsynced: CloseGate(kind, findings: facts.unsynced)
      case .conflicts: CloseGate(kind, findings: facts.conflicts)
      case .deadLetters: CloseGate(kind, findings: facts.deadLetters)
      case .quarantined: quarantinedGate(month)
      case .unbalanced: balanceGate(month)
      case .uncategorised: categoryGate(month)
      case .tieOut: tieOutGate(month, facts.sums)
      case .generalLedger:
        CloseGate(kind, findings: facts.ledgerDifferences, notes: facts.ledgerNotes)
      case .ownership: ownershipGate(month)
      case .pendingBills: CloseGate(kind, findings: facts.pendingBills)
      case .missingRent: rentGate(month)
      case .negativeCash: cashGate(month)
      case .depositsCovered: depositGate(month)
      case .earlierMonths: earlierGate(month, facts.finalMonths)
      }
    }
  }

  private func record(_ collection: String, _ id: String) -> String {
    Int(id) == nil ? id : "buildium/\(collection)/\(id)"
  }

  private func finding(property: Int, _ text: String) -> CloseGate.Finding {
    CloseGate.Finding(
      record: record("rentals", properties[property].id),
      text: "\(properties[property].name): \(text)")
  }

  /// What was set apart and names a property, or whose meaning nobody knows. The company's own
  /// transactions change no property's figure.
  private func quarantinedGate(_ month: CalendarMonth) -> CloseGate {
    var gate = CloseGate(.quarantined)
    for transaction in quarantined where transaction.day.map({ $0 <= month.last }) ?? true {
      let finding = CloseGate.Finding(
        record: record("transactions", transaction.id),
        text: "\(transaction.type) of \(transaction.day?.description ?? "no date"): "
          + transaction.reason)
      let isKnown = PostingRule.isKnown(transactionType: transaction.type)
      if isKnown && transaction.properties.isEmpty {
        gate.notes.append(finding)
      } else {
        gate.findings.append(finding)
      }
    }
    return gate
  }

  private func balanceGate(_ month: CalendarMonth) -> CloseGate {
    var gate = CloseGate(.unbalanced)
    let days = month.period.days
    var sums: [Int32: (cash: Int64, accrual: Int64)] = [:]
    var unassigned: Set<Int32> = []
    for line in 0..<lines.count where days.contains(lines.day[line]) {
      let transaction = lines.transaction[line]
      if lines.isIn(.cash, line) { sums[transaction, default: (0, 0)].cash += lines.debit[line] }
      if lines.isIn(.accrual, line) {
        sums[transaction, default: (0, 0)].accrual += lines.debit[line]
      }
      if lines.property[line] == Self.unassigned { unassigned.insert(transaction) }
    }
    for (transaction, sum) in sums.sorted(by: { $0.key < $1.key })
    where sum.cash != 0 || sum.accrual != 0 {
      gate.findings.append(
        transactionFinding(
          transaction,
          "differs by \(Money(minorUnits: sum.cash)) (cash) and \(Money(minorUnits: sum.accrual))"
            + " (accrual)"))
    }
    for transaction in unassigned.sorted() {
      gate.findings.append(
        transactionFinding(transaction, "has a line of a property that is not known here"))
    }
    return gate
  }

  private func transactionFinding(_ transaction: Int32, _ text: String) -> CloseGate.Finding {
    let number = Int(transaction)
    let id = transactions.id(number)
    return CloseGate.Finding(
      record: record("transactions", id), text: "\(transactions.typeName(number)) \(id) \(text)")
  }

  private func categoryGate(_ month: CalendarMonth) -> CloseGate {
    var gate = CloseGate(.uncategorised)
    let days = month.period.days
    var used: Set<Int32> = []
    for line in 0..<lines.count where days.contains(lines.day[line]) && lines.property[line] >= 0 {
      used.insert(lines.account[line])
    }
    for number in used.sorted() {
      let account = accounts[Int(number)]
      let row = record("glaccounts", account.id)
      if account.accountClass(on: month.last) == .unknown {
        gate.findings.append(
          CloseGate.Finding(
            record: row,
            text: "\(account.name): “\(account.type) / \(account.subType)” is not known; "
              + "`rentbook rules classify \(account.id) CLASS`."))
      } else if account.isSuspect {
        gate.notes.append(
          CloseGate.Finding(
            record: row, text: "\(account.name) counts as an operating expense; is that right?"))
      }
    }
    return gate
  }

  /// Two ways to the same figure (invariant I53). A decision about an account that begins within the
  /// month divides it by days in one way only, so such properties are not compared.
  private func tieOutGate(_ month: CalendarMonth, _ sums: [Basis: [String: Money]]) -> CloseGate {
    var gate = CloseGate(.tieOut)
    let cuts = accounts.contains { account in
      account.overrides.contains { decision in
        (month.first < decision.from && decision.from <= month.last)
          || (decision.to.map { month.first <= $0 && $0 < month.last } ?? false)
      }
    }
    guard !cuts else { return gate }
    for (basis, totals) in sums.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      for property in properties.indices {
        let noi = figures(property: property, period: month.period, basis: basis).noi
        let total = totals[properties[property].localID] ?? .zero
        if noi != total {
          gate.findings.append(
            finding(
              property: property,
              "its \(basis.rawValue) income is \(noi), the database adds up \(total)."))
        }
      }
    }
    return gate
  }

  private func ownershipGate(_ month: CalendarMonth) -> CloseGate {
    var gate = CloseGate(.ownership)
    for property in properties.indices
    where properties[property].isActive || !lines(ofProperty: property).isEmpty {
      for period in properties[property].subPeriods(of: month.period) {
        for disbursement in [false, true] {
          do throws(OwnershipProblem) {
            _ = try ownershipWeights(property, period, disbursement: disbursement)
          } catch {
            let finding = CloseGate.Finding(
              record: record("rentals", properties[property].id), text: error.description)
            if !gate.findings.contains(finding) { gate.findings.append(finding) }
          }
        }
      }
    }
    return gate
  }

  /// Leases that ran the whole month without a charge.
  private func rentGate(_ month: CalendarMonth) -> CloseGate {
    var charged: Set<Int32> = []
    let days = month.period.days
    for transaction in 0..<transactions.count
    where days.contains(transactions.day[transaction])
      && transactions.typeName(transaction) == "Charge"
    {
      charged.insert(transactions.lease[transaction])
    }
    var gate = CloseGate(.missingRent)
    for (number, lease) in leases.enumerated()
    where lease.isRunning(on: month.first) && lease.isRunning(on: month.last)
      && lease.rent > .zero && !charged.contains(Int32(number))
    {
      guard let property = lease.property,
        !properties[property].subPeriods(of: month.period).isEmpty
      else { continue }
      let id = lease.buildiumID.map(String.init) ?? lease.localID
      gate.findings.append(
        CloseGate.Finding(
          record: record("leases", id),
          text: "\(properties[property].name), unit \(lease.unitName): no charge in \(month);"
            + " its rent is \(lease.rent)."))
    }
    return gate
  }

  private func cashGate(_ month: CalendarMonth) -> CloseGate {
    var gate = CloseGate(.negativeCash)
    for property in properties.indices {
      let cash = cashPosition(property: property, on: month.last)
      if cash.unrestricted < .zero {
        gate.findings.append(
          finding(property: property, "its cash is \(cash.unrestricted) on \(month.last)."))
      }
    }
    return gate
  }

  private func depositGate(_ month: CalendarMonth) -> CloseGate {
    var gate = CloseGate(.depositsCovered)
    for property in properties.indices {
      let cash = cashPosition(property: property, on: month.last)
      let money = cash.operating + cash.depositTrust + cash.undeposited
      if cash.depositTrust < cash.depositsHeld {
        let text =
          "tenants' deposits are \(cash.depositsHeld), in trust are \(cash.depositTrust)."
        // Where the rest stands at the operating account it is there, though not where it should be.
        if money < cash.depositsHeld {
          gate.findings.append(finding(property: property, text))
        } else {
          gate.notes.append(finding(property: property, text))
        }
      }
    }
    return gate
  }

  /// Months are finalised in order: once one is, those after it follow.
  private func earlierGate(_ month: CalendarMonth, _ final: Set<CalendarMonth>) -> CloseGate {
    var gate = CloseGate(.earlierMonths)
    if let first = final.min(), first < month {
      for earlier in CalendarMonth.months(first, through: month.adding(months: -1))
      where !final.contains(earlier) {
        gate.findings.append(CloseGate.Finding(record: "", text: "\(earlier) is not final."))
      }
    }
    for later in final.sorted() where later > month {
      gate.findings.append(
        CloseGate.Finding(record: "", text: "\(later) is final already; reopen it first."))
    }
    return gate
  }
}
