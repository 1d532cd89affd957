import Domain
import Testing

@testable import Reports

@Suite("The forecast")
struct ForecastTests {
  @Test("rent follows the leases by their days, the rest the average, and the cash adds it up")
  func months() throws {
    var property = LedgerProperty(buildiumID: 1, localID: "", name: "1 Elm St")
    property.operatingAccount = 9
    var builder = LedgerBuilder(
      accounts: RandomLedger.accounts, properties: [property], owners: [])
    for (number, month) in ["2026-01", "2026-02", "2026-03"].enumerated() {
      let day = try #require(CalendarDate(month + "-05"))
      let rent = builder.addTransaction(
        type: "Payment", day: day, buildiumID: Int64(number * 2 + 1))
      builder.addLine(rent, account: 2, property: 0, debit: -100_000, isCash: true)
      builder.addLine(rent, account: 9, property: 0, debit: 100_000, isCash: true)
      let repair = builder.addTransaction(
        type: "Check", day: day, buildiumID: Int64(number * 2 + 2))
      builder.addLine(repair, account: 6, property: 0, debit: Int64(10_000 * number), isCash: true)
      builder.addLine(repair, account: 9, property: 0, debit: Int64(-10_000 * number), isCash: true)
    }
    builder.leases = [
      LedgerLease(
        buildiumID: 7, localID: "", property: 0, start: CalendarDate("2025-01-01"),
        end: CalendarDate("2026-05-14"), status: "Active", rent: try #require(Money("1000.00")))
    ]
    let ledger = builder.finish()
    let last = try #require(CalendarMonth("2026-03"))
    let forecast = ledger.forecast(after: last, months: 3)
    #expect(forecast.rows.map(\.rent.description) == ["1000.00", "451.61", "0.00"])
    #expect(forecast.rows.allSatisfy { $0.operatingExpenses == Money("100.00") })
    #expect(forecast.rows.map(\.noi.description) == ["900.00", "351.61", "-100.00"])
    #expect(forecast.rows.map(\.cash.description) == ["3600.00", "3951.61", "3851.61"])
    #expect(forecast.assumptions.count == 4)
    #expect(forecast.assumptions.contains { $0.contains("2026-01 to 2026-03") })
  }
}
