import Domain
import Reports

@testable import Interface

/// Figures of months without a store: a ledger of four properties, worked out as the program does.
struct FakeMonths {
  var ledger = Self.portfolio
  /// What holds the close up, as the store would tell it.
  var facts = CloseFacts()
  /// What the close of every month says on top of its checks.
  var version = 0
  var finalMonths: Set<CalendarMonth> = []
  var overridden: [CloseGate.Kind: String] = [:]
  /// Questions are refused with these words.
  var refusal: String?
  /// Everything that was asked.
  private(set) var asked: [MonthQuestion] = []

  mutating func answer(_ effect: Effect) -> Message? {
    switch effect {
    case .loadMonth(let question, let ticket):
      asked.append(question)
      if let refusal { return .unanswered(ticket, refusal, hint: "Try again.") }
      return .month(MonthSheet(ledger, draws: DrawCalculation(ledger), question), ticket)
    case .loadOwnership(let property, let ticket):
      return .ownership(
        OwnershipSheet(ledger, property: property, mark: "mark", changes: ["ana decided"]), ticket)
    case .loadClose(let month, let ticket): return .close(closeSheet(month), ticket)
    default: return nil
    }
  }

  func closeSheet(_ month: CalendarMonth) -> CloseSheet {
    var sheet = CloseSheet(month)
    sheet.gates = ledger.closeGates(month, facts: facts).map { gate in
      var shown = CloseSheet.Gate(gate.kind)
      shown.findings = gate.findings.map { finding in
        let id = RemoteKey(finding.record)?.id
        return CloseSheet.Row(finding.text, record: id.map { RecordReference(.properties, $0) })
      }
      shown.count = gate.findings.count
      shown.notes = gate.notes.map { CloseSheet.Row($0.text) }
      (shown.overriddenBy, shown.reason) = (
        overridden[gate.kind].map { _ in "ana" }, overridden[gate.kind]
      )
      return shown
    }
    let result = MonthResult(month, ledger: ledger, draws: DrawCalculation(ledger))
    sheet.properties = Set(result.noi.map(\.property)).count
    sheet.noi = result.noi.filter { $0.basis == .cash }.reduce(Money.zero) { $0 + $1.figures.noi }
    sheet.draws = result.draws.reduce(Money.zero) { $0 + $1.draw }
    sheet.inputsHash = "hash"
    if finalMonths.contains(month) {
      (sheet.state, sheet.version, sheet.finalizedBy) = ("final", version, "ana")
    }
    return sheet
  }

  // MARK: The ledger

  static let accounts = [
    LedgerAccount(
      buildiumID: 1, number: "1000", name: "Operating Cash", type: "Asset",
      subType: "CurrentAsset", isBank: true),
    LedgerAccount(
      buildiumID: 2, number: "4000", name: "Rent", type: "Income", subType: "Income"),
    LedgerAccount(
      buildiumID: 3, number: "4010", name: "Late Fees", type: "Income", subType: "Income"),
    LedgerAccount(
      buildiumID: 4, number: "6110", name: "Plumbing", type: "Expense",
      subType: "OperatingExpenses"),
    LedgerAccount(
      buildiumID: 5, number: "6300", name: "Insurance", type: "Expense",
      subType: "OperatingExpenses"),
    LedgerAccount(
      buildiumID: 6, number: "7000", name: "Mortgage Interest", type: "Expense",
      subType: "NonOperatingExpenses"),
    // From a day on a person counts what it holds as income.
    LedgerAccount(
      buildiumID: 7, number: "6900", name: "Recovered Costs", type: "Expense",
      subType: "OperatingExpenses",
      overrides: [ClassOverride(.revenue, from: day("2026-09-15"))]),
  ]

  static func day(_ text: String) -> CalendarDate {
    CalendarDate(text) ?? CalendarDate(daysSince1970: 0)
  }

  static func month(_ text: String) -> CalendarMonth {
    CalendarMonth(text) ?? CalendarMonth(containing: CalendarDate(daysSince1970: 0))
  }

  private static let names = ["Maple Court", "Pier 9", "Alder House", "Oak Row"]

  static var properties: [LedgerProperty] {
    names.enumerated().map { number, name in
      var property = LedgerProperty(buildiumID: 101 + number, localID: "p\(number)", name: name)
      property.operatingAccount = 0
      func share(_ owner: Int, _ percent: Int64, from: String, to: String? = nil) {
        let percent = Percent(units: percent * Percent.unitsPerPercent)
        property.shares.append(
          OwnerShare(
            owner: owner, ownership: percent, disbursement: percent, from: day(from),
            to: to.map(day)))
      }
      switch number {
      case 0:
        share(0, 60, from: "2020-01-01")
        share(1, 40, from: "2020-01-01")
      case 1: share(1, 100, from: "2020-01-01")
      case 2:
        // Sold within a month.
        share(0, 100, from: "2020-01-01", to: "2026-10-09")
        share(2, 100, from: "2026-10-10")
      // Of the last one nobody has entered an owner.
      default: break
      }
      property.policies = [
        DrawPolicy(
          from: .distantPast, reserveTarget: Money(minorUnits: 50_000),
          percent: Percent(units: 80 * Percent.unitsPerPercent), holdsUnpaidBills: true,
          holdsUndeposited: true, carriesForwardLoss: true, fee: nil)
      ]
      return property
    }
  }

  static let owners = ["Hanna Ito", "Ada Okafor", "Pier Trust"].enumerated().map {
    LedgerOwner(buildiumID: 201 + $0.offset, localID: "o\($0.offset)", name: $0.element)
  }

  /// Fourteen months, through October 2026, made by a rule.
  static let portfolio: LedgerSnapshot = {
    var builder = LedgerBuilder(accounts: accounts, properties: properties, owners: owners)
    var number: Int64 = 1000
    func post(
      _ builder: inout LedgerBuilder, _ type: String, _ date: CalendarDate, _ property: Int,
      _ account: Int, income cents: Int64
    ) {
      number += 1
      let transaction = builder.addTransaction(type: type, day: date, buildiumID: number)
      for isCash in [true, false] {
        builder.addLine(
          transaction, account: account, property: Int32(property), debit: -cents, isCash: isCash)
        builder.addLine(
          transaction, account: 0, property: Int32(property), debit: cents, isCash: isCash)
      }
    }
    let months = CalendarMonth.months(month("2025-09"), through: month("2026-10"))
    for (place, month) in months.enumerated() {
      for property in names.indices {
        let first = month.first
        let rent = Int64(150_000 + property * 20_000 + place * 1_000)
        post(&builder, "Payment", first.adding(days: 4), property, 1, income: rent)
        if place % 3 == property % 3 {
          post(&builder, "Payment", first.adding(days: 11), property, 2, income: 5_000)
        }
        let repair = Int64(20_000 + (place * 7 + property * 13) % 11 * 4_321)
        post(&builder, "Check", first.adding(days: 8), property, 3, income: -repair)
        post(&builder, "Check", first.adding(days: 20), property, 4, income: -30_000)
        post(&builder, "Check", first.adding(days: 25), property, 6, income: 1_234)
        post(&builder, "Check", first.adding(days: 27), property, 5, income: -12_500)
        // One property loses money at the end.
        if property == 1, place == months.count - 1 {
          post(&builder, "Check", first.adding(days: 15), property, 3, income: -200_000)
        }
      }
    }
    return builder.finish()
  }()

  static let empty: LedgerSnapshot = {
    var builder = LedgerBuilder(accounts: accounts, properties: properties, owners: owners)
    return builder.finish()
  }()
}
