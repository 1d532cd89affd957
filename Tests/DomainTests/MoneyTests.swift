import Domain
import Testing

@Suite("Money") struct MoneyTests {
  @Test(
    "an amount is read exactly or not at all",
    arguments: [
      ("1250.50", 125_050), ("1250.5", 125_050), ("-0.01", -1), ("0", 0), ("1e3", 100_000),
      ("1.005", nil), ("12abc", nil), ("1,5", nil), ("", nil), (".5", nil), ("5.", nil), ("-", nil),
      ("99999999999999999999", nil),
    ] as [(String, Int64?)])
  func reading(_ text: String, _ units: Int64?) {
    #expect(Money(text)?.minorUnits == units)
  }

  @Test("an amount is written with two decimals")
  func writing() {
    #expect(Money(minorUnits: -5).description == "-0.05")
    #expect(Money(minorUnits: 125_050).description == "1250.50")
  }
}

@Suite("Dates and instants") struct TimeTests {
  @Test("every day of four centuries survives the count of days")
  func days() {
    var day = CalendarDate(daysSince1970: -200_000)
    for count in -199_999...146_097 {
      let next = CalendarDate(daysSince1970: count)
      #expect(next.daysSince1970 == count && next > day)
      day = next
    }
  }

  @Test(
    "an instant is read with any fraction and offset",
    arguments: [
      ("2022-05-10T15:12:46.2317653Z", "2022-05-10T15:12:46.231Z"),
      ("2022-05-10T15:12:46Z", "2022-05-10T15:12:46.000Z"),
      ("2022-05-10T15:12:46+02:00", "2022-05-10T13:12:46.000Z"),
      ("2026-02-30T00:00:00Z", nil), ("2026-02-03", nil),
    ])
  func instants(_ text: String, _ canonical: String?) {
    #expect(Instant(text)?.description == canonical)
  }
}
