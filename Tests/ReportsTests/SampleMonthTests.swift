import Domain
import Testing

@testable import Reports

/// A month written by hand as a journal, and its figures worked out by hand.
@Suite("A month by hand")
struct SampleMonthTests {
  private static let owners = ["alice", "bob"]
  private static let names = ["P1", "P2", "P3"]

  private struct Reader {
    var accounts: [String] = []
    /// Of an account by its path: type, sub-type, purpose.
    static func account(_ path: String) -> LedgerAccount {
      let parts = path.split(separator: ":").map(String.init)
      func make(_ type: String, _ subType: String, _ purpose: String? = nil) -> LedgerAccount {
        LedgerAccount(
          buildiumID: nil, localID: path, name: path, type: type, subType: subType,
          defaultName: purpose, isBank: parts.contains("bank"))
      }
      switch (parts[0], parts[1]) {
      case ("assets", "receivable"): return make("Asset", "CurrentAsset", "Accounts Receivable")
      case ("assets", "fixed"): return make("Asset", "FixedAsset", "-")
      case ("assets", _): return make("Asset", "CurrentAsset", "-")
      case ("liabilities", "payable"):
        return make("Liability", "CurrentLiability", "Accounts Payable")
      case ("liabilities", "deposits held"):
        return make("Liability", "CurrentLiability", "Security Deposit Liability")
      case ("liabilities", "prepaid rent"):
        return make("Liability", "CurrentLiability", "Prepayments")
      case ("liabilities", _): return make("Liability", "LongTermLiability", "-")
      case ("equity", "owner draw"): return make("Equity", "Equity", "Owner Draw")
      case ("equity", _): return make("Equity", "Equity", "-")
      case ("income", "nonoperating"): return make("Income", "NonOperatingIncome", "-")
      case ("income", _): return make("Income", "Income", "-")
      case (_, "nonoperating"): return make("Expense", "NonOperatingExpenses", "-")
      default: return make("Expense", "OperatingExpenses", "-")
      }
    }
  }

  private static func percent(_ whole: Int64) -> Percent {
    Percent(units: whole * Percent.unitsPerPercent)
  }

  private static func properties(operating: Int) -> [LedgerProperty] {
    let change = CalendarDate("2026-03-16") ?? .distantPast
    func share(
      _ owner: Int, _ ownership: Int64, _ disbursement: Int64, _ from: CalendarDate = .distantPast,
      _ to: CalendarDate? = nil
    ) -> OwnerShare {
      OwnerShare(
        owner: owner, ownership: percent(ownership), disbursement: percent(disbursement),
        from: from, to: to)
    }
    let shares = [
      [share(0, 60, 60), share(1, 40, 40)], [share(0, 60, 50), share(1, 40, 50)],
      [
        share(1, 100, 100, .distantPast, change.adding(days: -1)), share(0, 60, 60, change),
        share(1, 40, 40, change),
      ],
    ]
    let policies: [(String, Int64)] = [("500.00", 100), ("1000.00", 100), ("750.00", 80)]
    return names.enumerated().map { number, name in
      var property = LedgerProperty(buildiumID: nil, localID: name, name: name)
      property.operatingAccount = operating
      property.shares = shares[number]
      var policy = DrawPolicy.standard(reserve: Money(policies[number].0) ?? .zero)
      policy.percent = percent(policies[number].1)
      property.policies = [policy]
      return property
    }
  }

  /// Reads the journal: a day, a text and tags; below it accounts with amounts and tags.
  private static func ledger() throws -> LedgerSnapshot {
    let lines = try Fixtures.text("sample.journal").split(separator: "\n")
    func tag(_ name: String, _ line: Substring) -> String? {
      line.split(separator: ";").last?.split(separator: ",").compactMap { part -> String? in
        let pair = part.split(separator: ":", maxSplits: 1)
        return pair.count == 2 && pair[0].drop { $0 == " " } == name
          ? pair[1].split(separator: " ").joined(separator: " ") : nil
      }.first
    }
    var paths: [String] = []
    for line in lines where line.hasPrefix("    ") {
      let path = path(of: line)
      if !paths.contains(path) { paths.append(path) }
    }
    let accounts = paths.map(Reader.account)
    let operating = paths.firstIndex(of: "assets:bank:operating") ?? 0
    var builder = LedgerBuilder(
      accounts: accounts, properties: properties(operating: operating),
      owners: owners.map { LedgerOwner(buildiumID: nil, localID: $0, name: $0) })
    var (transaction, bases, number) = (Int32(0), [Bool](), Int64(0))
    for line in lines {
      if let day = CalendarDate(String(line.prefix(10))) {
        number += 1
        bases = ["cash": [true], "accrual": [false]][tag("basis", line) ?? ""] ?? [true, false]
        transaction = builder.addTransaction(
          // Both books are written out, so no leg is added: a journal entry given for each.
          type: tag("buildium", line) ?? "GeneralJournalEntry", day: day, buildiumID: number)
      } else if line.hasPrefix("    "), let dollar = line.firstIndex(of: "$") {
        let amount = line[line.index(after: dollar)...].prefix {
          $0 == "-" || $0 == "." || $0.isNumber
        }
        let property = tag("property", line).flatMap { names.firstIndex(of: $0) }
        for isCash in bases {
          builder.addLine(
            transaction, account: paths.firstIndex(of: path(of: line)) ?? 0,
            property: property.map(Int32.init) ?? LedgerSnapshot.company,
            debit: try #require(Money(String(amount))).minorUnits, isCash: isCash)
        }
        if let owner = tag("owner", line).flatMap({ owners.firstIndex(of: $0) }), let property {
          builder.allocate(
            transaction, property: property, to: [SpecificShare(owner: owner, percent: .whole)])
        }
      }
    }
    // What is still to be paid at the month's end, as the journal's payables say.
    for (property, cents) in [(0, Int64(3817)), (1, 187_540)] {
      builder.bills.append(
        LedgerBill(
          buildiumID: nil, localID: "", day: CalendarDate("2026-03-20") ?? .distantPast, due: nil,
          amounts: [property: Money(minorUnits: cents)], isApproved: true))
    }
    return builder.finish()
  }

  private static func path(of line: Substring) -> String {
    let text = line.drop { $0 == " " }
    guard let gap = text.firstRange(of: "  ") else { return String(text) }
    return String(text[..<gap.lowerBound])
  }

  @Test("income, shares and cash are what was worked out by hand")
  func figures() throws {
    let ledger = try Self.ledger()
    let month = try #require(CalendarMonth("2026-03"))
    let want = try JSONValue(parsing: try Fixtures.text("sample.expected.json"))
    for basis in Basis.allCases {
      let rows = ledger.noi(months: [month], basis: basis)
      let owners = ledger.ownerNOI(of: rows)
      #expect(owners.problems.isEmpty)
      for (number, name) in Self.names.enumerated() {
        let sum = rows.filter { $0.property == number }.reduce(NOIFigures()) { $0 + $1.figures }
        let expected = want["noi"]?[basis.rawValue]?[name]
        #expect(sum.revenue.description == expected?["revenue"]?.string, "\(basis) \(name)")
        #expect(sum.operatingExpenses.description == expected?["opex"]?.string, "\(basis) \(name)")
        for (owner, person) in Self.owners.enumerated() {
          let part = owners.rows.filter { $0.property == number && $0.owner == owner }
            .reduce(Money.zero) { $0 + $1.noi }
          #expect(
            part.description == want["owner_noi"]?[basis.rawValue]?[person]?[name]?.string,
            "\(basis) \(person) \(name)")
        }
        let cash = ledger.cashPosition(property: number, on: month.last)
        #expect(
          cash.unrestricted.description == want["ledger"]?["unrestricted_cash"]?[name]?.string)
        #expect(
          cash.accountsPayable.description == want["ledger"]?["accounts_payable"]?[name]?.string)
      }
    }
  }

  @Test("draws are what was worked out by hand, capped, carried and cut where the owner changes")
  func draws() throws {
    let month = try #require(CalendarMonth("2026-03"))
    let rows = DrawCalculation(try Self.ledger(), start: month).rows(months: month...month)
    #expect(
      rows.map {
        "\(Self.names[$0.property]) \($0.restoration) \($0.calculated) \($0.cap) \($0.draw)"
          + " \($0.carryOut)"
      } == [
        "P1 0.00 2207.01 118.84 118.84 0.00", "P2 0.00 0.00 447.33 0.00 -777.27",
        "P3 550.00 1212.00 1515.00 1212.00 0.00", "P3 0.00 0.00 0.00 0.00 -560.32",
      ])
    #expect(rows[0].owners.map(\.amount.description) == ["71.30", "47.54"])
    #expect(rows[2].owners.map(\.amount.description) == ["1212.00"])
    #expect(rows[3].reserveCurrent == Money("495.89"))
    #expect(
      rows[0].reasons.contains { $0.contains("118.84") && $0.contains("unpaid bills of 38.17") })
  }
}
