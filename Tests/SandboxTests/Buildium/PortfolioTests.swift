import Domain
import Testing

@testable import Sandbox

/// The day every test portfolio ends on.
func testDay() -> CalendarDate { CalendarDate(daysSince1970: 20_750) }

func portfolio(
  properties: Int = 12, units: Int = 60, months: Int = 4, seed: UInt64 = 7,
  perMonth: Int? = nil
) -> Portfolio {
  Portfolio(
    PortfolioOptions(
      properties: properties, units: units, months: months, seed: seed, today: testDay(),
      transactionsPerMonth: perMonth))
}

@Suite("A made portfolio") struct PortfolioTests {
  @Test("timing of the largest portfolio")
  func large() {
    let clock = ContinuousClock()
    var made: Portfolio?
    let time = clock.measure {
      made = portfolio(properties: 1000, units: 20_000, months: 3, perMonth: 10_000)
    }
    print("made in \(time): \(made?.counts ?? [])")
  }

  @Test("small") func small() {
    let p = portfolio()
    print(p.counts)
    var types: [String: Int] = [:]
    for t in p.transactions.rows { types[t.type.rawValue, default: 0] += 1 }
    print(types)
  }
}
