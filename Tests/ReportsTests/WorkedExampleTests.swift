import Domain
import Testing

@testable import Reports

@Suite("The worked example")
struct WorkedExampleTests {
  private static func rows(_ name: String) throws -> [JSONValue] {
    let rows = try Fixtures.expected(name)
    try #require(rows.count > 20, "\(name) is read")
    return rows
  }

  private static func period(_ row: JSONValue) throws -> Period {
    Period(
      from: try #require(row["From"]?.string.flatMap { CalendarDate($0) }),
      to: try #require(row["To"]?.string.flatMap { CalendarDate($0) }))
  }

  private static func property(_ row: JSONValue, _ ledger: LedgerSnapshot) throws -> Int {
    try #require(ledger.property("\(row["PropertyId"]?.int ?? 0)"))
  }

  private static let months = CalendarMonth("2026-07").map { $0...$0.adding(months: 2) }

  private static func allMonths() throws -> [CalendarMonth] {
    let range = try #require(months)
    return CalendarMonth.months(range.lowerBound, through: range.upperBound)
  }

  @Test(
    "income and cost of every property, part of a month and basis are exact",
    arguments: Basis.allCases)
  func income(_ basis: Basis) throws {
    let ledger = try Fixtures.portfolio.get()
    let rows = ledger.noi(months: try Self.allMonths(), basis: basis)
    let expected = try Self.rows("noi").filter { $0["Basis"]?.string == basis.rawValue }
    #expect(rows.count == expected.count)
    for want in expected {
      let (property, period) = (try Self.property(want, ledger), try Self.period(want))
      let row = try #require(rows.first { $0.property == property && $0.period == period })
      let figures = row.figures
      let pairs: [(String, Money)] = [
        ("Revenue", figures.revenue), ("OperatingExpenses", figures.operatingExpenses),
        ("NOI", figures.noi), ("NonOperatingIncome", figures.nonOperatingIncome),
        ("NonOperatingExpenses", figures.nonOperatingExpenses), ("NetIncome", figures.netIncome),
      ]
      for (name, amount) in pairs {
        #expect(want[name]?.string == amount.description, "\(name) of \(want.text)")
      }
    }
  }

  @Test("what moved on every account is exact, without the manager's income")
  func accounts() throws {
    let ledger = try Fixtures.portfolio.get()
    for want in try Self.rows("noi_by_account") {
      let basis = try #require(want["Basis"]?.string.flatMap { Basis(rawValue: $0) })
      let amounts = ledger.accountAmounts(
        property: try Self.property(want, ledger), period: try Self.period(want), basis: basis)
      var got: [String: String] = [:]
      for (account, amount) in amounts { got[ledger.accounts[account].id] = amount.description }
      var wanted: [String: String] = [:]
      for (account, amount) in want["Accounts"]?.object?.members ?? []
      where ledger.accounts.first(where: { $0.id == account })?.isManagementIncome == false {
        wanted[account] = amount.string
      }
      #expect(got == wanted, "\(want.text)")
    }
  }

  @Test("every owner's part is exact, and the parts add up")
  func owners() throws {
    let ledger = try Fixtures.portfolio.get()
    let expected = try Self.rows("owner_noi")
    var count = 0
    for basis in Basis.allCases {
      let rows = ledger.noi(months: try Self.allMonths(), basis: basis)
      let (parts, problems) = ledger.ownerNOI(of: rows)
      #expect(problems.isEmpty)
      count += parts.count
      for row in rows {
        let own = parts.filter { $0.property == row.property && $0.period == row.period }
        #expect(own.reduce(.zero) { $0 + $1.noi } == row.figures.noi)
      }
      for want in expected where want["Basis"]?.string == basis.rawValue {
        let (property, period) = (try Self.property(want, ledger), try Self.period(want))
        let owner = try #require(ledger.owner("\(want["OwnerId"]?.int ?? 0)"))
        let part = try #require(
          parts.first { $0.property == property && $0.period == period && $0.owner == owner })
        #expect(part.noi.description == want["NOI"]?.string, "\(want.text)")
      }
    }
    #expect(count == expected.count)
  }

  @Test("every step of every draw is exact")
  func draws() throws {
    let ledger = try Fixtures.portfolio.get()
    let rows = DrawCalculation(ledger).rows(months: try #require(Self.months))
    let expected = try Self.rows("draws")
    #expect(rows.count == expected.count)
    for want in expected {
      let (property, period) = (try Self.property(want, ledger), try Self.period(want))
      let row = try #require(rows.first { $0.property == property && $0.period == period })
      let pairs: [(String, Money)] = [
        ("NOI", row.noi), ("CarryIn", row.carryIn), ("UnrestrictedStart", row.unrestrictedStart),
        ("ReserveTarget", row.reserveTarget), ("Restoration", row.restoration),
        ("Calculated", row.calculated), ("UnrestrictedEnd", row.unrestrictedEnd),
        ("HeldUnpaidBills", row.heldUnpaidBills), ("HeldUndeposited", row.heldUndeposited),
        ("Cap", row.cap), ("Draw", row.draw), ("CarryOut", row.carryOut),
        ("UnrestrictedAfterDraw", row.unrestrictedAfterDraw),
        ("ReserveCurrent", row.reserveCurrent), ("CumulativeDraws", row.cumulativeDraws),
      ]
      for (name, amount) in pairs {
        #expect(want[name]?.string == amount.description, "\(name) of \(want.text)")
      }
      #expect(want["Percent"]?.string == row.percent.description)
      var owners: [String: String] = [:]
      for part in row.owners { owners[ledger.owners[part.owner].id] = part.amount.description }
      let wanted = (want["Owners"]?.object?.members ?? []).map { ($0.key, $0.value.string ?? "") }
      #expect(owners == Dictionary(uniqueKeysWithValues: wanted), "\(want.text)")
    }
  }

  @Test("the cash of every property and whose it is are exact")
  func balances() throws {
    let ledger = try Fixtures.portfolio.get()
    for want in try Self.rows("balances") {
      let day = try #require(want["AsOf"]?.string.flatMap { CalendarDate($0) })
      let cash = ledger.cashPosition(property: try Self.property(want, ledger), on: day)
      let pairs: [(String, Money)] = [
        ("Operating", cash.operating), ("DepositTrust", cash.depositTrust),
        ("Undeposited", cash.undeposited), ("DepositsHeld", cash.depositsHeld),
        ("Prepaid", cash.prepaid), ("ManagementIncomeHeld", cash.managementIncomeHeld),
        ("AccountsReceivable", cash.accountsReceivable),
        ("AccountsPayable", cash.accountsPayable),
        ("OwnerDrawsPaidToDate", cash.ownerDrawsPaid), ("Unrestricted", cash.unrestricted),
      ]
      for (name, amount) in pairs {
        #expect(want[name]?.string == amount.description, "\(name) of \(want.text)")
      }
    }
  }

  @Test("every management fee is exact, and no other is charged")
  func fees() throws {
    let ledger = try Fixtures.portfolio.get()
    let expected = try Self.rows("management_fees")
    for month in try Self.allMonths() {
      let rows = ledger.managementFees(month)
      let wanted = expected.filter { $0["Month"]?.string == month.description }
      #expect(
        rows.map {
          "\(ledger.properties[$0.property].id) \($0.base) \($0.percent?.description ?? "") \($0.fee)"
        }
          == wanted.map {
            "\($0["PropertyId"]?.int ?? 0) \($0["Base"]?.string ?? "") "
              + "\($0["Percent"]?.string ?? "") \($0["Fee"]?.string ?? "")"
          })
    }
  }

  @Test("both books balance, per property and per transaction")
  func doubleEntry() throws {
    let ledger = try Fixtures.portfolio.get()
    for basis in Basis.allCases {
      var sums: [Int64: Int64] = [:]
      for line in 0..<ledger.lines.count where ledger.lines.isIn(basis, line) {
        let place =
          Int64(ledger.lines.transaction[line]) << 32 | Int64(ledger.lines.property[line] + 2)
        sums[place, default: 0] += ledger.lines.debit[line]
      }
      #expect(sums.count > 500 && sums.values.allSatisfy { $0 == 0 })
    }
  }

  @Test("the lines behind every figure add up to it")
  func drillDown() throws {
    let ledger = try Fixtures.portfolio.get()
    for basis in Basis.allCases {
      for row in ledger.noi(months: try Self.allMonths(), basis: basis) {
        func sum(_ accountClass: AccountClass) -> Money {
          ledger.entries(
            property: row.property, period: row.period, basis: basis, accountClass: accountClass
          ).reduce(.zero) { $0 + $1.amount }
        }
        #expect(sum(.revenue) == row.figures.revenue)
        #expect(sum(.operatingExpense) == row.figures.operatingExpenses)
        #expect(sum(.nonOperatingExpense) == row.figures.nonOperatingExpenses)
        let amounts = ledger.accountAmounts(
          property: row.property, period: row.period, basis: basis)
        for (account, amount) in amounts {
          let entries = ledger.entries(
            property: row.property, period: row.period, basis: basis, account: account)
          #expect(entries.reduce(.zero) { $0 + $1.amount } == amount)
          #expect(entries.allSatisfy { !$0.transactionID.isEmpty })
        }
      }
    }
  }
}
